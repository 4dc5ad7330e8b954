"""What the experiment with few people says: every arm and contrast, and the one that decides."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from depthfaces import seeding
from depthfaces.classify.arms import base
from depthfaces.errors import DataError
from depthfaces.few.unit import middle
from depthfaces.schema import Compare, Experiment, Params
from depthfaces.verdict import answer as judging
from depthfaces.verdict import predictions
from depthfaces.verdict.arm import CHOSEN, CONTROL, TOPPED, Arm
from depthfaces.verdict.contrasts import Contrast, Scoreboard
from depthfaces.verdict.resampling import Resampling
from depthfaces.verdict.rule import Ground
from depthfaces.verdict.turns import Turns

Document = dict[str, Any]
ENOUGH_IN_TURN = 6  # people who take turns: their interval is as wide as so few make it


def answer(table: pd.DataFrame, learned: pd.DataFrame, params: Params) -> Document:
    """Return the verdict of the primary contrast, every level's arms, and every other contrast.

    The primary one is that of the first number of people, source and classifier in
    `params.experiment`; p of all others is adjusted for their number.
    """
    wanted, rule = params.experiment, params.compare
    boards = {
        people: scoreboard(rows, learned[learned["people"] == people], params)
        for people, rows in predictions.by_people(table).items()
    }
    rule = rule.model_copy(update={"min_subjects": fewest(table, learned, rule.min_subjects)})
    first, ground = boards[wanted.people[0]], grounds(table, learned)
    return {
        **judging.verdict(decisive(first, wanted), first, ground, rule),
        "people_learned": wanted.people[0],
        "levels": [
            {"people": people, **_level(rows, learned[learned["people"] == people])}
            | {"arms": judging.arms(boards[people])}
            for people, rows in predictions.by_people(table).items()
        ],
        "cells": _cells(boards, ground, wanted, rule),
        "experiment": wanted.model_dump(),
    }


def _level(rows: pd.DataFrame, learned: pd.DataFrame) -> Document:
    """Return who was learned from and asked at one number of people."""
    return {
        "draws": int(rows["draw"].nunique()),
        "asked": predictions.known_people(rows),
        "in_turn": in_turn(rows, learned),
    }


def _cells(
    boards: dict[int, Scoreboard], ground: Ground, wanted: Experiment, rule: Compare
) -> list[Document]:
    """Return every contrast of every number of people; p is adjusted for all of them."""
    contrasts = [
        (people, board, contrast)
        for people, board in boards.items()
        for model in board.models
        for contrast in pairs(board, model, wanted)
    ]
    cells = judging.cells([(board, one) for _, board, one in contrasts], ground, rule)
    return [
        {"people": people, **cell} for (people, _, _), cell in zip(contrasts, cells, strict=True)
    ]


def scoreboard(rows: pd.DataFrame, learned: pd.DataFrame, params: Params) -> Scoreboard:
    """Return the arms of one number of people, scored on the same draws.

    Draws of people from many, all judged on the same others, are drawn anew like people are.
    Draws that overlap, or whose people are asked in other draws, hang together: see `Turns`.
    """
    rng = seeding.stream(params.seed, "few", "bootstrap")
    count = params.compare.bootstrap
    if in_turn(rows, learned) or learned["person"].duplicated().any():
        people = learned.groupby("draw")["person"].agg(list).to_dict()
        return Scoreboard(rows, Turns(rows, people, count, rng))
    return Scoreboard(rows, Resampling(rows, count, rng))


def in_turn(rows: pd.DataFrame, learned: pd.DataFrame) -> bool:
    """Whether some people are learned from in one draw and asked in another."""
    return bool(np.isin(learned["person"].to_numpy(str), rows["person"].to_numpy(str)).any())


def decisive(board: Scoreboard, wanted: Experiment) -> Contrast:
    """Return the primary contrast: the first classifier, and the first source there is.

    Its amounts are chosen if they were.
    """
    model = wanted.models[0]
    known: dict[str, Contrast] = {
        contrast.arm.source: contrast
        for contrast in reversed(list(pairs(board, model, wanted)))
        if contrast.arm.dose in {0, middle(wanted)} and contrast.arm.weight == 1
    }
    for source in wanted.sources:
        if source in known:
            return known[source]
    raise DataError(f"few: expected answers of {model} with made faces; run `dvc repro few`")


def pairs(board: Scoreboard, model: str, wanted: Experiment) -> Iterator[Contrast]:
    """Yield what each source adds: amounts chosen on both sides first, then each dose and weight.

    A dose stands on top of the control that it was added to.
    """
    topped = board.arms(model, TOPPED)
    control = Arm(CONTROL, CHOSEN)
    for arm in topped:
        if arm.dose == 0 and (control, model) in board.scores:
            yield board.subtract(model, arm, control)
    known = {arm.source for arm in board.arms(model, CONTROL)}
    for arm in topped:
        if arm.dose:
            yield board.subtract(model, arm, base(middle(wanted), known))


def grounds(table: pd.DataFrame, learned: pd.DataFrame) -> Ground:
    """Return what the verdict rests on: the people asked, and the draws of those learned from."""
    return Ground(
        predictions.known_people(table), int(learned.groupby("people")["draw"].nunique().min())
    )


def fewest(table: pd.DataFrame, learned: pd.DataFrame, least: int) -> int:
    """Return how many people have to be asked: fewer where they take turns, as intervals know."""
    return min(least, ENOUGH_IN_TURN) if in_turn(table, learned) else least
