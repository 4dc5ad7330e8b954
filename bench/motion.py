"""Do virtual people's faces move as real ones do? The mean change of depth, side by side.

    python -m bench.motion FOLDER [--people N] [--fit]

FOLDER holds raw depth frames and a labels.csv (file, subject, expression, pose). The change from
neutral to each expression is taken pose by pose, both turned to the front: the median over a
person's poses, the mean over people and over left and right. Prints of real and virtual people how
strong it is (root mean square in mm over the inner face) and how alike they are (correlation), and
beside it how alike one person's is to the mean of the others. Draws build/motion.png. --fit prints
the bumps of `depthfaces/sources/virtual/flesh.py` anew: those that are there, and what is missing.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt

from bench import frames
from depthfaces import command, params
from depthfaces.depth.dataset import window
from depthfaces.sources.virtual import flesh, people_frames

Floats = npt.NDArray[np.floating]
# By person, expression and pose: depth in mm behind the nose.
Faces = dict[tuple[str, str, str], Floats]

# Expressions of FOLDER and the emotions that virtual people show of them.
ALIKE = {"smile": "Happiness", "mouth-wide-open": "Surprise"}
FLESH = {"restFlesh": "neutral", "smileFlesh": "smile", "jawFlesh": "mouth-wide-open"}
NEUTRAL = ("neutral", "Neutral")
FRAMES = 6
EDGE = 95.0  # mm behind the nose tip: what is farther is not face
PLACES = [
    (right, down)
    for down in (-45, -30, -15, 0, 14, 26, 38, 52, 66)
    for right in (0, 14, 28, 42, 56)
]
INNER = (65.0, 73.0, 8.0)  # half axes of the inner face in mm, and its middle below the nose
RIDGE = 5.0  # of the bumps' fit: a bump of 1 mm counts as much as 1 mm off in the square of it
# Strength of the bumps in the mean of frames.
TYPICAL = {"restFlesh": 1.0, "smileFlesh": 0.8, "jawFlesh": 0.8}
LEAST = 0.3  # mm: lower bumps are left out


def mm(settings: params.Params) -> tuple[Floats, Floats]:
    """Return how many mm right of and below the nose tip each pixel is."""
    size, crop = settings.preprocess.size, settings.preprocess.crop
    millimetres = (np.arange(size) - (size - 1) / 2) * crop / size
    right, down = np.meshgrid(millimetres, millimetres)
    return right, down


def depths(images: frames.Images, rows: frames.Rows, settings: params.Params) -> list[Floats]:
    """Return prepared faces in mm behind the nose, turned to the front; NaN where there is none."""
    span, nothing = window(settings.preprocess), np.full((settings.preprocess.size,) * 2, np.nan)
    depths = []
    for face in frames.prepared(images, rows, settings, frontalise=True):
        behind = nothing if face.image is None else span.decode(face.image)
        depths.append(np.where(behind < EDGE, behind, np.nan))
    return depths


def real(folder: Path, settings: params.Params) -> Faces:
    """Return the faces of FOLDER."""
    rows = frames.rows_of(folder)
    names = [(row["subject"], row["expression"], row["pose"]) for row in rows]
    return dict(zip(names, depths(frames.load(folder, rows), rows, settings), strict=True))


def virtual(people: int, settings: params.Params) -> Faces:
    """Return faces of virtual people, another seed than that of any run."""
    emotions = sorted([*ALIKE.values(), NEUTRAL[1]])
    wanted = {"emotions": emotions, "subjects": people, "frames": FRAMES}
    camera = settings.data.virtual.model_copy(update=wanted)
    faces: Faces = {}
    for images, rows in people_frames(camera, settings.seed + 77):
        for row, face in zip(rows, depths(list(images), rows, settings), strict=True):
            faces[row["subject"], row["label"], row["id"].rsplit("-", 1)[1]] = face
    return faces


def change(faces: Faces, expression: str, neutral: str) -> Floats:
    """Return each person's change (people, S, S) from neutral to `expression`, made symmetric."""
    by_person: dict[str, list[Floats]] = {}
    for (person, shown, pose), face in faces.items():
        if shown == expression and (person, neutral, pose) in faces:
            by_person.setdefault(person, []).append(face - faces[person, neutral, pose])
    each = np.stack([_median(np.stack(poses)) for poses in by_person.values()])
    return _mean(np.stack([each, each[..., ::-1]]))


def rest(faces: Faces, neutral: str) -> Floats:
    """Return the mean over people (S, S) of their neutral faces, made symmetric."""
    by_person: dict[str, list[Floats]] = {}
    for (person, shown, _), face in faces.items():
        if shown == neutral:
            by_person.setdefault(person, []).append(face)
    mean = _mean(np.stack([_median(np.stack(poses)) for poses in by_person.values()]))
    return _mean(np.stack([mean, mean[:, ::-1]]))


