"""Odd files by the thousand: each is read or put aside with a reason, and nothing else happens.

    python -m bench.fuzz [COUNT]

COUNT inputs (100,000 unless told) are made from small good ones by flipped bits, other bytes, cuts,
repeated blocks, changed numbers and splices, half of them with the checksums of PNG and zip put
right again, so that the damage reaches the decoders behind them. Input k is always the same bytes.
Each is read in this process. It fails on any exception but the readers' own, on an input that takes
over 5 s and on 100 MB more memory, and writes bench/results/fuzz.md.
"""

import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

import numpy as np

from bench.odd import SEED, SIDE, corpus, made
from depthfaces import params
from depthfaces.errors import DataError, ParamsError
from depthfaces.sources import archive, decode, layout

RESULT = Path(__file__).parent / "results" / "fuzz.md"
COUNT = 100_000
SLOW, GROWTH = 5.0, 100.0  # seconds an input, MB in all
MAX_SIDE = 2048
WARM = 1000  # inputs before memory counts: libraries load their parts at first use
# Of a hundred inputs; the text of parameters is slow to read.
SHARES = {"PNG": 32, "JPEG": 22, "NPY": 22, "NPZ": 14, "prepared NPY": 5, "zip": 3, "labels.csv": 1}
KINDS = [kind for kind, share in SHARES.items() for _ in range(share)] + ["params.yaml"]


class TooSlow(BaseException):
    """Raised by the clock inside whatever takes too long."""


@dataclass
class Tally:
    """Outcomes by kind of input, and what the libraries had `raised` before they became reasons.

    Then what must not have happened, the slowest input, and MB of memory.
    """

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    raised: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "none")
    growth: float = 0.0


def image(path: Path) -> None:
    """Read an image as the download does: its header, then its pixels."""
    header = decode.peek(path, MAX_SIDE)
    found = decode.decode(path, MAX_SIDE)
    unit = "mm" if found.dtype == np.uint16 else "relative"
    assert decode.Header(*found.shape, unit) == header, "pixels are as the header said"


def prepared(path: Path) -> None:
    """Read an array as recognise does."""
    if decode.prepared(path, SIDE) is None:
        decode.decode(path, MAX_SIDE)


def unpack(path: Path) -> None:
    """Unpack an archive into a scratch folder."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        archive.unzip(path, Path(scratch) / "out", 100, 1 << 20)


# Kind: the file's name, what reads it, and what it may raise.
READERS: dict[str, tuple[str, Callable[[Path], object], type[Exception]]] = {
    "PNG": ("x.png", image, decode.UnusableError),
    "JPEG": ("x.jpg", image, decode.UnusableError),
    "NPY": ("x.npy", image, decode.UnusableError),
    "NPZ": ("x.npz", image, decode.UnusableError),
    "prepared NPY": ("x.npy", prepared, decode.UnusableError),
    "zip": ("x.zip", unpack, DataError),
    "labels.csv": ("t/labels.csv", lambda path: layout.listing(path.parent, "auto"), DataError),
    "params.yaml": ("params.yaml", params.load, ParamsError),
}


def run(count: int) -> Tally:
    """Read `count` odd inputs and return what became of them."""
    tally, known = Tally(), corpus()
    before = signal.signal(signal.SIGALRM, _too_slow)
    peak = 0.0
    try:
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / "t").mkdir()
            for number in range(count):
                rng = np.random.default_rng([SEED, number])
                kind = KINDS[number % len(KINDS)]
                path = Path(scratch) / READERS[kind][0]
                path.write_bytes(made(kind, known, rng))
                _read(number, kind, path, tally)
                if number == min(WARM, count - 1):
                    peak = _peak()
    finally:
        signal.signal(signal.SIGALRM, before)
    tally.growth = _peak() - peak
    if tally.growth > GROWTH:
        tally.faults.append(f"{tally.growth:.0f} MB more memory")
    return tally


def _read(number: int, kind: str, path: Path, tally: Tally) -> None:
    """Read one input, and count what came of it."""
    _, reader, refusal = READERS[kind]
    outcome, start = "read", time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, SLOW)
    try:
        reader(path)
    except refusal as fault:
        tally.raised[type(fault.__context__).__name__] += fault.__context__ is not None
        outcome = reason(str(fault)) if refusal is decode.UnusableError else "refused"
    except (Exception, TooSlow) as fault:
        outcome = "fault"
        tally.faults.append(f"input {number} ({kind}): {type(fault).__name__}: {fault}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    took = time.perf_counter() - start
    tally.slowest = max(tally.slowest, (took, f"input {number}, {kind}"))
    tally.outcomes.setdefault(kind, Counter())[outcome] += 1


def reason(text: str) -> str:
    """Return a reason without its particulars."""
    return re.sub(r"\d+", "N", re.split(r":|, found| \(", text)[0])


def table(tally: Tally, seconds: float) -> str:
    """Return what was found as Markdown."""
    count = sum(sum(found.values()) for found in tally.outcomes.values())
    lines = [
        f"# {count:,} odd files\n",
        f"`python -m bench.fuzz {count}`: {seconds:.0f} s, one core.\n",
        "| kind | inputs | read | put aside or refused | anything else |",
        "|---|---|---|---|---|",
    ]
    for kind, found in tally.outcomes.items():
        whole, read, fault = sum(found.values()), found["read"], found["fault"]
        lines.append(f"| {kind} | {whole:,} | {read:,} | {whole - read - fault:,} | {fault:,} |")
    reasons: Counter[str] = Counter()
    for found in tally.outcomes.values():
        reasons.update(found)
    lines += ["\n| why put aside | inputs |", "|---|---|"]
    for text, number in reasons.most_common():
        if text not in {"read", "fault"}:
            lines.append(f"| {text} | {number:,} |")
    kinds = ", ".join(f"{name} {number:,}" for name, number in tally.raised.most_common() if number)
    lines.append(f"\nWhat the libraries raised, all of it turned into reasons: {kinds}.")
    took, what = tally.slowest
    lines.append(f"\nSlowest: {took:.2f} s ({what}). Peak memory: {tally.growth:.0f} MB more.")
    lines += [f"\n{fault}" for fault in tally.faults[:20]]
    return "\n".join(lines) + "\n"


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"over {SLOW:g} s")


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int) -> None:
    """Write the table; fail on any fault."""
    start = time.perf_counter()
    tally = run(count)
    text = table(tally, time.perf_counter() - start)
    RESULT.write_text(text, encoding="utf-8")
    print(text)
    if tally.faults:
        sys.exit(f"{len(tally.faults)} faults")


if __name__ == "__main__":
    main(int((sys.argv[1:] or [COUNT])[0]))
