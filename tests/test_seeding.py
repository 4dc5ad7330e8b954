"""Named streams: equal everywhere, apart from each other."""

import subprocess
import sys
from pathlib import Path

import numpy as np

from depthfaces import seeding

KNOWN = 151544794589713049


def test_number_is_the_first_eight_bytes_of_the_hash() -> None:
    """sha256 of '7/people/12', its first 8 bytes as little-endian, without the lowest bit."""
    assert seeding.number(7, "people", 12) == KNOWN


def test_same_name_gives_the_same_draws() -> None:
    first, second = (seeding.stream(7, "noise").standard_normal(8) for _ in range(2))
    assert np.array_equal(first, second)


def test_any_other_seed_or_name_gives_other_draws() -> None:
    streams = [(7,), (8,), (7, "a"), (7, "b"), (7, "a", "b"), (7, "a", 1), (7, "a", 11)]
    draws = {seeding.stream(*names).integers(2**62) for names in streams}
    assert len(draws) == len(streams)


def test_numbers_fit_the_seed_of_every_library() -> None:
    numbers = [seeding.number(seed, "x") for seed in range(1000)]
    assert min(numbers) >= 0
    assert max(numbers) < 2**63
    assert len(set(numbers)) == 1000


def test_hash_randomisation_of_python_has_no_influence() -> None:
    code = "from depthfaces import seeding; print(seeding.number(7, 'people', 12))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=Path(__file__).parents[1],
            env={"PYTHONHASHSEED": hashing},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hashing in ("1", "2")
    }
    assert found == {str(KNOWN)}
