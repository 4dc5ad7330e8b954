"""What each figure of the study shows."""

CAPTIONS = {
    "faces": (
        "An emotion a row, as grey levels before equalisation: real faces of train people, "
        "generated faces that pass both filters, and generated faces that do not. None was "
        "chosen by its looks."
    ),
    "entropy": (
        "How much the grey levels of a face tell, in bits. Between the dashed lines a face is "
        "trained on. Below: the real faces that are flagged farthest outside, with their "
        "entropies."
    ),
    "curves": (
        "Training, a line an arm, the mean over the seeds. The net of the pass with the lowest "
        "loss on validation people is kept."
    ),
    "arms": (
        "Accuracy on people never seen, with 95 % intervals from drawing people and seeds anew. "
        "Dotted: real, augmented faces alone."
    ),
    "amounts": (
        "How many generated faces to add. Validation people choose; test people are shown with "
        "95 % intervals. Zero is real, augmented faces alone."
    ),
    "noise": (
        "Accuracy on noisy faces. Left: parts of the test set that are noisy by nature. Right: "
        "the whole test set, made noisy on purpose. 95 % intervals."
    ),
    "confusion": (
        "Rows: true emotion; columns: called; percent, summed over the seeds. People never seen."
    ),
}
