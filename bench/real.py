"""Ask whether a classifier of virtual faces knows the expressions of real people.

    python -m bench.real FOLDER [SUBJECTS [FRAMES]]

FOLDER holds raw depth frames and a labels.csv (file, subject, expression, pose). Classifiers on
the pipeline's features, and the net, are trained on virtual people only and tested on the real
ones; beside them stand classifiers trained on the other real people.
Writes a contact sheet of real over virtual faces to build/real.png.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import confusion_matrix, f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from bench import frames
from depthfaces import params
from depthfaces.classify.net import Net
from depthfaces.classify.sample import Sample
from depthfaces.features.store import describe
from depthfaces.sources.virtual import people_frames

EXPRESSIONS = {"neutral": "Neutral", "smile": "Happiness", "mouth-wide-open": "Surprise"}


def real(folder: Path, p: params.Params) -> tuple[np.ndarray, list[dict[str, str]]]:
    """Return prepared faces of the three clear expressions and their rows."""
    rows = [row for row in frames.rows_of(folder) if row["expression"] in EXPRESSIONS]
    return _prepared(frames.load(folder, rows), rows, p)


def virtual(p: params.Params, subjects: int, each: int) -> tuple[np.ndarray, list[dict]]:
    """Return prepared virtual faces of the same expressions and their rows."""
    change = {"emotions": sorted(EXPRESSIONS.values()), "subjects": subjects, "frames": each}
    camera = p.data.virtual.model_copy(update=change)
    images, kept = [], []
    for raw, rows in people_frames(camera, p.seed + 1):
        faces, good = _prepared(list(raw), rows, p)
        images.append(faces)
        kept += good
    return np.concatenate(images), kept


def _prepared(images, rows, p):
    faces = list(frames.prepared(images, rows, p))
    good = [i for i, face in enumerate(faces) if face.image is not None]
    return np.stack([faces[i].image for i in good]), [rows[i] for i in good]


class Nets:
    """The package's net behind scikit-learn's face, with labels for numbers."""

    def __init__(self, p: params.Params) -> None:
        self.p = p

    def fit(self, x: np.ndarray, labels: np.ndarray) -> "Nets":
        """Train on faces (n, side^2) and their labels."""
        self.names, y = np.unique(labels, return_inverse=True)
        self.net = Net.fit(Sample(x, y), Sample(x[:0], y[:0]), 0, self.p.classify)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return a label for each face."""
        return self.names[self.net.predict(x).argmax(1)]


# What each looks at, and how it is made from the parameters.
MACHINES = {
    "SVM": ("features", lambda _: make_pipeline(StandardScaler(), SVC(C=3.0))),
    "forest": ("features", lambda _: RandomForestClassifier(300, random_state=0)),
    "net": ("pixels", Nets),
}


def main(folder: Path, subjects: int, each: int) -> None:
    """Print the accuracies, write the sheet."""
    p = params.load()
    faces, rows = real(folder, p)
    labels = np.array([EXPRESSIONS[row["expression"]] for row in rows])
    people = np.array([row["subject"] for row in rows])
    front = np.array([row["pose"] == "pose-0" for row in rows])
    made, made_rows = virtual(p, subjects, each)
    made_labels = np.array([row["label"] for row in made_rows])
    print(f"{len(faces)} faces of {len(set(people))} real people, {len(made)} virtual; chance 33 %")
    seen = [describe(images, p.features) for images in (faces, made)]
    views = {"features": [one.x for one in seen], "pixels": [one.pixels for one in seen]}
    for name, (view, machine) in MACHINES.items():
        x, made_x = views[view]
        guess = machine(p).fit(made_x, made_labels).predict(x)
        other = np.empty_like(labels)
        for person in sorted(set(people)):
            held = people == person
            other[held] = machine(p).fit(x[~held], labels[~held]).predict(x[held])
        _say(f"{name}: virtual people -> real people", guess, labels, front)
        _say(f"{name}: other real people -> real people", other, labels, front)
    _sheet(faces[front], labels[front], made, made_labels)


def _say(name: str, guess: np.ndarray, labels: np.ndarray, front: np.ndarray) -> None:
    right, f1 = guess == labels, f1_score(labels, guess, average="macro")
    shares = f"frontal {right[front].mean():.1%}, all poses {right.mean():.1%}"
    print(f"{name}: {shares}, macro-F1 {100 * f1:.1f}")
    print(confusion_matrix(labels, guess))


def _sheet(
    faces: np.ndarray, labels: np.ndarray, made: np.ndarray, made_labels: np.ndarray
) -> None:
    """Draw real faces over virtual ones of the same expression, three pairs of rows."""
    names = sorted(EXPRESSIONS.values())
    figure, axes = plt.subplots(6, 6, figsize=(6, 6.6))
    for pair, label in enumerate(names):
        rows = (faces[labels == label][:6], made[made_labels == label][::11][:6])
        for down, (kind, images) in enumerate(zip(("real", "virtual"), rows, strict=True)):
            for axis, image in zip(axes[2 * pair + down], images, strict=False):
                axis.imshow(image, cmap="gray", vmin=-1, vmax=1)
                axis.set(xticks=[], yticks=[])
            axes[2 * pair + down, 0].set_ylabel(f"{kind}\n{label}", fontsize=7)
    figure.tight_layout(pad=0.2)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/real.png", dpi=120, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((sys.argv[2:] or [60])[0]), int((sys.argv[3:] or [6])[0]))
