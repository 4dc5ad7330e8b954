"""Plain words for names that other stages use, and the order in which the page has them."""

from collections.abc import Iterable

from depthfaces.verdict.arm import ALONE, CLASSICAL, KINDS, SYNTHETIC, Arm

METHODS = {
    "real": "Real",
    "synthetic": "Synthetic",
    "kd": "Distilled GAN",
    "gan_ga": "Evolved GAN",
    "gan": "Plain GAN",
    "vae": "VAE",
    "gmm": "GMM",
    "kde": "KDE",
    "camera": "Virtual camera",
    "reenact": "Re-enacted",
}

# name: (title, what it says, which way is better)
METRICS = {
    "fd": ("Fréchet distance", "how far the clouds of real and generated faces lie apart", "lower"),
    "kid": ("Kernel distance", "the same without assuming bell curves", "lower"),
    "precision": ("Precision", "share of generated faces that look like real ones", "higher"),
    "recall": ("Recall", "share of real faces that the generator could have made", "higher"),
    "density": ("Density", "how deep inside the real ones the generated faces lie", "higher"),
    "coverage": ("Coverage", "share of real faces with a generated one close by", "higher"),
    "diversity": ("Diversity", "mean distance of two faces of one emotion", "like the floor"),
    "vendi": ("Vendi score", "how many different faces the set amounts to", "like the floor"),
    "sameness": (
        "MS-SSIM in a class",
        "how alike two faces of one emotion look; 1 = one face",
        "like the floor",
    ),
    "label_share": (
        "Label is seen",
        "share whose emotion a reader trained on real faces names",
        "like the floor",
    ),
    "inception_score": (
        "Inception score",
        "legacy: how sure and how varied that reader is; never sees a real face",
        "like the floor",
    ),
    "closest_share": (
        "Closer to train",
        "share that stands nearer to a train face than to a held-out one; 1 = copies",
        "like the floor",
    ),
    "authentic_share": (
        "Authentic",
        "share that is no near copy of a train face; 0 = copies",
        "like the floor",
    ),
    "copying_z": (
        "Copying test C_T",
        "far below the floor = nearer to train faces than new people are",
        "like the floor",
    ),
    "membership_auc": (
        "Membership",
        "how well one can tell who was trained on; 1 = surely",
        "like the floor",
    ),
    "depth_distance": ("Depth values", "how differently depth is spread", "lower"),
    "normal_distance": ("Slopes", "how differently surfaces are inclined, 0 to 1", "lower"),
    "spectrum_distance": ("Spectrum", "blur or checkerboards, in powers of ten", "lower"),
    "background_share": ("Background", "share of pixels without a face", "like the floor"),
    "hole_share": ("Holes", "share of pixels missing inside a face", "like the floor"),
    "asymmetry": ("Asymmetry", "depth difference of left and right", "like the floor"),
    "ssim_nearest": ("SSIM to nearest", "likeness to the nearest held-out face", "like the floor"),
    "psnr_nearest": ("PSNR to nearest", "the same in decibels", "like the floor"),
}

MODELS = {
    "xgboost": "XGBoost",
    "forest": "Random forest",
    "tree": "Decision tree",
    "svm": "SVM",
    "cnn": "Small CNN",
    "net": "Net (depth and slopes)",
}


def method(name: str) -> str:
    """Return what a generated set is called on the page."""
    return METHODS.get(name, name)


def model(name: str) -> str:
    """Return what a classifier is called on the page."""
    return MODELS.get(name, name)


def generators(names: Iterable[str]) -> list[str]:
    """Return generated sets in the order of the page: ours, then the known ones, then others."""
    known = list(METHODS)
    return sorted(
        names, key=lambda name: (known.index(name) if name in known else len(known), name)
    )


def arms(names: Iterable[str]) -> list[str]:
    """Return arms in the order of the page: real, controls, ours, then other generators."""
    known = ["", *CLASSICAL, *METHODS]

    def place(name: str) -> tuple[bool, int, int, float, str]:
        one = Arm.of(name)
        source = known.index(one.source) if one.source in known else len(known)
        others = one.source not in {"", SYNTHETIC, *CLASSICAL}
        return others, KINDS.index(one.kind), source, one.dose, name

    return sorted(names, key=place)


def drawn(names: Iterable[str]) -> list[str]:
    """Return the arms of the figures: other generators' faces alone stand in a table instead."""
    return [
        name
        for name in arms(names)
        if Arm.of(name).kind != ALONE or Arm.of(name).source == SYNTHETIC
    ]


def arm(name: str) -> str:
    """Return what an arm is called on the page."""
    return Arm.of(name).title
