"""Training: step, log, check, keep; it survives kills, and stops by itself when it fails."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from depthfaces import disk, seeding
from depthfaces.errors import IntegrityError
from depthfaces.faces import FaceSet
from depthfaces.gan import identity
from depthfaces.gan.checkpoint import KEPT, Checkpoints, below
from depthfaces.gan.devices import first
from depthfaces.gan.interrupt import Interrupt
from depthfaces.gan.trained import Losses, Trained
from depthfaces.gan.trainer import Trainer
from depthfaces.gan.watch import Watch
from depthfaces.schema import Gan, Kd

ROWS = 100  # of the history: each the mean over a hundredth of the training


@dataclass(frozen=True)
class Session:
    """Where checkpoints are kept (nowhere if None), the nets to start from, and who joins."""

    checkpoints: Path | None = None
    start: dict[str, nn.Module] | None = None
    name: str = ""  # what `start` was trained on
    virtual: FaceSet | None = None  # people to train on together with the real ones


class DivergedError(IntegrityError):
    """A loss is no number any more; `trained` is the training as it was at the last check."""

    def __init__(self, text: str, trained: Trained | None) -> None:
        super().__init__(text)
        self.trained = trained


class Run:
    """A trainer, the watch over it and the rows so far."""

    def __init__(
        self, faces: FaceSet, gan: Gan, kd: Kd, seed: int, virtual: FaceSet | None = None
    ) -> None:
        self.gan = gan
        self.trainer = Trainer(faces, gan, kd, seed, virtual)
        rng = seeding.stream(seed, "watch")
        self.watch = Watch.over(faces, self.trainer.encoder, gan.latent, rng)
        self.step, self.best, self.stopped = 0, 0, ""
        self.history: list[Losses] = []
        self.window: list[dict[str, Any]] = []
        self.kept: dict[str, Tensor] = {}

    def advance(self) -> None:
        """Take one step, and look at what it is the turn of."""
        self.window.append(self.trainer.step(self.step))
        self.step += 1
        last = self.step == self.gan.steps
        if last or self.step % max(1, self.gan.steps // ROWS) == 0:
            rows = self._settle()
            self.history.append({"step": self.step, **_mean(rows)})
            self.window.clear()
        if last or (self.gan.checks and self.step % -(-self.gan.steps // self.gan.checks) == 0):
            self._check()

    @property
    def room(self) -> int:
        """Return the bytes that checkpoints and results take at most.

        A checkpoint holds four nets as they are and as they were at the best check, and two moments
        of two of them; one is written while `KEPT` are there.
        """
        nets = self.trainer.nets.values()
        size: int = sum(value.nbytes for net in nets for value in net.state_dict().values())
        return size * (3 * (KEPT + 1) + 2)

    @property
    def done(self) -> bool:
        """Say whether no step is left to take."""
        return self.step >= self.gan.steps or bool(self.stopped)

    def _settle(self) -> list[Losses]:
        """Fetch the losses since the last row of the history; one that is no number ends it all.

        Not at each step: a GPU would wait for it.
        """
        self.window = [{k: float(v) for k, v in row.items()} for row in self.window]
        for back, row in enumerate(reversed(self.window)):
            broken = {name: value for name, value in row.items() if not math.isfinite(value)}
            if broken:
                text = self._diverged(broken, self.step - back)
                raise DivergedError(text, self.result() if self.kept else None)
        return self.window

    def _check(self) -> None:
        self._settle()
        teacher: Any = self.trainer.nets["generator_teacher"]
        self.watch.check(teacher, self.step)
        if self.watch.best == len(self.watch.found) - 1:
            self.best = self.step
            self.kept = {
                f"{name}.{key}": value.detach().clone()
                for name, net in self.trainer.nets.items()
                for key, value in net.state_dict().items()
            }
        if self.watch.collapsed(self.gan.collapse, self.gan.steps):
            self.stopped = f"collapsed at step {self.step}: faces of a class are nearly all alike"

    def _diverged(self, broken: Losses, step: int) -> str:
        good = f"the nets of step {self.best} are kept" if self.kept else "nothing was written"
        return (
            f"expected finite losses, found {broken} at step {step}; {good}: "
            "lower gan.lr_generator and gan.lr_discriminator"
        )

    def save(self, to: Checkpoints) -> None:
        """Keep everything the rest of the training depends on."""
        self._settle()
        tensors = {f"trainer.{key}": value for key, value in self.trainer.tensors.items()}
        tensors |= {f"kept.{key}": value for key, value in self.kept.items()}
        if self.watch.film:
            tensors["film"] = torch.from_numpy(np.stack(self.watch.film))
        names = ("step", "best", "stopped", "history", "window")
        state = {name: getattr(self, name) for name in names}
        to.save(
            self.step,
            tensors,
            state | {"checks": self.watch.found, "feed": self.trainer.feed.state},
        )

    def restore(self, tensors: dict[str, Tensor], state: dict[str, Any]) -> None:
        """Go on from what `save` kept."""
        self.trainer.restore(below(tensors, "trainer"), state.pop("feed"))
        self.kept = below(tensors, "kept")
        self.watch.found = state.pop("checks")
        self.watch.film = list(tensors["film"].numpy()) if "film" in tensors else []
        for name, value in state.items():
            setattr(self, name, value)

    def result(self) -> Trained:
        """Return the nets of the best check, on the CPU, and all rows."""
        nets: dict[str, Any] = self.trainer.nets
        for name, net in nets.items():
            net.load_state_dict(below(self.kept, name))
            net.cpu()
        film = np.stack(self.watch.film)
        return Trained(
            **nets,
            history=self.history,
            checks=self.watch.found,
            film=film,
            best=self.best,
            stopped=self.stopped,
        )


def fit(faces: FaceSet, gan: Gan, kd: Kd, seed: int, session: Session | None = None) -> Trained:
    """Train on the train split of `faces`; for a caller who keeps the nets in memory."""
    with fitted(faces, gan, kd, seed, session) as trained:
        return trained


@contextmanager
def fitted(
    faces: FaceSet, gan: Gan, kd: Kd, seed: int, session: Session | None = None
) -> Iterator[Trained]:
    """Yield what training gives, or go on where a training that was killed stood.

    The block writes the results: until it has ended well nothing of the training may go.
    """
    session = session or Session()
    run = Run(faces, gan, kd, seed, session.virtual)
    if session.start:
        run.trainer.start_from(session.start)
    with ExitStack() as stack:
        checkpoints = None
        if session.checkpoints:
            about = identity.of(faces, gan, kd, seed) | {"start": identity.weights(session.start)}
            if session.virtual is not None:
                about["virtual"] = identity.data(session.virtual)
            checkpoints = stack.enter_context(
                Checkpoints(session.checkpoints, about, first=first())
            )
            if found := checkpoints.load():
                run.restore(*found)
                if run.done and first():
                    sys.stderr.write(f"{checkpoints.folder}: trained already, to the last step\n")
            elif first():
                disk.check_room(session.checkpoints, run.room)
        _train(run, checkpoints)
        if run.stopped:
            sys.stderr.write(f"training {run.stopped}; the nets of step {run.best} are kept\n")
        yield run.result()


def _train(run: Run, checkpoints: Checkpoints | None) -> None:
    """Take the steps that are left, and keep them: each so many, the last, and at a signal."""
    gan = run.gan
    with Interrupt() as interrupt, _bar(run, disable=not first()) as bar:
        while not run.done:
            run.advance()
            bar.update(gan.batch)
            due = run.step % gan.checkpoint_every == 0 or run.done
            if checkpoints and (due or interrupt.noted):
                run.save(checkpoints)
            if interrupt.noted:
                interrupt.leave()


@contextmanager
def kept_if_diverged(keep: Callable[[Trained], None]) -> Iterator[None]:
    """Give the nets of the last good check to `keep` when a training diverges; then let it fail."""
    try:
        yield
    except DivergedError as fault:
        if fault.trained and first():
            keep(fault.trained)
        raise


def _bar(run: Run, *, disable: bool) -> tqdm:
    """Return the progress bar: images a second and the time left."""
    total, done = run.gan.steps * run.gan.batch, run.step * run.gan.batch
    return tqdm(
        total=total, initial=done, unit="image", desc="train", mininterval=2, disable=disable
    )


def _mean(window: list[Losses]) -> Losses:
    return {name: sum(row[name] for row in window) / len(window) for name in window[0]}
