"""An arm: the training set of a classifier as data, with its key in files and its title."""

from dataclasses import dataclass
from typing import Self

REAL = "real"  # real faces alone
CONTROL = "control"  # real faces, and more made from them by classical means
ADDED = "added"  # real faces, and generated ones
TOPPED = "topped"  # real faces, augmented ones, and generated ones on top of both
ALONE = "alone"  # generated faces alone
SHUFFLED = "shuffled"  # real faces, and generated ones with each other's labels
# A random split inside one pool, as published.
LEAKY_ALONE, LEAKY_ADDED = "leaky-alone", "leaky-added"
KINDS = (REAL, CONTROL, ADDED, TOPPED, ALONE, SHUFFLED, LEAKY_ALONE, LEAKY_ADDED)

# Sources of a control: what is done to the real train faces.
# Posed faces are turned in space and then augmented as well.
REPEATED, AUGMENTED, POSED = "repeated", "augmented", "posed"
CLASSICAL = (REPEATED, AUGMENTED, POSED)
SYNTHETIC = "synthetic"  # the source whose usefulness is in question
MIX = "mix"  # equal parts of several sources
CHOSEN = "chosen"  # the source that was best on people not trained on; dose 0: likewise the dose

SOURCES = {
    REPEATED: "repeated",
    AUGMENTED: "augmented",
    POSED: "augmented in 3-D",
    SYNTHETIC: "synthetic",
    "kd": "distilled GAN",
    "gan_ga": "evolved GAN",
    "gan": "plain GAN",
    "vae": "VAE",
    "gmm": "GMM",
    "kde": "KDE",
    "flow": "rectified flow",
    "camera": "virtual camera",
    "reenact": "re-enacted",
    MIX: "mixed",
    CHOSEN: "the best of them",
}


@dataclass(frozen=True)
class Arm:
    """`dose` faces of `source` for each real train face, each counting `weight` times.

    A topped arm stands on a control (`classify.arms.base`): real and augmented faces. A source
    with dose 0 was used in the dose and weight that were best on people not trained on.
    """

    kind: str
    source: str = ""
    dose: float = 0.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Reject unknown kinds."""
        assert self.kind in KINDS, self.kind

    @property
    def key(self) -> str:
        """Return the key in files: real · control augmented@4 · topped synthetic@1x0.5."""
        dose = f"@{self.dose:g}" if self.dose else ""
        weight = f"x{self.weight:g}" if self.weight != 1 else ""
        return " ".join(filter(None, (self.kind, self.source))) + dose + weight

    @classmethod
    def of(cls, key: str) -> Self:
        """Parse the arm of a `key`."""
        kind, _, rest = key.partition(" ")
        source, _, amount = rest.partition("@")
        dose, _, weight = amount.partition("x")
        return cls(kind, source, float(dose or 0), float(weight or 1))

    @property
    def has_real(self) -> bool:
        """Return whether the arm contains real train faces."""
        return self.kind not in {ALONE, LEAKY_ALONE}

    @property
    def title(self) -> str:
        """Return the name for readers."""
        source = SOURCES.get(self.source, self.source)
        amount = f"{self.dose:g} × {source}" if self.dose else f"{source}, dose chosen"
        titles = {
            REAL: "Real faces alone",
            CONTROL: f"Real + {amount}",
            ADDED: f"Real + {amount}",
            TOPPED: f"Real + augmented + {amount}",
            ALONE: f"{source[:1].upper()}{source[1:]} alone",
            SHUFFLED: f"Real + {amount}, labels shuffled",
            LEAKY_ALONE: f"{source}, random split (leaky)",
            LEAKY_ADDED: f"Real + {source}, random split (leaky)",
        }
        return titles[self.kind] + (f", weight {self.weight:g}" if self.weight != 1 else "")
