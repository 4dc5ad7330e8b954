"""The chapter of the study: its answer, tables, notes and sizes."""

import numpy as np

from depthfaces.schema.studies import Swarm
from depthfaces.studies.chapter import Cell, Table
from depthfaces.studies.intervals import points, side
from depthfaces.studies.swarm.evaluation import CLASS_SCORES, OVERALL_SCORES, Evaluation
from depthfaces.studies.swarm.protocol import ARM_TITLES
from depthfaces.studies.swarm.space import SETTING_NAMES

TITLE = "Let a particle swarm set a GAN that classifies"
QUESTION = (
    "A GAN's discriminator also names the emotion. Does a particle swarm over its settings find "
    "better ones than a random search with equally many trainings, and than the defaults?"
)

EFFECT_WORDS = {1: "better than", -1: "worse than", 0: "not shown to differ from"}


def answer(evaluation: Evaluation) -> str:
    """Return the answer to the question, from the differences in macro-F1."""
    sentences = [
        _contrast_sentence(evaluation, baseline_arm) for baseline_arm in ("random", "defaults")
    ]
    generated_gain = evaluation.f1_difference("defaults", "alone")
    sentences.append(
        f"Generated faces in the discriminator's training changed the defaults by "
        f"{points(generated_gain)} of macro-F1 against the same net without them."
    )
    return " ".join(sentences)


def _contrast_sentence(evaluation: Evaluation, baseline_arm: str) -> str:
    f1_gain = evaluation.f1_difference("swarm", baseline_arm)
    return (
        f"On people never seen the swarm's settings are {EFFECT_WORDS[side(f1_gain)]} "
        f"{_arm_phrase(baseline_arm)}: {points(f1_gain)} of macro-F1."
    )


def _arm_phrase(arm: str) -> str:
    return "those of the random search" if arm == "random" else "the defaults"


def published(evaluation: Evaluation) -> list[list[Cell]]:
    """Return one row per score that the publication names; it prints no numbers."""
    return [
        [
            score_name,
            None,
            evaluation.leaky_score(score_name),
            evaluation.score_interval("swarm", score_name),
        ]
        for score_name in OVERALL_SCORES
    ]


def tables(evaluation: Evaluation) -> list[Table]:
    """Return the tables in the order of the chapter."""
    return [
        _overall_table(evaluation),
        _contrast_table(evaluation),
        *(_class_table(evaluation, arm) for arm in ("swarm", "defaults")),
        _settings_table(evaluation),
    ]


def _overall_table(evaluation: Evaluation) -> Table:
    return Table(
        "Scores by arm",
        "On test people, mean over the seeds with 95 % intervals (people, then seeds); all but "
        "accuracy are means over the classes. A class that is never called has no precision and is "
        "left out of its mean.",
        ["arm", *OVERALL_SCORES],
        [
            [
                ARM_TITLES[arm],
                *(evaluation.score_interval(arm, score_name) for score_name in OVERALL_SCORES),
            ]
            for arm in ARM_TITLES
        ],
    )


def _contrast_table(evaluation: Evaluation) -> Table:
    arm_pairs = [("swarm", "random"), ("swarm", "defaults"), ("random", "defaults"),
             ("defaults", "alone")]  # fmt: skip
    return Table(
        "Differences in macro-F1",
        "On the same draws of people and seeds. The first row asks whether the swarm as such "
        "helped; the others also count what any search gives.",
        ["arm", "minus", "difference"],
        [
            [ARM_TITLES[arm], ARM_TITLES[baseline_arm], evaluation.f1_difference(arm, baseline_arm)]
            for arm, baseline_arm in arm_pairs
        ],
    )


def _class_table(evaluation: Evaluation, arm: str) -> Table:
    class_scores = {
        score_name: class_score(evaluation.total_confusion(arm))
        for score_name, class_score in CLASS_SCORES.items()
    }
    table_rows: list[list[Cell]] = [
        [
            class_name,
            *(
                None if np.isnan(values[class_index]) else float(values[class_index])
                for values in class_scores.values()
            ),
        ]
        for class_index, class_name in enumerate(evaluation.data.classes)
    ]
    return Table(
        f"By class: {ARM_TITLES[arm]}",
        "Answers of all seeds on test people together.",
        ["class", *CLASS_SCORES],
        table_rows,
    )


