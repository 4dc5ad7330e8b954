"""EMA teachers: a running average of a net in time, BatchNorm's statistics included."""

import copy
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import is_parametrized

Net = TypeVar("Net", bound=nn.Module)


# Spectral norm's singular vectors, which belong to the weights of one net: an average of unit
# vectors is shorter than 1, so norms would seem too small and the teacher's scores would explode.
VECTORS = ("._u", "._v")


def teacher_of(student: Net) -> Net:
    """Return a frozen copy of `student` in evaluation mode, ready to follow it.

    Spectral norm alone goes on measuring: the teacher's own weights, at each call.
    """
    teacher = copy.deepcopy(student).eval().requires_grad_(False)
    for module in teacher.modules():
        if is_parametrized(module):
            module.parametrizations.train()  # type: ignore[union-attr] # a module dict
    return teacher


def decay_at(step: int, decay: float) -> float:
    """Return min(decay, (1 + step) / (10 + step)): an average starts short."""
    return min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def follow(
    teacher: nn.Module, student: nn.Module, decay: float, *, freeze_buffers: bool = False
) -> None:
    """Move `teacher` to decay · teacher + (1 - decay) · student, parameters and buffers alike.

    The published code leaves the buffers at their first values (`freeze_buffers`); the teacher's
    faces are then rubbish. Copying the student's buffers is little better: they belong to other
    weights.
    """
    mine: list[Tensor] = [*teacher.parameters()]
    theirs: list[Tensor] = [*student.parameters()]
    if not freeze_buffers:
        pairs = [
            (a, b)
            for (name, a), b in zip(teacher.named_buffers(), student.buffers(), strict=True)
            if not name.endswith(VECTORS)
        ]
        mine += [a for a, _ in pairs if a.is_floating_point()]
        theirs += [b for _, b in pairs if b.is_floating_point()]
        for count, seen in pairs:
            if not count.is_floating_point():
                count.copy_(seen)  # BatchNorm's count of batches
    if mine:
        torch._foreach_lerp_(mine, theirs, 1 - decay)
