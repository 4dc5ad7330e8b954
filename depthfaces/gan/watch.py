"""Look at a training from outside: fidelity on validation people, and variety."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from depthfaces.faces import FaceSet
from depthfaces.gan.encoder import Encoder
from depthfaces.gan.networks import Generator
from depthfaces.gan.sample import Floats, sample

MOST = 512  # faces looked at
FEWEST = 8  # validation faces below which a distance says nothing
# A check this much farther off than the nearest may be as good: the distance is that noisy, and
# longer training gives more variety.
NOISE = 1.25
PIECE = 128  # faces that go through the encoder at once


@dataclass
class Watch:
    """What a check needs; the same latents every time, so that checks differ by the net alone.

    `found` holds a row a check, `film` one face of each class (C, S, S) a check.
    """

    encoder: Encoder
    real: Floats  # encoded validation faces (n, f), or none
    spreads: Floats  # of each class's real train faces (C,)
    z: Floats
    labels: npt.NDArray[np.int64]
    found: list[dict[str, Any]] = field(default_factory=list)
    film: list[Floats] = field(default_factory=list)

    @classmethod
    def over(
        cls, faces: FaceSet, encoder: Encoder, latent: int, rng: np.random.Generator
    ) -> "Watch":
        """Return the watch over a training on `faces`: test people are not looked at."""
        split = faces.table["split"].to_numpy()
        real = _some(np.flatnonzero(split == "validation"), rng)
        labels = np.arange(max(len(real), 16 * len(faces.classes)), dtype=np.int64)
        labels %= len(faces.classes)
        spreads = []
        for label in faces.classes:
            rows = np.flatnonzero((split == "train") & (faces.table["label"] == label))
            spreads.append(spread(faces.images[_some(rows, rng)]))
        z = rng.standard_normal((len(labels), latent), np.float32)
        encoded = (
            encode(encoder, faces.images[real])[0]
            if len(real) >= FEWEST
            else np.empty(0, np.float32)
        )
        return cls(encoder, encoded, np.array(spreads), z, labels)

    def check(self, generator: Generator, step: int) -> dict[str, Any]:
        """Look at what `generator`, a teacher, makes; return and keep the row.

        distance: Fréchet's to validation people (None without enough of them);
        right: share whose emotion the encoder recognises; variety: the least of the classes'
        spread, over the real one's.
        """
        faces = sample(generator, self.z, self.labels)
        features, guessed = encode(self.encoder, faces)
        classes = range(len(self.spreads))
        spreads = [spread(faces[self.labels == label]) for label in classes]
        row: dict[str, Any] = {
            "step": step,
            "distance": distance(self.real, features) if len(self.real) else None,
            "right": float((guessed == self.labels).mean()),
            "variety": float(np.min(spreads / np.maximum(self.spreads, 1e-6))),
        }
        self.found.append(row)
        self.film.append(np.stack([faces[self.labels == label][0] for label in classes]))
        return row

    @property
    def best(self) -> int:
        """Return which check to keep: the last that is as near to validation people as any.

        Without validation people the last.
        """
        if not len(self.real):
            return len(self.found) - 1
        distances = np.array([row["distance"] for row in self.found])
        return int(np.flatnonzero(distances <= NOISE * distances.min())[-1])

    def collapsed(self, least: float, steps: int) -> bool:
        """Say whether variety was below `least` at two checks in a row, past half of `steps`.

        Before that a sound training may still paint one mean face a class.
        """
        late = [row["variety"] < least for row in self.found if row["step"] > steps / 2]
        return len(late) > 1 and late[-1] and late[-2]


def distance(real: Floats, fake: Floats) -> float:
    """Return |m - n|^2 + |s - t|^2 of the means m, n and deviations s, t of clouds (n, f).

    Fréchet's distance between Gaussians without correlations: a few faces are enough for it.
    """
    means = real.mean(0, dtype=float) - fake.mean(0, dtype=float)
    spreads = real.std(0, dtype=float) - fake.std(0, dtype=float)
    return float(np.sum(means**2) + np.sum(spreads**2))


def spread(faces: npt.NDArray[Any]) -> float:
    """Return the root mean variance of a pixel among `faces` (n, S, S)."""
    return float(np.sqrt(np.asarray(faces, float).var(axis=0).mean()))


@torch.inference_mode()
def encode(encoder: Encoder, faces: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the features (n, f) of `faces` (n, S, S), and the classes seen."""
    place = next(encoder.parameters()).device
    features, guessed = [], []
    for start in range(0, len(faces), PIECE):
        piece = torch.from_numpy(np.array(faces[start : start + PIECE], np.float32))[:, None]
        found, scores = encoder(piece.to(place))
        features.append(found.cpu().numpy())
        guessed.append(scores.argmax(1).cpu().numpy())
    return np.concatenate(features), np.concatenate(guessed)


def _some(rows: npt.NDArray[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
    """Return at most `MOST` of `rows`, sorted."""
    return np.sort(rng.choice(rows, min(len(rows), MOST), replace=False))
