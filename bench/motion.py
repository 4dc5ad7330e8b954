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
EXPRESSION_EMOTIONS = {"smile": "Happiness", "mouth-wide-open": "Surprise"}
FLESH_EXPRESSIONS = {"restFlesh": "neutral", "smileFlesh": "smile", "jawFlesh": "mouth-wide-open"}
NEUTRAL = ("neutral", "Neutral")
FRAME_COUNT = 6
FACE_EDGE = 95.0  # mm behind the nose tip: what is farther is not face
BUMP_PLACES = [
    (right, down)
    for down in (-45, -30, -15, 0, 14, 26, 38, 52, 66)
    for right in (0, 14, 28, 42, 56)
]
# Half axes of the inner face in mm, and how far its middle is below the nose.
INNER_ELLIPSE = (65.0, 73.0, 8.0)
# Of the bumps' fit: a bump of 1 mm costs as much as an error of 1 mm in 25 pixels.
RIDGE_WEIGHT = 5.0
# Strength of the bumps in the mean of frames.
TYPICAL_STRENGTHS = {"restFlesh": 1.0, "smileFlesh": 0.8, "jawFlesh": 0.8}
LEAST_HEIGHT = 0.3  # mm: lower bumps are dropped


def pixel_millimetres(settings: params.Params) -> tuple[Floats, Floats]:
    """Return how many mm right of and below the nose tip each pixel is."""
    size, crop = settings.preprocess.size, settings.preprocess.crop
    pixel_offsets = (np.arange(size) - (size - 1) / 2) * crop / size
    right_mm, down_mm = np.meshgrid(pixel_offsets, pixel_offsets)
    return right_mm, down_mm


def face_depths(images: frames.Images, rows: frames.Rows, settings: params.Params) -> list[Floats]:
    """Return prepared faces in mm behind the nose, turned to the front; NaN where there is none."""
    depth_window, missing_face = (
        window(settings.preprocess),
        np.full((settings.preprocess.size,) * 2, np.nan),
    )
    depth_images = []
    for face in frames.prepared(images, rows, settings, frontalise=True):
        depths_behind = missing_face if face.image is None else depth_window.decode(face.image)
        depth_images.append(np.where(depths_behind < FACE_EDGE, depths_behind, np.nan))
    return depth_images


def real_faces(folder: Path, settings: params.Params) -> Faces:
    """Return the faces of FOLDER."""
    rows = frames.rows_of(folder)
    face_keys = [(row["subject"], row["expression"], row["pose"]) for row in rows]
    return dict(zip(face_keys, face_depths(frames.load(folder, rows), rows, settings), strict=True))


def virtual_faces(people: int, settings: params.Params) -> Faces:
    """Return faces of virtual people of a seed that no run uses."""
    emotions = sorted([*EXPRESSION_EMOTIONS.values(), NEUTRAL[1]])
    camera_changes = {"emotions": emotions, "subjects": people, "frames": FRAME_COUNT}
    camera = settings.data.virtual.model_copy(update=camera_changes)
    faces: Faces = {}
    for images, rows in people_frames(camera, settings.seed + 77):
        for row, face in zip(rows, face_depths(list(images), rows, settings), strict=True):
            faces[row["subject"], row["label"], row["id"].rsplit("-", 1)[1]] = face
    return faces


def mean_changes(faces: Faces, expression: str, neutral: str) -> Floats:
    """Return each person's change (people, S, S) from neutral to `expression`, made symmetric."""
    by_person: dict[str, list[Floats]] = {}
    for (person, shown_expression, pose), face in faces.items():
        if shown_expression == expression and (person, neutral, pose) in faces:
            by_person.setdefault(person, []).append(face - faces[person, neutral, pose])
    person_changes = np.stack([_masked_median(np.stack(poses)) for poses in by_person.values()])
    return _masked_mean(np.stack([person_changes, person_changes[..., ::-1]]))


def mean_rest(faces: Faces, neutral: str) -> Floats:
    """Return the mean over people (S, S) of their neutral faces, made symmetric."""
    by_person: dict[str, list[Floats]] = {}
    for (person, shown_expression, _), face in faces.items():
        if shown_expression == neutral:
            by_person.setdefault(person, []).append(face)
    mean_face = _masked_mean(
        np.stack([_masked_median(np.stack(poses)) for poses in by_person.values()])
    )
    return _masked_mean(np.stack([mean_face, mean_face[:, ::-1]]))


def _masked_median(fields: Floats) -> Floats:
    return np.ma.median(np.ma.masked_invalid(fields), axis=0).filled(np.nan)


def _masked_mean(fields: Floats) -> Floats:
    return np.ma.masked_invalid(fields).mean(0).filled(np.nan)


def field_correlation(field: Floats, other_field: Floats, inner: npt.NDArray[np.bool_]) -> float:
    """Return the correlation of two fields (S, S) over the inner face."""
    is_known = inner & np.isfinite(field) & np.isfinite(other_field)
    return float(np.corrcoef(field[is_known], other_field[is_known])[0, 1])


def strength(field: Floats, inner: npt.NDArray[np.bool_]) -> float:
    """Return the root mean square of a field (S, S) over the inner face."""
    return float(np.sqrt(np.nanmean(field[inner] ** 2)))


