"""Faults that somebody could make in one line: each has to fail a fast test (`bench.mutations`)."""

from typing import NamedTuple


class Mutant(NamedTuple):
    """What goes wrong, in which file, the line's text before and after, and the tests to ask."""

    fault: str
    file: str
    before: str
    after: str
    tests: str


def _of(file: str, tests: str, *lines: tuple[str, str, str]) -> list[Mutant]:
    return [
        Mutant(fault, f"depthfaces/{file}.py", before, after, tests)
        for fault, before, after in lines
    ]


# Who may be learned from, and whose faces choose.
SPLITS = [
    *_of(
        "classify/protocol",
        "test_classify test_poison",
        (
            "classifiers tuned on test people",
            'feature_sets["real"].part("validation"), class_names',
            'feature_sets["real"].part("test"), class_names',
        ),
        (
            "repeats of a classifier all alike",
            '("classify", job.arm.key, job.seed)',
            '("classify", job.arm.key, 0)',
        ),
    ),
    *_of(
        "classify/sets",
        "test_classify test_integrity test_silent",
        (
            "classifiers trained on all real people",
            'feature_set.part("train") if set_name == "real" else feature_set',
            "feature_set",
        ),
        (
            "people in two splits pass",
            "if split_of_subject.setdefault(subject, split) != split:",
            "if False:",
        ),
        (
            "a test face among the train faces passes",
            "if any(row.tobytes() in test_rows",
            "if any(row.tobytes() in ()",
        ),
        (
            "augmented faces of test people pass",
            'if set_name != "real" and "test" in feature_set.split:',
            "if False:",
        ),
    ),
    *_of(
        "features/changed",
        "test_features test_augment test_poison",
        (
            "test people's faces augmented for training",
            'real.table["split"] == "train"',
            'real.table["split"] != "validation"',
        ),
    ),
    *_of(
        "evolve/judge",
        "test_fitness test_evolve test_poison",
        ("judges chosen on test people", '("train", "validation")]', '("train", "test")]'),
        (
            "judges taught by people of their own fold",
            "if enough else train",
            "if False else train",
        ),
        (
            "the judges' first epoch is kept",
            'min(found, key=lambda judge: judge[1]["loss"])',
            "found[0]",
        ),
    ),
    *_of(
        "latents",
        "test_evolve test_fitness test_poison",
        (
            "the critic's floor taken among test people",
            "Evidence.of(panel, train, validation",
            'Evidence.of(panel, train, data.split("test")',
        ),
        (
            "copies of test faces are what evolution avoids",
            "Evidence.of(panel, train",
            'Evidence.of(panel, data.split("test")',
        ),
    ),
    *_of(
        "comparison",
        "test_compare test_silent test_poison test_embed",
        (
            "the autoencoder fitted on all real faces",
            'inputs.images["real"].split("train").images',
            'inputs.images["real"].images',
        ),
        (
            "held-out faces among generated ones pass",
            "    alarm(inputs.images, params.preprocess.near_copies)\n",
            "",
        ),
        (
            "alarms are not heard",
            'metrics["alarms"] = heard(inputs, sides, params)',
            'metrics["alarms"] = {"alarms": [], "count": 0}',
        ),
        ("the copy rule is not asked", "rung = rung or copies(", "rung = rung or (lambda *_: [])("),
    ),
    *_of(
        "gan/feed",
        "test_train test_poison",
        (
            "the generator learns from every split",
            'faces.table["split"].to_numpy() == "train"',
            'faces.table["split"].to_numpy() != ""',
        ),
    ),
    *_of(
        "classify/left_out",
        "test_calibration test_classify",
        (
            "people left out are learned from all the same",
            "feature_set.pick(~np.isin(feature_set.people(), fold))",
            "feature_set",
        ),
    ),
    *_of(
        "leak",
        "test_embed",
        (
            "only the first generated set is searched for held-out faces",
            "        if len(one):",
            '        if len(one) and name == "synthetic":',
        ),
        (
            "mirrored held-out faces pass",
            "np.minimum(np.bitwise_count(image), np.bitwise_count(mirror))",
            "np.bitwise_count(image)",
        ),
    ),
    *_of(
        "few/task",
        "test_few",
        (
            "people who are asked are learned from",
            "pool = list(np.unique(person[train & known].astype(str)))",
            "pool = list(np.unique(person[known].astype(str)))",
        ),
        (
            "equal faces on both sides pass",
            "if any(image.tobytes() in seen for",
            "if any(image is seen for",
        ),
    ),
    *_of(
        "few/amounts",
        "test_few",
        (
            "amounts chosen on the people asked",
            "set(choice.learned) - set(choice.lower)",
            'set(lower["person"]) - set(choice.learned)',
        ),
        ("the worst amount is chosen", "max(tried, key", "min(tried, key"),
    ),
    *_of(
        "few/experiment",
        "test_few",
        ("people learned from are asked", "rows = rows[np.isin(rows", "rows = rows[~np.isin(rows"),
        ("answers are kept under another seed", '"seed", "threads",', '"threads",'),
    ),
]

