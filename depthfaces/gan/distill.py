"""EMA teachers: a running average of a net in time, BatchNorm's statistics included."""

import copy
from typing import TypeVar

import torch
from torch import nn

Net = TypeVar("Net", bound=nn.Module)


def teacher_of(student: Net) -> Net:
    """Return a frozen copy of `student` in evaluation mode, ready to follow it."""
    return copy.deepcopy(student).eval().requires_grad_(False)


def decay_at(step: int, decay: float) -> float:
    """Return min(decay, (1 + step) / (10 + step)): an average starts short."""
    return min(decay, (1 + step) / (10 + step))


@torch.no_grad()
def follow(teacher: nn.Module, student: nn.Module, decay: float) -> None:
    """Move `teacher` to decay · teacher + (1 - decay) · student, parameters and buffers alike.

    The published code leaves the buffers at their first values; the teacher's faces are then
    rubbish. Copying the student's buffers is little better: they belong to other weights.
    """
    moving = zip(teacher.state_dict().values(), student.state_dict().values(), strict=True)
    for mine, theirs in moving:
        if mine.is_floating_point():
            mine.lerp_(theirs, 1 - decay)
        else:
            mine.copy_(theirs)  # BatchNorm's count of batches
