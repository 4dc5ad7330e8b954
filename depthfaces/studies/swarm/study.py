"""The study swarm: from prepared faces to its chapter of the report."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from depthfaces import seeding
from depthfaces.faces import FaceSet
from depthfaces.gan.sample import sample
from depthfaces.schema import Params
from depthfaces.schema.studies import Swarm
from depthfaces.studies import figures as figure_files
from depthfaces.studies.chapter import Chapter
from depthfaces.studies.swarm import chapter, pictures, protocol, space
from depthfaces.studies.swarm.evaluation import Evaluation
from depthfaces.studies.swarm.trial import SplitFaces

FACES_PER_CLASS = 8  # on the sheet of generated faces


def run(faces: FaceSet, params: Params, seed: int, figures_folder: Path) -> Chapter:
    """Run the study, write its figures into `figures_folder` and return its chapter."""
    plan = params.studies.swarm
    split_faces = SplitFaces.from_faces(faces)
    evaluation = Evaluation.from_results(
        split_faces, protocol.run(split_faces, plan, seed, params.threads), seed
    )
    return Chapter.told(
        chapter,
        evaluation,
        plan,
        figure_files.write(figures_folder, draw_figures(evaluation, plan, seed)),
    )


def draw_figures(evaluation: Evaluation, plan: Swarm, seed: int) -> dict[str, tuple[Figure, str]]:
    """Return every figure with its caption, by file name."""
    record = evaluation.results.search_records[0]["swarm"]
    tried_settings = [space.settings_at(z, plan.ranges) for z in record.z]
    figures = {
        "rising": (
            pictures.plot_progress(
                {name: evaluation.best_so_far(name) for name in protocol.SEARCH_METHODS}
            ),
            "How the searches rise on validation people: mean and range of the seeds.",
        ),
        "flight": (
            pictures.plot_flight(tried_settings, record.fitness, record.generation, plan.ranges),
            "Every training that the first seed's swarm saw: its settings, and its macro-F1 on "
            "validation people.",
        ),
        "confusions": (
            pictures.plot_confusions(
                {arm: evaluation.total_confusion(arm) for arm in ("swarm", "defaults")},
                evaluation.data.classes,
            ),
            "Where the answers on test people go, per cent of each true class, all seeds.",
        ),
    }
    generator = evaluation.results.held_out[0]["swarm"].generator
    if generator is not None:
        class_names = evaluation.data.classes
        face_labels = np.repeat(np.arange(len(class_names)), FACES_PER_CLASS)
        latent_shape = (len(face_labels), generator.shape.latent)
        z = seeding.stream(seed, "sheet").standard_normal(latent_shape, np.float32)
        generated_faces = sample(generator, z, face_labels).reshape(
            len(class_names), FACES_PER_CLASS, *2 * [generator.shape.size]
        )
        figures["faces"] = (
            pictures.plot_face_sheet(dict(zip(class_names, generated_faces, strict=True))),
            "Faces generated under the swarm's settings, first seed. They serve the discriminator; "
            "nobody chose them for their looks.",
        )
    return figures
