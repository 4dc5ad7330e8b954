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

EXPRESSION_EMOTIONS = {"neutral": "Neutral", "smile": "Happiness", "mouth-wide-open": "Surprise"}


def real_faces(folder: Path, p: params.Params) -> tuple[np.ndarray, list[dict[str, str]]]:
    """Return prepared faces of the three clear expressions and their rows."""
    rows = [row for row in frames.rows_of(folder) if row["expression"] in EXPRESSION_EMOTIONS]
    return _prepared_faces(frames.load(folder, rows), rows, p)


def virtual_faces(p: params.Params, subjects: int, each: int) -> tuple[np.ndarray, list[dict]]:
    """Return prepared virtual faces of the same expressions and their rows."""
    camera_changes = {
        "emotions": sorted(EXPRESSION_EMOTIONS.values()),
        "subjects": subjects,
        "frames": each,
    }
    camera = p.data.virtual.model_copy(update=camera_changes)
    images, kept_rows = [], []
    for raw, rows in people_frames(camera, p.seed + 1):
        prepared_faces, usable_rows = _prepared_faces(list(raw), rows, p)
        images.append(prepared_faces)
        kept_rows += usable_rows
    return np.concatenate(images), kept_rows


def _prepared_faces(images, rows, p):
    faces = list(frames.prepared(images, rows, p))
    usable_rows = [row for row, face in enumerate(faces) if face.image is not None]
    return np.stack([faces[row].image for row in usable_rows]), [rows[row] for row in usable_rows]


class NetClassifier:
    """The package's net behind scikit-learn's interface, with labels in place of class indices."""

    def __init__(self, p: params.Params) -> None:
        self.p = p

    def fit(self, x: np.ndarray, labels: np.ndarray) -> "NetClassifier":
        """Train on faces (n, side^2) and their labels."""
        self.names, y = np.unique(labels, return_inverse=True)
        self.net = Net.fit(Sample(x, y), Sample(x[:0], y[:0]), 0, self.p.classify)
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return a label for each face."""
        return self.names[self.net.predict(x).argmax(1)]


# Classifier: its input, and how it is built from the parameters.
CLASSIFIERS = {
    "SVM": ("features", lambda _: make_pipeline(StandardScaler(), SVC(C=3.0))),
    "forest": ("features", lambda _: RandomForestClassifier(300, random_state=0)),
    "net": ("pixels", NetClassifier),
}


def main(folder: Path, subjects: int, frame_count: int) -> None:
    """Print the accuracies, write the sheet."""
    p = params.load()
    faces, rows = real_faces(folder, p)
    labels = np.array([EXPRESSION_EMOTIONS[row["expression"]] for row in rows])
    people = np.array([row["subject"] for row in rows])
    is_frontal = np.array([row["pose"] == "pose-0" for row in rows])
    virtual_images, virtual_rows = virtual_faces(p, subjects, frame_count)
    virtual_labels = np.array([row["label"] for row in virtual_rows])
    print(
        f"{len(faces)} faces of {len(set(people))} real people, {len(virtual_images)} virtual; "
        "chance 33 %"
    )
    described = [describe(images, p.features) for images in (faces, virtual_images)]
    inputs_by_view = {
        "features": [feature_set.x for feature_set in described],
        "pixels": [feature_set.pixels for feature_set in described],
    }
    for classifier_name, (view, make_classifier) in CLASSIFIERS.items():
        x, virtual_x = inputs_by_view[view]
        predicted = make_classifier(p).fit(virtual_x, virtual_labels).predict(x)
        cross_predicted = np.empty_like(labels)
        for person in sorted(set(people)):
            is_held_out = people == person
            cross_predicted[is_held_out] = (
                make_classifier(p)
                .fit(x[~is_held_out], labels[~is_held_out])
                .predict(x[is_held_out])
            )
        _print_scores(
            f"{classifier_name}: virtual people -> real people", predicted, labels, is_frontal
        )
        _print_scores(
            f"{classifier_name}: other real people -> real people",
            cross_predicted,
            labels,
            is_frontal,
        )
    _draw_sheet(faces[is_frontal], labels[is_frontal], virtual_images, virtual_labels)


def _print_scores(
    name: str, predicted: np.ndarray, labels: np.ndarray, is_frontal: np.ndarray
) -> None:
    is_right, macro_f1 = predicted == labels, f1_score(labels, predicted, average="macro")
    accuracy_text = f"frontal {is_right[is_frontal].mean():.1%}, all poses {is_right.mean():.1%}"
    print(f"{name}: {accuracy_text}, macro-F1 {100 * macro_f1:.1f}")
    print(confusion_matrix(labels, predicted))


def _draw_sheet(
    faces: np.ndarray, labels: np.ndarray, virtual_images: np.ndarray, virtual_labels: np.ndarray
) -> None:
    """Draw real faces over virtual ones of the same expression, three pairs of rows."""
    emotions = sorted(EXPRESSION_EMOTIONS.values())
    figure, axes = plt.subplots(6, 6, figsize=(6, 6.6))
    for row_pair, label in enumerate(emotions):
        image_rows = (faces[labels == label][:6], virtual_images[virtual_labels == label][::11][:6])
        for row_offset, (set_name, images) in enumerate(
            zip(("real", "virtual"), image_rows, strict=True)
        ):
            for axis, image in zip(axes[2 * row_pair + row_offset], images, strict=False):
                axis.imshow(image, cmap="gray", vmin=-1, vmax=1)
                axis.set(xticks=[], yticks=[])
            axes[2 * row_pair + row_offset, 0].set_ylabel(f"{set_name}\n{label}", fontsize=7)
    figure.tight_layout(pad=0.2)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/real.png", dpi=120, metadata={"Software": None})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int((sys.argv[2:] or [60])[0]), int((sys.argv[3:] or [6])[0]))
