"""The study's answer and notes in words, written from its numbers."""

from depthfaces.audit.audit import audit, documents
from depthfaces.classify import scores
from depthfaces.schema.studies import Augment
from depthfaces.studies.augment.arms import GeneratedPool
from depthfaces.studies.augment.made import GeneratedFaces
from depthfaces.studies.augment.results import Results, arm_title
from depthfaces.studies.intervals import points

QUESTION = (
    "If generated faces are added to the training of a VGG-19, does it recognise the emotions of "
    "people it has never seen any better, above all in noisy pictures? And does it help to keep "
    "only the generated faces that look real?"
)
ENOUGH_SEEDS = 6  # for a claim


def format_percent(interval: list[float]) -> str:
    """Return a share with its interval, in percent."""
    value, low, high = (100 * number for number in interval)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def interval_verdict(interval: list[float]) -> str:
    """Return the verdict on the interval of a difference."""
    _, low, high = interval
    if low > 0:
        return "better"
    return "worse" if high < 0 else "no difference that could be told from chance"


def answer(results: Results) -> str:
    """Return the answer: each contrast in numbers, with its verdict."""
    added_gain, filtered_gain = results.score_gain("added"), results.score_gain("filtered")
    preferred_arm, preferred_control = (
        results.preferred_arm(generated=True),
        results.preferred_arm(generated=False),
    )
    preferred_gain = results.score_gain(preferred_arm, preferred_control, scores.macro_f1)
    shuffled_gain = results.score_gain("shuffled")
    added_count, filtered_count = (
        results.arms[arm].generated_count for arm in ("added", "filtered")
    )
    answer_lines = [
        f"Real, augmented faces alone: {format_percent(results.test_score('real'))} right on "
        f"people never seen. With {added_count} generated faces: "
        f"{format_percent(results.test_score('added'))}, {points(added_gain)}: "
        f"{interval_verdict(added_gain)}.",
        f"With {filtered_count} that pass the filters of entropy and realism: "
        f"{points(filtered_gain)}: {interval_verdict(filtered_gain)}."
        if filtered_count
        else "No generated face passes the filters of entropy and realism.",
        f"The generated faces that validation people prefer ({arm_title(preferred_arm)}) against "
        f"the control that they prefer ({arm_title(preferred_control)}), in macro-F1: "
        f"{points(preferred_gain)}: {interval_verdict(preferred_gain)}.",
        f"With shuffled labels: {points(shuffled_gain)}: {interval_verdict(shuffled_gain)}.",
    ]
    if results.seed_count < ENOUGH_SEEDS:
        answer_lines.append(
            f"{results.seed_count} of at least {ENOUGH_SEEDS} seeds that a claim needs: this run "
            "shows that the study works; it decides nothing."
        )
    return "\n".join(answer_lines)


def hypotheses(results: Results) -> list[str]:
    """Return our figures for the publication's three hypotheses."""
    part_gains = {
        part_name: results.part_accuracy("added", is_in_part, "real")
        for part_name, is_in_part in results.noisy_parts.items()
    }
    noisy_lines = [
        f"{part_name} {points(gain)}" for part_name, gain in part_gains.items() if gain is not None
    ]
    planted_lines = [
        f"{noise_kind} {points(results.planted_accuracy('added', noise_kind, 'real'))}"
        for noise_kind in results.noisy_parts
    ]
    filter_gain = results.score_gain("filtered", "added")
    return [
        "The publication's first hypothesis, that generated faces raise accuracy: "
        f"{points(results.score_gain('added'))}.",
        "Its second, that they help with noisy pictures. "
        f"By nature: {'; '.join(noisy_lines) or 'none'}. Made noisy: {'; '.join(planted_lines)}.",
        "Its third, that their quality decides: filtered against unfiltered faces, "
        f"{points(filter_gain)}.",
    ]


def notes(
    results: Results, pool: GeneratedPool, generated: GeneratedFaces, section: Augment
) -> list[str]:
    """Return our reading of the publication, and the limits of the study."""
    filter_note = (
        f"The discriminator lets {100 * pool.passes_realism.mean():.0f} % of the generated faces "
        f"pass, and {100 * (1 - section.made.realism):.0f} % of validation people's own. The "
        "filter is as good as its judge: near shares may mean faces that look real, or a judge "
        "that was fooled."
    )
    return [
        *hypotheses(results),
        *reading(generated, section),
        filter_note,
        *limits(results),
        *arithmetic(),
    ]


def reading(generated: GeneratedFaces, section: Augment) -> list[str]:
    """Return our choices where the publication leaves something open."""
    width_text = (
        "in full" if section.vgg.width == 64 else f"{section.vgg.width} of 64 channels wide"
    )
    stop_text = f" Its training {generated.stop_reason}." if generated.stop_reason else ""
    return [
        "Their faces came from a text-to-image model with written prompts. Ours come from this "
        f"package's conditional GAN, trained on train people alone for {section.made.steps} steps "
        f"(networks of step {generated.best_step}).{stop_text} Another generator: their 63 % and "
        "ours answer the same question about different faces.",
        f"VGG-19: 16 convolutions and 3 dense layers, {width_text}; the dense layers are 8 widths "
        "wide since 48 pixels end as one. The publication calls it a segmentation VGG-19 and draws "
        "the usual one.",
        "Both sides get the same classical augmentation and equally many training steps; there, "
        "more images also meant more steps. So real faces alone are also the control that repeats "
        "real faces, and generated ones must be worth the real ones whose turn they take.",
        "The entropy filter takes quantiles of the real train faces, so it flags that share of "
        "them by construction, noisy or not. The list is in flagged.csv; test faces are never "
        "left out.",
        "The published protocol here: one pool of real train and generated faces, a fifth held "
        "out at random (there: a tenth). Generated faces and other pictures of the same people "
        "are in its test part, so it leaks.",
    ]


def limits(results: Results) -> list[str]:
    """Return the limits of this run."""
    table, limit_lines = results.data.table, []
    if "mm" in set(table["unit"]):
        limit_lines.append(
            "These are depth faces: grey is nearness, so low light stands for faces that lie far "
            "behind the nose's plane, not for a dark room."
        )
    limit_lines.append(
        "Nothing says what hides a face. Occluded here means: a patch that the train faces' "
        "principal components explain worst. It finds hands, and whatever else is rare."
    )
    test_rows = results.data.rows("test")
    if (table["subject"].to_numpy(str)[test_rows] == "").any():
        limit_lines.append(
            "The people are unknown: near copies are kept on one side, but one person may be on "
            "both, so even our protocol is not surely disjoint by person."
        )
    small_parts = [
        part_name for part_name, is_in_part in results.noisy_parts.items() if is_in_part.sum() < 30
    ]
    if small_parts:
        limit_lines.append(
            f"Fewer than 30 test faces, so hardly a statement: {', '.join(small_parts)}."
        )
    return limit_lines


def arithmetic() -> list[str]:
    """Return the faults in the arithmetic of the published tables."""
    return [
        f"The published arithmetic: {audit_line}." for audit_line in audit(documents()["augment"])
    ]
