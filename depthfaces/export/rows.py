"""Where each exported face comes from, as a row of metadata.csv, and the way back."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from depthfaces import files, seeding
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.export.post import chosen, processed
from depthfaces.gan.sample import BLOCK, Floats, prior, remake, sample
from depthfaces.gan.store import Model
from depthfaces.schema import Export

Row = dict[str, Any]

# Faces (n, S, S) to whether each is far enough from every train face.
New = Callable[[Floats], npt.NDArray[np.bool_]]

TRIES = 20  # times as many plain draws as wanted, before the generator counts as one that copies


@dataclass(frozen=True)
class Origin:
    """A trained model and the archives that were evolved in its latent space."""

    model: Model
    folder: Path
    files: Mapping[str, str]

    @classmethod
    def open(cls, model: Model, folder: Path) -> Self:
        """Open the archives in `folder`; they must belong to `model`."""
        if not (folder / "config.json").is_file():
            raise DataError(
                f"{folder}: expected evolved latents, found none; run `dvc repro evolve`"
            )
        config = files.read_json(folder / "config.json", "generator", "files")
        if config["generator"] != model.checksum:
            raise IntegrityError(f"{folder} was evolved with another generator: run `dvc repro`")
        return cls(model, folder, config["files"])

    def archive(self, label: str) -> dict[str, Any]:
        """Return the arrays of one emotion's archive, best first."""
        if label not in self.files:
            raise IntegrityError(f"{self.folder}: expected latents of {label}; run `dvc repro`")
        return files.read_npz(self.folder / self.files[label], "z", "fitness", "generation")

    def faces(self, z: Floats, label: str, steps: str) -> Floats:
        """Return the faces (n, S, S) of latents `z`, post-processed by `steps`."""
        labels = np.full(len(z), self.model.drawable.index(label))
        return processed(sample(self.model.generator, z, labels), steps)

    def remake(self, row: Mapping[str, Any]) -> Floats:
        """Return the face (S, S) of a row of metadata.csv, bit for bit."""
        if row["generator"] != self.model.checksum:
            raise IntegrityError(f"{row['id']} was made by another generator than this one")
        if row["method"] == "plain":
            z = prior(int(row["seed"]), self.model.generator.shape.latent)
        else:
            z = self.archive(row["label"])["z"][int(row["latent"])]
        target = self.model.drawable.index(row["label"])
        face = remake(self.model.generator, z, target, int(row["slot"]))
        return np.asarray(processed(face[None], str(row["post"]))[0])


@dataclass(frozen=True)
class Plan:
    """What is exported: how much of it, drawn with `seed`, and what counts as `new`."""

    wanted: Export
    seed: int
    new: New

    def of(self, origin: Origin, label: str) -> tuple[Floats, list[Row], int]:
        """Return faces (n, S, S), where each comes from, and how many were refused as copies.

        The best of the archive stand first, then plain draws from the prior, each with its seed.
        """
        evolved, dropped = self._evolved(origin, label)
        plain, refused = self._plain(origin, label)
        latents = [*(z for z, _ in evolved), *(z for z, _ in plain)]
        rows = [row for _, row in [*evolved, *plain]]
        faces = origin.faces(np.stack(latents), label, chosen(self.wanted))
        for number, (row, face) in enumerate(zip(rows, faces, strict=True)):
            row |= {"slot": number % BLOCK, "post": chosen(self.wanted)}
            row |= {"generator": origin.model.checksum, "sha256": digest(face)}
        return faces, rows, dropped + refused

    def _evolved(self, origin: Origin, label: str) -> tuple[list[tuple[Floats, Row]], int]:
        count = round(self.wanted.per_class * self.wanted.evolved_share)
        if not count:
            return [], 0
        archive = origin.archive(label)
        fresh = self.new(origin.faces(archive["z"], label, chosen(self.wanted)))
        kept = np.flatnonzero(fresh)[:count].tolist()
        if len(kept) < count:
            raise ParamsError(
                f"export wants {count} evolved faces of {label}, evolution found "
                f"{int(np.sum(fresh))} different ones: raise ga.generations or ga.population, "
                "or lower export.per_class or export.evolved_share"
            )
        born, fitness = archive["generation"].tolist(), archive["fitness"].tolist()
        found = [
            (archive["z"][k], _row("evolved", k, born[k], fitness[k], self.seed)) for k in kept
        ]
        return found, kept[-1] + 1 - count

    def _plain(self, origin: Origin, label: str) -> tuple[list[tuple[Floats, Row]], int]:
        count = self.wanted.per_class - round(self.wanted.per_class * self.wanted.evolved_share)
        found: list[tuple[Floats, Row]] = []
        refused, length = 0, origin.model.generator.shape.latent
        for start in range(0, TRIES * count, BLOCK):
            if len(found) >= count:
                break
            draws = [seeding.number(self.seed, label, start + k) for k in range(BLOCK)]
            z = np.stack([prior(draw, length) for draw in draws])
            fresh = self.new(origin.faces(z, label, chosen(self.wanted)))
            for latent, draw, good in zip(z, draws, fresh, strict=True):
                if good and len(found) < count:
                    found.append((latent, _row("plain", -1, -1, "", draw)))
                elif len(found) < count:
                    refused += 1
        if len(found) < count:
            raise IntegrityError(
                f"{label}: {refused} of {refused + len(found)} plain draws come as near to a train "
                "face as a copy: train with more faces or for fewer steps"
            )
        return found, refused


def digest(face: Floats) -> str:
    """Return the sha256 of a face's float32 values, row by row."""
    return hashlib.sha256(np.ascontiguousarray(face, "<f4").tobytes()).hexdigest()


def _row(method: str, latent: int, generation: int, fitness: float | str, seed: int) -> Row:
    return {
        "method": method,
        "latent": latent,
        "generation": generation,
        "fitness": fitness,
        "seed": seed,
    }
