"""Where each exported face comes from, as a row of metadata.csv, and the way back."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from depthfaces import files, seeding
from depthfaces.errors import DataError, IntegrityError, ParamsError
from depthfaces.gan.sample import BLOCK, Floats, prior, remake
from depthfaces.gan.store import Model
from depthfaces.schema import Export

Row = dict[str, Any]


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
        config = files.read_json(folder / "config.json")
        if config["generator"] != model.checksum:
            raise IntegrityError(f"{folder} was evolved with another generator: run `dvc repro`")
        return cls(model, folder, config["files"])

    def archive(self, label: str) -> dict[str, Any]:
        """Return the arrays of one emotion's archive, best first."""
        with np.load(self.folder / self.files[label], allow_pickle=False) as content:
            return dict(content)

    def plan(self, label: str, wanted: Export, seed: int) -> tuple[Floats, list[Row]]:
        """Return latents (n, latent) for one emotion and where each comes from.

        The best of the archive stand first, then plain draws from the prior, each with its seed.
        """
        archive = self.archive(label)
        evolved = round(wanted.per_class * wanted.evolved_share)
        if evolved > len(archive["z"]):
            raise ParamsError(
                f"export wants {evolved} evolved faces of {label}, evolution found "
                f"{len(archive['z'])} different ones: raise ga.generations or ga.population, "
                "or lower export.per_class or export.evolved_share"
            )
        born, fitness = archive["generation"].tolist(), archive["fitness"].tolist()
        rows = [_row("evolved", k, born[k], fitness[k], seed) for k in range(evolved)]
        draws = [seeding.number(seed, label, k) for k in range(wanted.per_class - evolved)]
        rows += [_row("plain", -1, -1, "", draw) for draw in draws]
        length = self.model.generator.shape.latent
        z = [*archive["z"][:evolved], *(prior(draw, length) for draw in draws)]
        for number, row in enumerate(rows):
            row |= {"slot": number % BLOCK, "generator": self.model.checksum}
        return np.stack(z), rows

    def remake(self, row: Mapping[str, Any]) -> Floats:
        """Return the face (S, S) of a row of metadata.csv, bit for bit."""
        if row["generator"] != self.model.checksum:
            raise IntegrityError(f"{row['id']} was made by another generator than this one")
        if row["method"] == "plain":
            z = prior(int(row["seed"]), self.model.generator.shape.latent)
        else:
            z = self.archive(row["label"])["z"][int(row["latent"])]
        target = self.model.classes.index(row["label"])
        return remake(self.model.generator, z, target, int(row["slot"]))


def _row(method: str, latent: int, generation: int, fitness: float | str, seed: int) -> Row:
    return {
        "method": method,
        "latent": latent,
        "generation": generation,
        "fitness": fitness,
        "seed": seed,
    }
