"""Do generated faces, added to the training of a VGG-19, help it, noisy faces above all?"""