def format_summary(
    expression: str, person_changes: Floats, virtual_changes: Floats, inner: npt.NDArray[np.bool_]
) -> str:
    """Return one line about an expression."""
    real_mean, virtual_mean = _masked_mean(person_changes), _masked_mean(virtual_changes)
    other_means = [
        _masked_mean(np.delete(person_changes, person_index, 0))
        for person_index in range(len(person_changes))
    ]
    own_correlations = [
        field_correlation(person_change, other_mean, inner)
        for person_change, other_mean in zip(person_changes, other_means, strict=True)
    ]
    virtual_correlations = [
        field_correlation(person_change, virtual_mean, inner) for person_change in person_changes
    ]
    strengths = [strength(field, inner) for field in (real_mean, virtual_mean)]
    return (
        "{}: real {:.2f} mm, virtual {:.2f} mm, correlation of the means {:.2f}; of one real "
        "person with the mean of the others {:.2f}, with the virtual mean {:.2f}"
    ).format(
        expression,
        *strengths,
        field_correlation(real_mean, virtual_mean, inner),
        np.mean(own_correlations),
        np.mean(virtual_correlations),
    )


def fit_bumps(name: str, missing: Floats, settings: params.Params) -> list[flesh.Bump]:
    """Return the current bumps plus those fitted to the `missing` change (S, S)."""
    right_mm, down_mm = pixel_millimetres(settings)
    pixel_points = np.stack([right_mm.ravel(), down_mm.ravel()], 1)
    is_known = inner_mask(settings).ravel() & np.isfinite(missing.ravel())
    bump_columns = np.stack(
        [flesh.depth(pixel_points, ((*bump_place, 1.0),)) for bump_place in BUMP_PLACES], 1
    )[is_known]
    current_bumps = {
        (right_mm, down_mm): bump_height for right_mm, down_mm, bump_height in flesh.BUMPS[name]
    }
    current_heights = np.array([current_bumps.get(bump_place, 0.0) for bump_place in BUMP_PLACES])
    normal_matrix = bump_columns.T @ bump_columns + RIDGE_WEIGHT**2 * np.eye(len(BUMP_PLACES))
    best_heights = np.linalg.solve(
        normal_matrix,
        bump_columns.T
        @ (missing.ravel()[is_known] / TYPICAL_STRENGTHS[name] + bump_columns @ current_heights),
    )
    new_bumps = [
        (*bump_place, round(float(height), 1))
        for bump_place, height in zip(BUMP_PLACES, best_heights, strict=True)
    ]
    return [bump for bump in new_bumps if abs(bump[2]) >= LEAST_HEIGHT]


def inner_mask(settings: params.Params) -> npt.NDArray[np.bool_]:
    """Return which pixels (S, S) belong to the inner face."""
    right_mm, down_mm = pixel_millimetres(settings)
    half_width, half_height, middle_offset = INNER_ELLIPSE
    return (right_mm / half_width) ** 2 + ((down_mm - middle_offset) / half_height) ** 2 < 1


def draw_fields(fields: dict[str, tuple[Floats, Floats]], inner: npt.NDArray[np.bool_]) -> None:
    """Draw real and virtual mean changes to build/motion.png."""
    figure_options = {
        "figsize": (7.6, 2.4 * len(fields)),
        "layout": "constrained",
        "squeeze": False,
    }
    figure, axes = plt.subplots(len(fields), 3, **figure_options)
    for row_number, (name, field_pair) in enumerate(fields.items()):
        axes_row = axes[row_number]
        shown_fields = (*field_pair, field_pair[0] - field_pair[1])
        for axis, field, title in zip(
            axes_row, shown_fields, ("real", "virtual", "difference"), strict=True
        ):
            colour_image = axis.imshow(
                np.where(inner, field, np.nan), cmap="RdBu", vmin=-12, vmax=12
            )
            axis.set(xticks=[], yticks=[], title=title if row_number == 0 else "")
            axis.spines[:].set_visible(False)
        axes_row[0].set_ylabel(name)
    figure.colorbar(colour_image, ax=axes, label="mm deeper than the neutral face", shrink=0.8)
    Path("build").mkdir(exist_ok=True)
    figure.savefig("build/motion.png", dpi=100, metadata={"Software": None})


def main(folder: Path, *, people: int = 24, fit: bool = False) -> None:
    """Print how alike the changes are, draw them, and with `fit` the bumps."""
    settings = params.load()
    recorded_faces, rendered_faces = real_faces(folder, settings), virtual_faces(people, settings)
    is_inner = inner_mask(settings)
    fields = {}
    for expression, emotion in EXPRESSION_EMOTIONS.items():
        real_changes = mean_changes(recorded_faces, expression, NEUTRAL[0])
        virtual_changes = mean_changes(rendered_faces, emotion, NEUTRAL[1])
        print(format_summary(expression, real_changes, virtual_changes, is_inner))
        fields[expression] = (_masked_mean(real_changes), _masked_mean(virtual_changes))
    draw_fields(fields, is_inner)
    fields["neutral"] = (
        mean_rest(recorded_faces, NEUTRAL[0]),
        mean_rest(rendered_faces, NEUTRAL[1]),
    )
    for name, expression in FLESH_EXPRESSIONS.items() if fit else []:
        real_changes, virtual_changes = fields[expression]
        print(name, fit_bumps(name, real_changes - virtual_changes, settings))


if __name__ == "__main__":
    command.run(main)
