"""Named random streams, all derived from the one seed, so that adding a stream moves no other."""

import hashlib

import numpy as np


def number(seed: int, *names: str | int) -> int:
    """Return the 63-bit seed of the stream `names`; equal on every machine and Python."""
    text = "/".join(str(part) for part in (seed, *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little") >> 1


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of the stream `names`, e.g. `stream(7, "people", 12)`."""
    return np.random.default_rng(number(seed, *names))
