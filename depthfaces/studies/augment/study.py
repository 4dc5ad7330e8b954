"""The study augment, from faces to its chapter."""

from pathlib import Path

import numpy as np

from depthfaces import files, seeding
from depthfaces.faces import FaceSet
from depthfaces.schema import Params
from depthfaces.studies.augment import arms, noise, pictures, protocol, story, tables
from depthfaces.studies.augment.captions import CAPTIONS
from depthfaces.studies.augment.data import Data
from depthfaces.studies.augment.made import GeneratedFaces
from depthfaces.studies.augment.results import Results
from depthfaces.studies.chapter import Cell, Chapter
from depthfaces.studies.figures import write
from depthfaces.studies.lessons import to_grey_levels


def run(faces: FaceSet, settings: Params, seed: int, figures: Path) -> Chapter:
    """Return the chapter; figures and the list of flagged faces are written into `figures`."""
    section = settings.studies.augment
    data = Data.from_faces(faces, section)
    flagged_faces = data.flagged_faces()
    files.write_text(
        figures / "flagged.csv", flagged_faces.to_csv(index=False, lineterminator="\n")
    )
    face_counts = arms.faces_to_generate(data, section)
    generated = GeneratedFaces.from_gan(
        data.without_flagged(faces), face_counts, settings, seeding.number(seed, "gan")
    )
    pool = arms.judge_generated(generated, data, section)
    train_rows, test_rows = data.rows("train"), data.rows("test")
    noisy_levels = noise.plant_noise(data.grey_levels[test_rows], seeding.stream(seed, "noise"))
    test_sets = {name: data.as_net_input(levels) for name, levels in noisy_levels.items()}
    all_arms = arms.build_arms(data, pool, test_sets, section, seed)
    arm_answers = protocol.run(all_arms, section, seeding.number(seed, "fits"), settings.threads)
    noisy_parts = noise.noisy_parts(
        data.grey_levels[train_rows], data.grey_levels[test_rows], section.tail
    )
    results = Results(data, all_arms, arm_answers, noisy_parts, seed)
    figures_by_name = pictures.draw_figures(
        results, pool, to_grey_levels(generated.images, section.size)
    )
    shown_pictures = write(
        figures, {name: (figures_by_name[name], CAPTIONS[name]) for name in figures_by_name}
    )
    return Chapter(
        title="Do generated faces help a VGG-19?",
        question=story.QUESTION,
        answer=story.answer(results),
        seeds=results.seed_count,
        sizes=sizes(results, len(flagged_faces)),
        published=tables.published_beside_ours(results),
        tables=tables.all_tables(results, pool),
        figures=shown_pictures,
        notes=story.notes(results, pool, generated, section),
    )


def sizes(results: Results, flagged_count: int) -> dict[str, Cell]:
    """Return the sizes of the data."""
    table = results.data.table
    people_counts = {
        split: table["group"][table["split"] == split].nunique()
        for split in ("train", "validation", "test")
    }
    real_arm = results.arms["real"]
    return {
        "real faces trained on": len(real_arm.train.labels),
        "generated faces added": results.arms["added"].generated_count,
        "test faces": len(real_arm.test_labels),
        **{f"people or groups, {split}": count for split, count in people_counts.items()},
        "flagged by entropy": flagged_count,
        "entropy, lowest used": round(results.data.entropy_bounds.low, 3),
        "entropy, highest used": round(results.data.entropy_bounds.high, 3),
        "pixels a side": int(np.shape(real_arm.train.images)[1]),
    }