def _median(fields: Floats) -> Floats:
    return np.ma.median(np.ma.masked_invalid(fields), axis=0).filled(np.nan)


def _mean(fields: Floats) -> Floats:
    return np.ma.masked_invalid(fields).mean(0).filled(np.nan)


def alike(one: Floats, other: Floats, inner: npt.NDArray[np.bool_]) -> float:
    """Return the correlation of two fields (S, S) over the inner face."""
    known = inner & np.isfinite(one) & np.isfinite(other)
    return float(np.corrcoef(one[known], other[known])[0, 1])


def strength(field: Floats, inner: npt.NDArray[np.bool_]) -> float:
    """Return the root mean square of a field (S, S) over the inner face."""
    return float(np.sqrt(np.nanmean(field[inner] ** 2)))


def summary(expression: str, people: Floats, made: Floats, inner: npt.NDArray[np.bool_]) -> str:
    """Return the line of an expression."""
    mean, ours = _mean(people), _mean(made)
    rest = [_mean(np.delete(people, k, 0)) for k in range(len(people))]
    own = [alike(one, other, inner) for one, other in zip(people, rest, strict=True)]
    ours_each = [alike(one, ours, inner) for one in people]
    strengths = [strength(field, inner) for field in (mean, ours)]
    return (
        "{}: real {:.2f} mm, virtual {:.2f} mm, correlation of the means {:.2f}; of one real "
        "person with the mean of the others {:.2f}, with the virtual mean {:.2f}"
    ).format(expression, *strengths, alike(mean, ours, inner), np.mean(own), np.mean(ours_each))


def fitted(name: str, missing: Floats, settings: params.Params) -> list[flesh.Bump]:
    """Return the bumps that are there plus those of the change that is `missing` (S, S)."""
    right, down = mm(settings)
    points = np.stack([right.ravel(), down.ravel()], 1)
    known = inside(settings).ravel() & np.isfinite(missing.ravel())
    columns = np.stack([flesh.depth(points, ((*place, 1.0),)) for place in PLACES], 1)[known]
    there = {(right, down): deeper for right, down, deeper in flesh.BUMPS[name]}
    now = np.array([there.get(place, 0.0) for place in PLACES])
    squared = columns.T @ columns + RIDGE**2 * np.eye(len(PLACES))
    best = np.linalg.solve(
        squared, columns.T @ (missing.ravel()[known] / TYPICAL[name] + columns @ now)
    )
    bumps = [(*place, round(float(v), 1)) for place, v in zip(PLACES, best, strict=True)]
    return [bump for bump in bumps if abs(bump[2]) >= LEAST]


def inside(settings: params.Params) -> npt.NDArray[np.bool_]:
    """Return the inner face (S, S)."""
    right, down = mm(settings)
    wide, high, middle = INNER
    return (right / wide) ** 2 + ((down - middle) / high) ** 2 < 1


def drawn(fields: dict[str, tuple[Floats, Floats]], inner: npt.NDArray[np.bool_]) -> None:
    """Draw real and virtual mean changes to build/motion.png."""
    shape = {"figsize": (7.6, 2.4 * len(fields)), "layout": "constrained", "squeeze": False}
    figure, axes = plt.subplots(len(fields), 3, **shape)
    for number, (name, pair) in enumerate(fields.items()):
        row = axes[number]
        kinds = (*pair, pair[0] - pair[1])
        for axis, field, kind in zip(row, kinds, ("real", "virtual", "difference"), strict=True):
            shown = axis.imshow(np.where(inner, field, np.nan), cmap="RdBu", vmin=-12, vmax=12)
            axis.set(xticks=[], yticks=[], title=kind if number == 0 else "")
            axis.spines[:].set_visible(False)
        row[0].set_ylabel(name)
    figure.colorbar(shown, ax=axes, label="mm deeper than the neutral face", shrink=0.8)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/motion.png", dpi=100, metadata={"Software": None})


def main(folder: Path, *, people: int = 24, fit: bool = False) -> None:
    """Print how alike the changes are, draw them, and with `fit` the bumps."""
    settings = params.load()
    real_faces, virtual_faces = real(folder, settings), virtual(people, settings)
    inner = inside(settings)
    fields = {}
    for expression, emotion in ALIKE.items():
        theirs = change(real_faces, expression, NEUTRAL[0])
        ours = change(virtual_faces, emotion, NEUTRAL[1])
        print(summary(expression, theirs, ours, inner))
        fields[expression] = (_mean(theirs), _mean(ours))
    drawn(fields, inner)
    fields["neutral"] = (rest(real_faces, NEUTRAL[0]), rest(virtual_faces, NEUTRAL[1]))
    for name, expression in FLESH.items() if fit else []:
        theirs, ours = fields[expression]
        print(name, fitted(name, theirs - ours, settings))


if __name__ == "__main__":
    command.run(main)
