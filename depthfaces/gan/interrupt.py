"""End at the end of a step: SIGTERM and Ctrl-C wait until the work so far is kept."""

import signal
import threading
from types import FrameType
from typing import Any, Self

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Interrupt:
    """Within `with`, a signal is noted in place of ending the process at once."""

    def __init__(self) -> None:
        self.noted = 0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take over the signals; only a main thread may."""
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.noted = number

    def leave(self) -> None:
        """End the process as the noted signal would: exit code 130 or 143."""
        if self.noted == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self.noted)
