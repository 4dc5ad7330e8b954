"""The study augment, from faces to its chapter."""

from pathlib import Path

import numpy as np

from depthfaces import files, seeding
from depthfaces.faces import FaceSet
from depthfaces.schema import Params
from depthfaces.studies.augment import arms, noise, pictures, protocol, story, tables
from depthfaces.studies.augment.captions import CAPTIONS
from depthfaces.studies.augment.data import Data
from depthfaces.studies.augment.made import Made
from depthfaces.studies.augment.results import Results
from depthfaces.studies.chapter import Cell, Chapter
from depthfaces.studies.figures import write
from depthfaces.studies.lessons import grey


def run(faces: FaceSet, settings: Params, seed: int, figures: Path) -> Chapter:
    """Return the chapter; figures and the list of flagged faces are written into `figures`."""
    wanted = settings.studies.augment
    data = Data.of(faces, wanted)
    flags = data.flags()
    files.write_text(figures / "flagged.csv", flags.to_csv(index=False, lineterminator="\n"))
    counts = arms.wanted_faces(data, wanted)
    made = Made.by(data.without_flagged(faces), counts, settings, seeding.number(seed, "gan"))
    pool = arms.pool(made, data, wanted)
    train, test = data.rows("train"), data.rows("test")
    noisy = noise.planted(data.grey[test], seeding.stream(seed, "noise"))
    asked = {name: data.ready(levels) for name, levels in noisy.items()}
    plan = arms.build(data, pool, asked, wanted, seed)
    answers = protocol.run(plan, wanted, seeding.number(seed, "fits"), settings.threads)
    parts = noise.parts(data.grey[train], data.grey[test], wanted.tail)
    found = Results(data, plan, answers, parts, seed)
    drawn = pictures.draw(found, pool, grey(made.images, wanted.size))
    shown = write(figures, {name: (drawn[name], CAPTIONS[name]) for name in drawn})
    return Chapter(
        title="Do generated faces help a VGG-19?",
        question=story.QUESTION,
        answer=story.answer(found),
        seeds=found.seeds,
        sizes=sizes(found, len(flags)),
        published=tables.beside(found),
        tables=tables.every(found, pool),
        figures=shown,
        notes=story.notes(found, pool, made, wanted),
    )


def sizes(found: Results, flagged: int) -> dict[str, Cell]:
    """Return how much went into the study."""
    table = found.data.table
    people = {
        split: table["group"][table["split"] == split].nunique()
        for split in ("train", "validation", "test")
    }
    real = found.arms["real"]
    return {
        "real faces trained on": len(real.train.labels),
        "generated faces added": found.arms["added"].made,
        "test faces": len(real.label),
        **{f"people or groups, {split}": count for split, count in people.items()},
        "flagged by entropy": flagged,
        "entropy, lowest used": round(found.data.bounds.low, 3),
        "entropy, highest used": round(found.data.bounds.high, 3),
        "pixels a side": int(np.shape(real.train.images)[1]),
    }
