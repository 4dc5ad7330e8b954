"""What the study says in words: written from its numbers, never by hand."""

from depthfaces.audit.audit import audit, documents
from depthfaces.classify import scores
from depthfaces.schema.studies import Augment
from depthfaces.studies.augment.arms import Pool
from depthfaces.studies.augment.made import Made
from depthfaces.studies.augment.results import Results, kind
from depthfaces.studies.intervals import points

QUESTION = (
    "If generated faces are added to the training of a VGG-19, does it recognise the emotions of "
    "people it has never seen any better, above all in noisy pictures? And does it help to keep "
    "only the generated faces that look real?"
)
ENOUGH = 6  # seeds; with fewer no claim


def percent(interval: list[float]) -> str:
    """Return a share with its interval, in percent."""
    value, low, high = (100 * number for number in interval)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def verdict(interval: list[float]) -> str:
    """Return what an interval of a difference allows to say."""
    _, low, high = interval
    if low > 0:
        return "better"
    return "worse" if high < 0 else "no difference that could be told from chance"


def answer(found: Results) -> str:
    """Return the answer: each contrast in numbers, and what it allows to say."""
    added, filtered = found.gain("added"), found.gain("filtered")
    best, control = found.best(generated=True), found.best(generated=False)
    chosen = found.gain(best, control, scores.macro_f1)
    shuffled = found.gain("shuffled")
    made, passed = (found.arms[name].made for name in ("added", "filtered"))
    lines = [
        f"Real, augmented faces alone: {percent(found.test('real'))} right on people never seen. "
        f"With {made} generated faces: {percent(found.test('added'))}, {points(added)}: "
        f"{verdict(added)}.",
        f"With {passed} that pass the filters of entropy and realism: {points(filtered)}: "
        f"{verdict(filtered)}."
        if passed
        else "No generated face passes the filters of entropy and realism.",
        f"The generated faces that validation people prefer ({kind(best)}) against the control "
        f"that they prefer ({kind(control)}), in macro-F1: {points(chosen)}: {verdict(chosen)}.",
        f"With shuffled labels: {points(shuffled)}: {verdict(shuffled)}.",
    ]
    if found.seeds < ENOUGH:
        lines.append(
            f"{found.seeds} of at least {ENOUGH} seeds that a claim needs: this run shows that the "
            "study works; it decides nothing."
        )
    return "\n".join(lines)


def hypotheses(found: Results) -> list[str]:
    """Return what the numbers say of the publication's three hypotheses."""
    gains = {name: found.part("added", part, "real") for name, part in found.parts.items()}
    noisy = [f"{name} {points(gain)}" for name, gain in gains.items() if gain is not None]
    planted = [f"{noise} {points(found.planted('added', noise, 'real'))}" for noise in found.parts]
    quality = found.gain("filtered", "added")
    return [
        "The publication's first hypothesis, that generated faces raise accuracy: "
        f"{points(found.gain('added'))}.",
        f"Its second, that they help with noisy pictures. By nature: {'; '.join(noisy) or 'none'}. "
        f"Made noisy: {'; '.join(planted)}.",
        "Its third, that their quality decides: filtered against unfiltered faces, "
        f"{points(quality)}.",
    ]


def notes(found: Results, pool: Pool, made: Made, wanted: Augment) -> list[str]:
    """Return our reading of the publication, and what could not be shown."""
    judge = (
        f"The discriminator lets {100 * pool.real.mean():.0f} % of the generated faces pass, and "
        f"{100 * (1 - wanted.made.realism):.0f} % of validation people's own. The filter is as "
        "good as its judge: near shares may mean faces that look real, or a judge that was fooled."
    )
    return [*hypotheses(found), *reading(made, wanted), judge, *limits(found), *arithmetic()]


def reading(made: Made, wanted: Augment) -> list[str]:
    """Return how we read what the publication leaves open."""
    width = "in full" if wanted.vgg.width == 64 else f"{wanted.vgg.width} of 64 channels wide"
    stopped = f" Its training {made.stopped}." if made.stopped else ""
    return [
        "Their faces came from a text-to-image model with written prompts. Ours come from this "
        f"package's conditional GAN, trained on train people alone for {wanted.made.steps} steps "
        f"(networks of step {made.best}).{stopped} Another generator: their 63 % and ours answer "
        "the same question about different faces.",
        f"VGG-19: 16 convolutions and 3 dense layers, {width}; the dense layers are 8 widths wide "
        "since 48 pixels end as one. The publication calls it a segmentation VGG-19 and draws the "
        "usual one.",
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


def limits(found: Results) -> list[str]:
    """Return what this run could not show."""
    table, lines = found.data.table, []
    if "mm" in set(table["unit"]):
        lines.append(
            "These are depth faces: grey is nearness, so low light stands for faces that lie far "
            "behind the nose's plane, not for a dark room."
        )
    lines.append(
        "Nothing says what hides a face. Occluded here means: a patch that the train faces' "
        "principal components explain worst. It finds hands, and whatever else is rare."
    )
    rows = found.data.rows("test")
    if (table["subject"].to_numpy(str)[rows] == "").any():
        lines.append(
            "The people are unknown: near copies are kept on one side, but one person may be on "
            "both, so even our protocol is not surely disjoint by person."
        )
    few = [name for name, part in found.parts.items() if part.sum() < 30]
    if few:
        lines.append(f"Fewer than 30 test faces, so hardly a statement: {', '.join(few)}.")
    return lines


def arithmetic() -> list[str]:
    """Return what the published tables' arithmetic shows."""
    return [f"The published arithmetic: {line}." for line in audit(documents()["augment"])]
