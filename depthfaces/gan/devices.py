"""Where training runs: one process, or several that `accelerate launch` or torchrun started.

Each process draws the whole batch from the same stream and keeps its part of it, gradients are
averaged, and BatchNorm sees all parts: the losses are those of one process with the whole batch.
"""

import shutil
from collections.abc import Iterable
from contextlib import AbstractContextManager

import torch
from accelerate import PartialState
from torch import Tensor, distributed, nn

from depthfaces.errors import MachineError, ParamsError

COMPILERS = ("g++", "clang++")  # what torch.compile looks for


class Devices:
    """The device of this process, its place among the others, and its arithmetic."""

    def __init__(self, precision: str, batch: int) -> None:
        state = processes()
        self.device, self.rank, self.count = state.device, state.process_index, state.num_processes
        if batch % self.count:
            raise ParamsError(f"gan.batch: expected a multiple of {self.count}, found {batch}")
        self.half = precision == "bf16" or (precision == "auto" and _computes_half(self.device))

    def arithmetic(self) -> AbstractContextManager[object]:
        """Return the context of forward passes: bfloat16 where wanted, else float32."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.half)

    def part(self, tensor: Tensor) -> Tensor:
        """Return this process's rows of a whole batch, on its device."""
        return tensor[self.rank :: self.count].to(self.device, non_blocking=True)

    def compiled(self, nets: dict[str, nn.Module]) -> dict[str, nn.Module]:
        """Return `nets`, each compiled for this device at its first call."""
        if self.device.type == "cpu" and not any(map(shutil.which, COMPILERS)):
            expected = " or ".join(COMPILERS)
            raise MachineError(
                f"gan.compile: expected a C++ compiler ({expected}), found none: install one, or "
                "set gan.compile to false"
            )
        return {name: torch.compile(net) for name, net in nets.items()}  # type: ignore[misc] # a net

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of `values` over the processes."""
        if self.count > 1:
            values = values.detach().clone()
            distributed.all_reduce(values)
            values /= self.count
        return values

    def average_gradients(self, parameters: Iterable[nn.Parameter]) -> None:
        """Replace every gradient by its mean over the processes, in one message."""
        if self.count == 1:
            return
        gradients = [p.grad for p in parameters if p.grad is not None]
        flat = self.mean(torch.cat([gradient.flatten() for gradient in gradients]))
        pieces = torch.split(flat, [gradient.numel() for gradient in gradients])
        for gradient, piece in zip(gradients, pieces, strict=True):
            gradient.copy_(piece.view_as(gradient))


def processes() -> PartialState:
    """Return what is known of the processes of this training; the first call joins them."""
    return PartialState(cpu=not torch.cuda.is_available())


def first() -> bool:
    """Say whether this process is the one that writes files and shows progress."""
    return bool(processes().is_main_process)


def _computes_half(device: torch.device) -> bool:
    """Say whether bfloat16 is arithmetic of the machine; elsewhere it is imitated and slow."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