# How differences become intervals, p and a verdict.
STATISTICS = [
    *_of(
        "verdict/statistics",
        "test_verdict test_compare",
        ("no Holm", "np.arange(len(p), 0, -1)", "np.ones(len(p))"),
        ("p-values in another order", "adjusted[order] = ", "adjusted[:] = "),
        ("p one-sided", "2 * (smaller_side + 1)", "(smaller_side + 1)"),
        (
            "p may be 0",
            "2 * (smaller_side + 1) / (len(draws) + 1)",
            "2 * smaller_side / len(draws)",
        ),
        ("intervals of half the tails", "tail = (1 - level) / 2", "tail = 1 - level"),
        (
            "smallest effect of half the power",
            "norm.ppf(1 - alpha / 2) + norm.ppf(power)",
            "norm.ppf(1 - alpha / 2)",
        ),
        (
            "corrected t without its correction",
            "1 / run_count + test_size / train_size",
            "1 / run_count",
        ),
    ),
    *_of(
        "verdict/contrasts",
        "test_verdict",
        (
            "unpaired draws",
            "draws = arm_score.draws - control_score.draws",
            "draws = arm_score.draws - control_score.draws[::-1]",
        ),
        (
            "90 % interval is the 95 % one",
            "CONFIDENCE_LEVEL, NARROW_LEVEL = 0.95, 0.90",
            "CONFIDENCE_LEVEL, NARROW_LEVEL = 0.95, 0.95",
        ),
        (
            "95 % interval is the 90 % one",
            "CONFIDENCE_LEVEL, NARROW_LEVEL = 0.95, 0.90",
            "CONFIDENCE_LEVEL, NARROW_LEVEL = 0.90, 0.90",
        ),
        (
            "differences the wrong way round",
            "arm_score.value - control_score.value, draws",
            "control_score.value - arm_score.value, draws",
        ),
        (
            "shuffled labels need not be beaten",
            "CONTROL_KINDS = (REAL, CONTROL, SHUFFLED)",
            "CONTROL_KINDS = (REAL, CONTROL)",
        ),
        (
            "the base is the weakest control",
            "return max(\n            augmented_controls",
            "return min(\n            augmented_controls",
        ),
        (
            "only cells on top of augmentation are counted",
            "for arm in self.arms(model, ADDED):",
            "for arm in ():",
        ),
    ),
    *_of(
        "verdict/rule",
        "test_verdict",
        ("alarms do not stop a verdict", "    if ground.alarms:\n", "    if False:\n"),
        ("one person is enough", "if ground.people < rule.min_subjects:", "if ground.people < 1:"),
        ("one seed is enough", "if ground.seeds < MIN_SEEDS:", "if False:"),
        (
            "useful though a control was not beaten",
            "return (NO_EVIDENCE, [doubt]) if unbeaten else (USEFUL, [])",
            "return (USEFUL, [])",
        ),
        (
            "equivalent by one side alone",
            "-rule.margin < evidence.low90 and evidence.high90 < rule.margin",
            "evidence.high90 < rule.margin",
        ),
        (
            "an unknown authentic share is a good one",
            "if value is None or floor is None:",
            "if False:",
        ),
        ("copies pass", "if value < floor - rule.copying:", "if value < -1:"),
        ("harm is not told", "if evidence.p < rule.alpha and evidence.high < 0:", "if False:"),
    ),
    *_of(
        "verdict/resampling",
        "test_verdict test_calibration",
        (
            "macro-F1 counts a class nobody showed",
            "class_f1.sum(axis=-1) / has_f1.sum(axis=-1)",
            "class_f1.mean(axis=-1)",
        ),
        (
            "people are not drawn",
            "self.person_counts = _draw_counts(len(self.people), draws, rng)",
            "self.person_counts = np.ones((draws, len(self.people)), np.float32)",
        ),
        (
            "runs are not drawn",
            "level_counts = _draw_counts(len(values), draws, rng)",
            "level_counts = np.ones((draws, len(values)), np.float32)",
        ),
        (
            "the first run alone counts",
            "Scored(float(run_scores.mean())",
            "Scored(float(run_scores[0])",
        ),
        ("gaps in the predictions pass", "if not counts.sum(axis=(0, 2, 3)).all():", "if False:"),
    ),
    *_of(
        "verdict/turns",
        "test_few test_verdict",
        (
            "turns: intervals of the normal curve",
            "np.sqrt(degrees / rng.chisquare(degrees, draws))",
            "np.ones(draws)",
        ),
        ("turns: people learned from stay", "if person not in self.people_by_draw[draw]\n", "\n"),
        (
            "turns: spread of a single face",
            "np.sqrt((len(sample) - 1) / len(sample))",
            "1 / len(sample)",
        ),
    ),
    *_of(
        "verdict/answer",
        "test_verdict test_compare",
        (
            "verdict of validation people",
            'test_rows = table[table["part"] == "test"]',
            'test_rows = table[table["part"] == "validation"]',
        ),
        (
            "alarms are not handed to the verdict",
            "count_repeats(test_rows), tuple(alarms))",
            "count_repeats(test_rows), ())",
        ),
        (
            "cells of the first classifier alone",
            "for model in scoreboard.models\n",
            "for model in scoreboard.models[:1]\n",
        ),
        (
            "cells judged by their own p",
            "contrast.evidence(float(p)),",
            "contrast.evidence(),",
        ),
        (
            "groups of copies count as people",
            "predictions.known_people(test_rows)",
            'len(set(test_rows["person"]))',
        ),
    ),
    *_of(
        "verdict/predictions",
        "test_verdict test_few",
        (
            "each set is of no generator",
            "not in CLASSICAL else NO_GENERATOR",
            "in CLASSICAL else NO_GENERATOR",
        ),
    ),
]

