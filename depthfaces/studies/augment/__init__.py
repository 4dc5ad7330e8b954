"""The study augment: whether generated faces help a VGG-19, with noisy faces above all."""
