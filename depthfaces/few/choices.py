"""Choices of few people: all of them where there are few, else draws, each inside a larger one."""

from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np

from depthfaces.errors import DataError
from depthfaces.few.task import Task

TRIES = 1000  # draws of an order of people until few of them show every emotion

People = tuple[str, ...]


class Choice(NamedTuple):
    """The people learned from in one draw, and the first of them, by whom amounts are chosen.

    `lower` is empty where there are too few to choose by.
    """

    people: int
    draw: int
    learned: People
    lower: People


def choose(task: Task, levels: list[int], draws: int, rng: np.random.Generator) -> list[Choice]:
    """Return the choices of each number of people in `levels`."""
    counts = sorted(set(levels))
    most = len(task.pool) - (1 if task.turns else 0)
    if counts[-1] > most:
        raise DataError(
            f"experiment.people: expected at most {most}, the people there are to learn from, "
            f"found {counts[-1]}"
        )
    orders = [_order(task, counts[0], rng) for _ in range(draws)]
    found = []
    for count in counts:
        below = max((other for other in counts if other < count), default=count // 2)
        for draw, learned in enumerate(_learned(task, count, orders, rng)):
            lower = learned[:below] if below and task.is_complete(learned[:below]) else ()
            found.append(Choice(count, draw, learned, lower))
    return found


def _learned(
    task: Task, count: int, orders: list[People], rng: np.random.Generator
) -> list[People]:
    """Return every choice of `count` people if they are no more than `orders`, else their first."""
    if comb(len(task.pool), count) > len(orders):
        return [order[:count] for order in orders]
    every = combinations(task.pool, count)
    shuffled = [tuple(map(str, rng.permutation(people))) for people in every]
    complete = [people for people in shuffled if task.is_complete(people)]
    if not complete:
        raise DataError(f"experiment.people: no {count} people show every emotion; ask for more")
    return complete


def _order(task: Task, least: int, rng: np.random.Generator) -> People:
    """Return the people in a random order of which the first `least` show every emotion."""
    for _ in range(TRIES):
        order = tuple(map(str, rng.permutation(task.pool)))
        if task.is_complete(order[:least]):
            return order
    raise DataError(
        f"experiment.people: hardly any {least} people show every emotion; ask for more"
    )
