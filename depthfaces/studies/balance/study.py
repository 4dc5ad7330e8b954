"""The study balance, from faces to its chapter."""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from depthfaces.faces import FaceSet
from depthfaces.schema import Params
from depthfaces.studies import figures as study_figures
from depthfaces.studies.balance import found as scoring
from depthfaces.studies.balance import pictures, protocol, tell
from depthfaces.studies.balance.found import Evaluation
from depthfaces.studies.balance.want import Data
from depthfaces.studies.chapter import Chapter


def run(faces: FaceSet, params: Params, seed: int, figures: Path) -> Chapter:
    """Return the chapter; its figures are written into the folder `figures`."""
    section = params.studies.balance
    data = Data.from_faces(faces, section)
    evaluation = Evaluation.from_results(
        data, protocol.run(data, section, seed, params.threads), seed
    )
    return Chapter.told(tell, evaluation, section, study_figures.write(figures, draw(evaluation)))


def draw(evaluation: Evaluation) -> dict[str, tuple[Figure, str]]:
    """Return every figure with its caption."""
    accuracy_by_share = {
        share: {arm: evaluation.accuracy(share, arm) for arm in evaluation.arm_answers(share)}
        for share in evaluation.kept_shares
    }
    captioned_figures = {
        "reached": (
            pictures.draw_accuracies(accuracy_by_share),
            "Accuracy on test people with 95 % intervals, for each share of the small class that "
            "stays.",
        ),
        "curves": (
            pictures.draw_curves(
                {share: evaluation.curves(share) for share in evaluation.kept_shares}
            ),
            "How the CNN learns in each arm: mean and range of the seeds. The look with the lowest "
            "validation loss is the one judged.",
        ),
    }
    if not evaluation.results.generated:
        return captioned_figures
    losses_by_share = {
        share: [
            generated.loss_curve
            for (case, _), generated in evaluation.results.generated.items()
            if case.kept_share == share
        ]
        for share in evaluation.kept_shares
    }
    captioned_figures["losses"] = (
        pictures.draw_losses(losses_by_share),
        "Losses of the DCGANs, a line a seed and class. The dotted line is a critic that cannot "
        "tell.",
    )
    for share in evaluation.kept_shares:
        sheet_keys = [key for key in evaluation.results.generated if key[0].kept_share == share]
        if sheet_keys:
            captioned_figures[f"faces-{share:g}"] = _sheet(evaluation, *sheet_keys[0])
    return captioned_figures


def _sheet(evaluation: Evaluation, case: protocol.Case, label: int) -> tuple[Figure, str]:
    data, imbalance = evaluation.data, evaluation.results.imbalances[case]
    class_images = data.images[imbalance.kept_rows[data.labels[imbalance.kept_rows] == label]]
    generated = evaluation.results.generated[case, label].images[: pictures.FACES_PER_ROW]
    nearest_faces = scoring.nearest_real(evaluation, case, label, generated)
    caption = (
        f"{data.classes[label]}, {case.kept_share:.3g} of the class left, first seed: "
        "real train faces, faces of the DCGAN, and the train face nearest to each."
    )
    shown_faces = class_images[
        np.linspace(
            0, len(class_images) - 1, min(pictures.FACES_PER_ROW, len(class_images))
        ).astype(int)
    ]
    return pictures.draw_sheet(shown_faces, generated, nearest_faces), caption
