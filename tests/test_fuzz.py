"""Odd files by the hundred in this process; and that a fault would be seen."""

import tokenize
from pathlib import Path

import pytest
from PIL import Image

from bench import fuzz
from bench.odd import corpus, make_input
from depthfaces.sources import decode


def test_some_hundred_odd_files_are_read_or_put_aside() -> None:
    tally = fuzz.run(400)
    assert tally.faults == []
    assert sum(sum(found.values()) for found in tally.outcomes.values()) == 400
    assert set(tally.outcomes) == set(fuzz.READERS)
    assert {type_ for type_, number in tally.raised.items() if number} >= {"SyntaxError"}


def test_good_files_are_read(tmp_path: Path) -> None:
    """Or the mutated ones would be refused for what is not their damage."""
    known = corpus()
    for kind in ("PNG", "JPEG", "NPY", "NPZ", "prepared NPY", "zip"):
        name, reader, _ = fuzz.READERS[kind]
        for content in known[kind]:
            (tmp_path / name).write_bytes(content)
            reader(tmp_path / name)


def test_an_input_is_always_the_same() -> None:
    known = corpus()
    one, other = (make_input("PNG", known, fuzz.np.random.default_rng([1, 2])) for _ in range(2))
    assert one == other


@pytest.mark.parametrize("fault", [tokenize.TokenError("odd"), AssertionError("shape")])
def test_a_foreign_exception_is_a_fault(
    fault: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        raise fault

    monkeypatch.setitem(fuzz.READERS, "PNG", ("x.png", fail, decode.UnusableError))
    tally = fuzz.run(3)
    assert len(tally.faults) == 3
    assert "input 0 (PNG)" in tally.faults[0]
    assert "| PNG | 3 | 0 | 0 | 3 |" in fuzz.format_table(tally, 1.0)


def test_a_reader_that_hangs_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(path: Path) -> None:
        while True:
            pass

    monkeypatch.setattr(fuzz, "SLOW_SECONDS", 0.01)
    monkeypatch.setitem(fuzz.READERS, "PNG", ("x.png", hang, decode.UnusableError))
    assert "TooSlow" in fuzz.run(1).faults[0]


FOREIGN = (
    tokenize.TokenError("odd"),
    OverflowError("odd"),
    TypeError("odd"),
    IndexError("odd"),
    RecursionError("odd"),
    KeyError("odd"),
)


@pytest.mark.parametrize("fault", FOREIGN, ids=lambda fault: type(fault).__name__)
def test_whatever_a_decoder_raises_puts_the_file_aside(
    fault: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(decode.UnusableError, match=r"^damaged: (no '?)?odd'?$"):
        decode.decode(tmp_path / "a.png", 64)


def test_too_little_memory_for_one_file_is_its_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(decode.UnusableError, match="asks for more memory"):
        decode.decode(tmp_path / "a.png", 64)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_is_no_damage(
    stop: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(*_: object, **__: object) -> None:
        raise stop

    monkeypatch.setattr(Image, "open", end)
    with pytest.raises(stop):
        decode.decode(tmp_path / "a.png", 64)
