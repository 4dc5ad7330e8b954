"""Odd files by the thousand: each is read or put aside with a reason, and nothing else happens.

    python -m bench.fuzz [COUNT]

COUNT inputs (default 100,000) are made from small good ones by flipped bits, other bytes, cuts,
repeated blocks, changed numbers and splices, half of them with the checksums of PNG and zip
repaired, so that the damage reaches the decoders behind them. Input k is always the same bytes.
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

from bench.odd import SEED, SIDE, corpus, make_input
from depthfaces import params
from depthfaces.errors import DataError, ParamsError
from depthfaces.sources import archive, decode, layout

RESULT_FILE = Path(__file__).parent / "results" / "fuzz.md"
INPUT_COUNT = 100_000
SLOW_SECONDS, GROWTH_LIMIT = 5.0, 100.0  # seconds per input, MB in total
MAX_SIDE = 2048
WARM_INPUTS = 1000  # inputs before memory counts: libraries load their parts at first use
# Of a hundred inputs; the text of parameters is slow to read.
KIND_SHARES = {
    "PNG": 32,
    "JPEG": 22,
    "NPY": 22,
    "NPZ": 14,
    "prepared NPY": 5,
    "zip": 3,
    "labels.csv": 1,
}
KIND_CYCLE = [kind for kind, share in KIND_SHARES.items() for _ in range(share)] + ["params.yaml"]


class TooSlow(BaseException):
    """Raised by the clock inside whatever takes too long."""


@dataclass
class Tally:
    """Counts of outcomes by kind of input, and of exceptions `raised` by libraries and caught.

    Then the faults, none of which may happen, the slowest input, and MB of memory.
    """

    outcomes: dict[str, Counter[str]] = field(default_factory=dict)
    raised: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "none")
    growth: float = 0.0


def read_image(path: Path) -> None:
    """Read an image as the download does: its header, then its pixels."""
    header = decode.peek(path, MAX_SIDE)
    pixels = decode.decode(path, MAX_SIDE)
    unit = "mm" if pixels.dtype == np.uint16 else "relative"
    assert decode.Header(*pixels.shape, unit) == header, "pixels are as the header said"


def read_prepared(path: Path) -> None:
    """Read an array as `recognise` does."""
    if decode.prepared(path, SIDE) is None:
        decode.decode(path, MAX_SIDE)


def read_archive(path: Path) -> None:
    """Unpack an archive into a scratch folder."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        archive.unzip(path, Path(scratch) / "out", 100, 1 << 20)


# Kind: the file's name, what reads it, and what it may raise.
READERS: dict[str, tuple[str, Callable[[Path], object], type[Exception]]] = {
    "PNG": ("x.png", read_image, decode.UnusableError),
    "JPEG": ("x.jpg", read_image, decode.UnusableError),
    "NPY": ("x.npy", read_image, decode.UnusableError),
    "NPZ": ("x.npz", read_image, decode.UnusableError),
    "prepared NPY": ("x.npy", read_prepared, decode.UnusableError),
    "zip": ("x.zip", read_archive, DataError),
    "labels.csv": ("t/labels.csv", lambda path: layout.listing(path.parent, "auto"), DataError),
    "params.yaml": ("params.yaml", params.load, ParamsError),
}


def run(count: int) -> Tally:
    """Read `count` odd inputs and return the tally of outcomes."""
    tally, good_files = Tally(), corpus()
    previous_handler = signal.signal(signal.SIGALRM, _raise_too_slow)
    warm_memory = 0.0
    try:
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / "t").mkdir()
            for input_number in range(count):
                rng = np.random.default_rng([SEED, input_number])
                kind = KIND_CYCLE[input_number % len(KIND_CYCLE)]
                path = Path(scratch) / READERS[kind][0]
                path.write_bytes(make_input(kind, good_files, rng))
                _read_input(input_number, kind, path, tally)
                if input_number == min(WARM_INPUTS, count - 1):
                    warm_memory = _peak_memory()
    finally:
        signal.signal(signal.SIGALRM, previous_handler)
    tally.growth = _peak_memory() - warm_memory
    if tally.growth > GROWTH_LIMIT:
        tally.faults.append(f"{tally.growth:.0f} MB more memory")
    return tally


def _read_input(input_number: int, kind: str, path: Path, tally: Tally) -> None:
    """Read one input, and count its outcome."""
    _, reader, refusal = READERS[kind]
    outcome, start_time = "read", time.perf_counter()
    signal.setitimer(signal.ITIMER_REAL, SLOW_SECONDS)
    try:
        reader(path)
    except refusal as fault:
        tally.raised[type(fault.__context__).__name__] += fault.__context__ is not None
        outcome = reason(str(fault)) if refusal is decode.UnusableError else "refused"
    except (Exception, TooSlow) as fault:
        outcome = "fault"
        tally.faults.append(f"input {input_number} ({kind}): {type(fault).__name__}: {fault}")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    seconds = time.perf_counter() - start_time
    tally.slowest = max(tally.slowest, (seconds, f"input {input_number}, {kind}"))
    tally.outcomes.setdefault(kind, Counter())[outcome] += 1


def reason(text: str) -> str:
    """Return a reason without its particulars."""
    return re.sub(r"\d+", "N", re.split(r":|, found| \(", text)[0])


def format_table(tally: Tally, seconds: float) -> str:
    """Return the tally as Markdown."""
    count = sum(sum(outcome_counts.values()) for outcome_counts in tally.outcomes.values())
    table_lines = [
        f"# {count:,} odd files\n",
        f"`python -m bench.fuzz {count}`: {seconds:.0f} s, one core.\n",
        "| kind | inputs | read | put aside or refused | anything else |",
        "|---|---|---|---|---|",
    ]
    for kind, outcome_counts in tally.outcomes.items():
        total, read_count, fault_count = (
            sum(outcome_counts.values()),
            outcome_counts["read"],
            outcome_counts["fault"],
        )
        table_lines.append(
            f"| {kind} | {total:,} | {read_count:,} | {total - read_count - fault_count:,} "
            f"| {fault_count:,} |"
        )
    reason_counts: Counter[str] = Counter()
    for outcome_counts in tally.outcomes.values():
        reason_counts.update(outcome_counts)
    table_lines += ["\n| why put aside | inputs |", "|---|---|"]
    for reason_text, occurrences in reason_counts.most_common():
        if reason_text not in {"read", "fault"}:
            table_lines.append(f"| {reason_text} | {occurrences:,} |")
    raised_kinds = ", ".join(
        f"{name} {occurrences:,}" for name, occurrences in tally.raised.most_common() if occurrences
    )
    table_lines.append(
        f"\nWhat the libraries raised, all of it turned into reasons: {raised_kinds}."
    )
    slowest_seconds, slowest_input = tally.slowest
    table_lines.append(
        f"\nSlowest: {slowest_seconds:.2f} s ({slowest_input}). "
        f"Peak memory: {tally.growth:.0f} MB more."
    )
    table_lines += [f"\n{fault}" for fault in tally.faults[:20]]
    return "\n".join(table_lines) + "\n"


def _raise_too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"over {SLOW_SECONDS:g} s")


def _peak_memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int) -> None:
    """Write the table; fail on any fault."""
    start_time = time.perf_counter()
    tally = run(count)
    text = format_table(tally, time.perf_counter() - start_time)
    RESULT_FILE.write_text(text, encoding="utf-8")
    print(text)
    if tally.faults:
        sys.exit(f"{len(tally.faults)} faults")


if __name__ == "__main__":
    main(int((sys.argv[1:] or [INPUT_COUNT])[0]))
