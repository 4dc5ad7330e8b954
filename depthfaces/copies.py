"""Copies: equal images, near copies (mirrored ones too), and the groups that no split may cut.

Near copies are found in two steps, because a perceptual hash alone is not enough: aligned depth
faces of different people are alike at low frequencies. On 840 virtual faces of 60 people, 113 of
346,920 pairs of different people lie within 4 bits, enough to chain most people into one group.
So a pair within `limit` bits is a near copy only if 16 × 16 thumbnails correlate to more than
`ALIKE`. Measured 1 - correlation: copies by JPEG (quality 60), noise (σ 0.02), brightness or
another size at most 0.0012; nearest pair of different people 0.0044 (virtual), 0.014 (real).
"""

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.fft import dctn
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import trange

ALIKE = 0.998  # correlation of thumbnails from which a pair is a near copy
_SIDE = 32  # pixels a side before the cosine transform
_THUMB = 16  # pixels a side of a thumbnail
_PAIRS = 1 << 15  # pairs whose thumbnails are in memory at once
_BLOCK = 32  # images compared with all others at once


@dataclass(frozen=True)
class Prints:
    """Fingerprints of n images: what stays in memory of a set of any image size."""

    sha256: npt.NDArray[np.str_]  # (n,) of the pixels
    hashes: npt.NDArray[np.uint64]  # (n, 2) perceptual hash of the image, of its mirror image
    thumbs: npt.NDArray[np.uint8]  # (n, 16, 16)

    @classmethod
    def join(cls, parts: list[Self]) -> Self:
        """Return the fingerprints of all `parts`, in order."""
        return cls(
            np.concatenate([part.sha256 for part in parts]),
            np.concatenate([part.hashes for part in parts]),
            np.concatenate([part.thumbs for part in parts]),
        )


def prints(images: npt.NDArray[np.float32]) -> Prints:
    """Return the fingerprints of prepared `images` (n, S, S) in [-1, 1]."""
    digests = [hashlib.sha256(image.tobytes()).hexdigest() for image in images]
    thumbs = (_shrunk(images, _THUMB) + 1) * 127.5
    return Prints(np.array(digests), hashes(images), np.rint(thumbs).clip(0, 255).astype(np.uint8))


def hashes(images: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """Return 64-bit hashes (n, 2) of `images` (n, S, S) and of their mirror images.

    Bit (u, v) is the sign of the cosine coefficient (u + 1, v + 1), u, v = 0..7, of the image at
    32 × 32. The first row and column are left out, so that brightness and plain gradients do not
    count. Mirroring negates exactly the coefficients of odd v + 1.
    """
    waves = dctn(_shrunk(images, _SIDE), axes=(1, 2), norm="ortho")[:, 1:9, 1:9]
    mirrored = waves * np.array([-1, 1] * 4)
    bits = np.stack([waves, mirrored], 1).reshape(-1, 64) > 0
    return np.packbits(bits, axis=1).view(">u8").astype(np.uint64).reshape(-1, 2)


def judge(table: pd.DataFrame, marks: Prints, limit: int) -> pd.DataFrame:
    """Return what is known of each face of `table` (id, label, subject) as a table beside it.

    sha256, phash (hexadecimal) · subject: '' where one image has several subjects, which leaves
    it unknown · group: the faces that must stay in one split: of one person, or joined by copies
    · reason: '' or why the face is left out: a copy of an earlier one, or one image under several
    labels. `limit` is the largest distance of near copies in bits.
    """
    subject = table["subject"].to_numpy(str)
    told = table.assign(subject=subject, sha256=marks.sha256).groupby("sha256", sort=False)
    several = told["label"].transform("nunique") > 1
    first = told["id"].transform("first")
    reason = np.where(told.cumcount() > 0, "exact copy of " + first.astype(str), "")
    reason = np.where(several, "same image under several labels", reason)
    return pd.DataFrame(
        {
            "sha256": marks.sha256,
            "phash": [f"{value:016x}" for value in marks.hashes[:, 0]],
            "subject": told["subject"].transform(_one_subject).to_numpy(),
            "group": _groups(table["id"].to_numpy(str), subject, marks, limit),
            "reason": reason,
        }
    )


def _one_subject(subjects: "pd.Series[str]") -> str:
    known = set(subjects) - {""}
    return known.pop() if len(known) == 1 else ""


def _groups(
    ids: npt.NDArray[Any], subject: npt.NDArray[Any], marks: Prints, limit: int
) -> npt.NDArray[Any]:
    """Return each face's group (n,), named by its first subject, else by its first face."""
    numbers = np.arange(len(ids))
    known = subject != ""
    own = np.where(known, np.char.add("s", subject), numbers.astype(str))
    group = np.unique(own, return_inverse=True)[1]
    _, first, place = np.unique(marks.sha256, return_index=True, return_inverse=True)
    group = _merge_near(_merge(group, numbers, first[place]), marks, limit)
    order = np.lexsort((numbers, ~known, group))  # a group's faces of known people first
    leaders = order[np.unique(group[order], return_index=True)[1]]
    names: npt.NDArray[Any] = np.where(known, subject, ids)[leaders][group]
    return names


def _merge(
    group: npt.NDArray[np.intp], one: npt.NDArray[np.intp], other: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """Return the group numbers after joining the groups of the faces `one` and `other`."""
    count = int(group.max()) + 1
    edges = (np.ones(len(one), bool), (group[one], group[other]))
    joined = connected_components(coo_array(edges, (count, count)), directed=False)[1]
    return np.asarray(joined[group], np.intp)


def _merge_near(group: npt.NDArray[np.intp], marks: Prints, limit: int) -> npt.NDArray[np.intp]:
    """Join the groups of near copies; all pairs are compared (10⁵ faces: half a minute)."""
    image, mirror = marks.hashes.T.copy()
    for start in trange(0, len(image), _BLOCK, desc="copies", unit="block", disable=None):
        rows = slice(start, start + _BLOCK)
        plain = np.bitwise_count(image[rows, None] ^ image[start:])
        mirrored = np.bitwise_count(mirror[rows, None] ^ image[start:])
        one, other = np.nonzero(np.minimum(plain, mirrored) <= limit)
        for first in range(0, len(one), _PAIRS):
            piece = slice(first, first + _PAIRS)
            group = _merge_alike(group, marks.thumbs, one[piece] + start, other[piece] + start)
    return group


def _merge_alike(
    group: npt.NDArray[np.intp],
    thumbs: npt.NDArray[np.uint8],
    one: npt.NDArray[np.intp],
    other: npt.NDArray[np.intp],
) -> npt.NDArray[np.intp]:
    """Join the groups of those pairs, not yet in one group, whose thumbnails are alike."""
    apart = group[one] != group[other]
    one, other = one[apart], other[apart]
    alike = correlation(thumbs[one], thumbs[other]) > ALIKE
    return _merge(group, one[alike], other[alike]) if alike.any() else group


def correlation(
    one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    """Return the larger correlation (n,) of `one` with `other` (n, 16, 16) and with its mirror."""
    left, right, mirror = (_standard(part) for part in (one, other, other[:, :, ::-1]))
    best: npt.NDArray[np.float64] = np.maximum((left * right).sum(1), (left * mirror).sum(1))
    return best


def _standard(thumbs: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return rows (n, 256) of mean 0 and length 1 (a flat one becomes 0)."""
    rows = thumbs.reshape(len(thumbs), _THUMB**2).astype(np.float64)
    rows -= rows.mean(1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows


def _shrunk(images: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    """Return (n, side, side), each pixel the mean of the area it covers."""
    size = (side, side)
    small = [cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images]
    return np.stack(small)