# What must ring.
ALARMS = [
    *_of(
        "alarms/__init__",
        "test_alarms",
        (
            "no alarm of memory",
            "alarms = memory_alarms(self.sampled_real, sampled_fake, self.seed)",
            "alarms: list[Alarm] = []",
        ),
        (
            "no alarm of fidelity",
            "alarms += fidelity_alarms(self.sampled_real,",
            "[] and fidelity_alarms(self.sampled_real,",
        ),
        (
            "no alarm of labels",
            "        alarms += label_alarms(self.sampled_real, sampled_fake, self.seed)\n",
            "",
        ),
        (
            "no alarm of copies",
            "            alarms += copy_alarms(self.real, sampled_fake, self.copy_limits)\n",
            "",
        ),
        (
            "no alarm of variety",
            "            alarms += variety_alarms(self.sampled_real, sampled_fake)\n",
            "",
        ),
    ),
    *_of(
        "alarms/labels",
        "test_alarms",
        (
            "contradicted labels pass",
            "return _contradicted_labels(real, fake, seed) + _labels_by_chance(real, fake)",
            "return _labels_by_chance(real, fake)",
        ),
        (
            "guessed labels pass",
            "return _contradicted_labels(real, fake, seed) + _labels_by_chance(real, fake)",
            "return _contradicted_labels(real, fake, seed)",
        ),
    ),
    *_of(
        "alarms/alike",
        "test_alarms",
        (
            "twins pass",
            "return _twin_alarms(*sides, *side_pixels) + _low_variety_alarms(*sides, *side_pixels)",
            "return _low_variety_alarms(*sides, *side_pixels)",
        ),
        (
            "a class of one face passes",
            "return _twin_alarms(*sides, *side_pixels) + _low_variety_alarms(*sides, *side_pixels)",
            "return _twin_alarms(*sides, *side_pixels)",
        ),
    ),
    *_of(
        "alarms/copied",
        "test_alarms",
        ("copies of held-out faces pass", ', "copies of held-out faces": real.held_out}', "}"),
        ("copies of train faces pass", '"copies of train faces": real.train, ', ""),
    ),
    *_of(
        "alarms/fidelity",
        "test_alarms",
        (
            "a distance better than real people's passes",
            "            distances,\n            -1",
            "            distances,\n            1",
        ),
        (
            "a coverage better than real people's passes",
            "list(map(coverage_of, honest_clouds)), 1\n",
            "list(map(coverage_of, honest_clouds)), -1\n",
        ),
    ),
    *_of(
        "alarms/memory",
        "test_alarms",
        (
            "closest share is one-sided",
            '"closest share": MemoryMeasure(closest_train, SAW_HELD_OUT, LEANS_TO_TRAIN)',
            '"closest share": MemoryMeasure(closest_train, "", LEANS_TO_TRAIN)',
        ),
        (
            "membership is one-sided",
            '"membership": MemoryMeasure(membership_share, SAW_HELD_OUT, LEANS_TO_TRAIN)',
            '"membership": MemoryMeasure(membership_share, "", LEANS_TO_TRAIN)',
        ),
    ),
    *_of(
        "export/alarm",
        "test_export",
        (
            "mirrored and moved copies are exported",
            "apart & (moved >= (1 - MARGIN) * bound)",
            "apart",
        ),
        ("a collapsed generator is exported", "if made < COLLAPSED * real:", "if False:"),
    ),
    *_of(
        "export/rows",
        "test_export",
        (
            "evolved copies are exported",
            "kept = np.flatnonzero(fresh)[:count]",
            "kept = np.arange(len(fresh))[:count]",
        ),
        ("plain copies are exported", "if good and len(found) < count:", "if len(found) < count:"),
    ),
    *_of(
        "classify/arms",
        "test_classify test_few",
        (
            "labels of the shuffled arm stand as they were",
            "train_parts.append(shuffled_faces if arm.kind == SHUFFLED else added_faces)",
            "train_parts.append(added_faces)",
        ),
        (
            "topped arms lack augmentation",
            "    if arm.kind == TOPPED:\n        train_parts.append(",
            "    if False:\n        train_parts.append(",
        ),
        ("weights are not used", "if arm.weight != 1:", "if False:"),
        (
            "doses are not used",
            "arm.dose * class_counts, rng)\n        shuffled",
            "class_counts, rng)\n        shuffled",
        ),
    ),
]

MUTANTS = [*SPLITS, *STATISTICS, *ALARMS]
