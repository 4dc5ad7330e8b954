"""The study dfeatures: from prepared faces to its chapter of the report."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from tqdm import tqdm

from depthfaces import files, seeding
from depthfaces.faces import FaceSet
from depthfaces.schema import Params
from depthfaces.schema.studies import Dfeatures
from depthfaces.studies.chapter import Chapter
from depthfaces.studies.dfeatures import chapter, matrix, quality, rating, readings, sets, views
from depthfaces.studies.dfeatures.quality import FaceQuality, FaceSpace
from depthfaces.studies.dfeatures.readings import LeakyReading, ViewReading
from depthfaces.studies.dfeatures.results import StudyResults
from depthfaces.studies.dfeatures.sets import StudySet
from depthfaces.studies.dfeatures.views import TRAINED_ARMS, DcganView, FeatureView, NetRequest

Array = npt.NDArray[Any]
EVERYBODY_NET = "everybody"  # the net as published, trained on people held out as well (leaky)


class SeedRun(NamedTuple):
    """The results of one seed by arm; `face_samples` are generated, or real for `floor`."""

    dcgan_views: dict[str, DcganView]
    readings: dict[str, ViewReading]
    leaky_reading: LeakyReading
    face_quality: dict[str, FaceQuality]
    face_samples: dict[str, Array]


def run(faces: FaceSet, params: Params, figures_folder: Path) -> Chapter:
    """Run the study, write its figures into `figures_folder` and return its chapter."""
    plan = params.studies.dfeatures
    seed = seeding.number(params.seed, "studies", "dfeatures")
    study_sets, missing_sets = sets.configured_sets(faces, params)
    home = study_sets[0]
    face_space = FaceSpace.fit(home, plan, seed)
    run_seeds = [seeding.number(seed, "run", seed_index) for seed_index in range(plan.seeds)]
    seed_nets = views.train_views(net_requests(home), plan, run_seeds, params.threads)
    runs = [
        run_one_seed(home, face_space, plan, nets, run_seed)
        for nets, run_seed in zip(
            tqdm(seed_nets, "seeds", unit="seed", disable=None), run_seeds, strict=True
        )
    ]
    best_arm = max(TRAINED_ARMS, key=lambda arm: mean_fold_accuracy(home, runs, arm))
    other_requests = {
        study_set.name: NetRequest(study_set.train.images, best_arm) for study_set in study_sets[1:]
    }
    other_nets = views.train_views(other_requests, plan, run_seeds, params.threads)
    seed_views: list[dict[str, FeatureView]] = [
        {home.name: seed_run.dcgan_views[best_arm], **nets}
        for seed_run, nets in zip(runs, other_nets, strict=True)
    ]
    cross_cells = matrix.cross_dataset(study_sets, seed_views, plan, seed)
    _write_rating(home, runs[0].face_samples[best_arm], plan, seed, figures_folder)
    return chapter.make_chapter(
        StudyResults(study_sets, missing_sets, runs, best_arm, cross_cells, face_space, plan, seed),
        figures_folder,
    )


def net_requests(home: StudySet) -> dict[str, NetRequest]:
    """Return the nets to train under one seed: on train people, and one for the leaky protocol."""
    requests = {arm: NetRequest(home.train.images, arm) for arm in (*TRAINED_ARMS, "untrained")}
    return requests | {EVERYBODY_NET: NetRequest(home.all_faces().images, TRAINED_ARMS[0])}


def run_one_seed(
    home: StudySet, face_space: FaceSpace, plan: Dfeatures, nets: dict[str, DcganView], seed: int
) -> SeedRun:
    """Recognise emotions and units by every arm under one seed; measure the generated faces."""
    dcgan_views = {arm: net for arm, net in nets.items() if arm != EVERYBODY_NET}
    arm_views: dict[str, FeatureView] = {**dcgan_views, "pixels": views.flat_pixels}
    arm_readings = {
        arm: readings.read_held_out(view, home, plan, seed) for arm, view in arm_views.items()
    }
    leaky_reading = readings.read_leaky(nets[EVERYBODY_NET], home, plan, seed)
    rng = seeding.stream(seed, "drawn")
    face_samples = {arm: dcgan_views[arm].generate(plan.generated, rng) for arm in TRAINED_ARMS}
    train_images = home.train.images
    face_samples["floor"] = train_images[rng.permutation(len(train_images))[: plan.generated]]
    face_quality = {
        arm: quality.measure_quality(face_space, home.held_out.images, fake, plan.neighbours, seed)
        for arm, fake in face_samples.items()
    }
    return SeedRun(dcgan_views, arm_readings, leaky_reading, face_quality, face_samples)


def mean_fold_accuracy(home: StudySet, runs: list[SeedRun], arm: str) -> float:
    """Return an arm's out-of-fold accuracy on train people, by which the best arm is chosen."""
    y = readings.class_numbers(home.train, home.classes)
    return float(np.mean([seed_run.readings[arm].fold_predictions == y for seed_run in runs]))


def _write_rating(
    home: StudySet, generated_images: Array, plan: Dfeatures, seed: int, figures_folder: Path
) -> None:
    """Write the page on which people rate faces of people held out and generated faces."""
    rng = seeding.stream(seed, "rating")
    face_count = min(plan.rated, len(home.held_out.images), len(generated_images))
    real_faces, generated_faces = (
        images[rng.permutation(len(images))[:face_count]]
        for images in (home.held_out.images, generated_images)
    )
    files.write_text(
        figures_folder / "rating.html",
        rating.render_page(real_faces, generated_faces, home.unit, rng),
    )