def _settings_table(evaluation: Evaluation) -> Table:
    table_rows: list[list[Cell]] = []
    for seed_number, (seed_records, seed_settings) in enumerate(
        zip(evaluation.results.search_records, evaluation.results.chosen_settings, strict=True), 1
    ):
        for search_name, record in seed_records.items():
            setting_values = [
                float(f"{seed_settings[search_name][setting_name]:.3g}")
                for setting_name in SETTING_NAMES
            ]
            best_fitness = float(record.fitness.max())
            table_rows.append(
                [
                    f"{ARM_TITLES[search_name]}, seed {seed_number}",
                    len(record.fitness),
                    best_fitness,
                    *setting_values,
                ]
            )
    return Table(
        "What the searches chose",
        "The best macro-F1 on validation people is that of the luckiest of many short trainings: "
        "compare it with the scores on test people above.",
        ["search", "trainings", "best on validation", *SETTING_NAMES],
        table_rows,
    )


def notes(evaluation: Evaluation, plan: Swarm) -> list[str]:
    """Return how we read the publication, and the limits of the study."""
    text = [
        "Our reading throughout: the document names a GAN with a particle swarm and defines "
        "neither; its code contains no swarm, and it prints no numbers.",
        "The discriminator has one output a class and one for generated faces; the generator is "
        "told a class and rewarded when the discriminator names it. In an answer the output for "
        "generated faces is left out.",
        f"The swarm: {plan.particles} particles, inertia {plan.pso.inertia:g}, pulls "
        f"{plan.pso.own:g} and {plan.pso.swarm:g}, towards the best of four neighbours in a "
        "ring. It flies where settings are N(0, 1) numbers whose even spread over the box the "
        "random search draws from; it is held inside the part where 99 % of such draws lie.",
        f"Fitness is macro-F1 on validation people after {plan.gan.epochs} passes over at most "
        f"{plan.faces} train faces; the chosen settings train anew for {plan.final_epochs} "
        "passes over all train faces, with another seed. What is good for a short training need "
        "not be for a long one.",
        "Two G-measures go by that name, so both stand here: the geometric mean of precision and "
        "recall, and that of sensitivity and specificity.",
        "The published protocol here: the swarm's settings, a random fifth of the train faces as "
        "test part. Faces of one person stand on both sides: leaky. Means of the seeds without "
        "interval, because each seed draws another test part.",
    ]
    if plan.seeds < 6:
        text.append(
            f"Seeds: {plan.seeds}. Below six nothing here is more than a hint; "
            "profiles/studies.yaml has six."
        )
    if evaluation.diverged:
        text.append(f"{evaluation.diverged} trainings of the searches diverged and count as worst.")
    diverged = sum(
        trial.generator is None for arms in evaluation.results.held_out for trial in arms.values()
    )
    if diverged:
        text.append(f"{diverged} of the final trainings diverged: every class equally likely.")
    if not evaluation.data.people_known:
        text.append(
            "People are not known in this set: near copies are kept together, but the split is not "
            "disjoint by person."
        )
    return text


def sizes(evaluation: Evaluation, plan: Swarm) -> dict[str, Cell]:
    """Return the sizes of the data, the nets and the searches."""
    splits = evaluation.data.splits
    return {
        "classes": ", ".join(evaluation.data.classes),
        **{
            f"{split_name} faces": len(split_faces.labels)
            for split_name, split_faces in splits.items()
        },
        "test people or groups": len(set(splits["test"].owners)),
        **{
            f"trainings, {ARM_TITLES[search_name]}": count
            for search_name, count in evaluation.training_counts.items()
        },
        "width of the nets": plan.gan.width,
    }
