"""Labels of methods, metrics, classifiers and arms, and their order on the page."""

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

# name: (title, meaning, better direction)
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


def method_title(name: str) -> str:
    """Return the page's title of a generated set."""
    return METHODS.get(name, name)


def model(name: str) -> str:
    """Return the page's title of a classifier."""
    return MODELS.get(name, name)


def ordered_generators(names: Iterable[str]) -> list[str]:
    """Sort generated sets as on the page: ours, then the known ones, then others."""
    known_methods = list(METHODS)
    return sorted(
        names,
        key=lambda set_name: (
            known_methods.index(set_name) if set_name in known_methods else len(known_methods),
            set_name,
        ),
    )


def ordered_arms(names: Iterable[str]) -> list[str]:
    """Sort arms as on the page: real, controls, ours, then other generators."""
    known_sources = ["", *CLASSICAL, *METHODS]

    def sort_key(arm_name: str) -> tuple[bool, int, int, float, str]:
        parsed_arm = Arm.of(arm_name)
        source_index = (
            known_sources.index(parsed_arm.source)
            if parsed_arm.source in known_sources
            else len(known_sources)
        )
        is_other = parsed_arm.source not in {"", SYNTHETIC, *CLASSICAL}
        return is_other, KINDS.index(parsed_arm.kind), source_index, parsed_arm.dose, arm_name

    return sorted(names, key=sort_key)


def figure_arms(names: Iterable[str]) -> list[str]:
    """Return the arms of the figures, without those of other generators alone (in a table)."""
    return [
        arm_name
        for arm_name in ordered_arms(names)
        if Arm.of(arm_name).kind != ALONE or Arm.of(arm_name).source == SYNTHETIC
    ]


def arm(name: str) -> str:
    """Return the page's title of an arm."""
    return Arm.of(name).title
