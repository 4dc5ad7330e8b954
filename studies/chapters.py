"""Put the four companion studies on one page, a chapter each."""

from pathlib import Path

from depthfaces import command, files
from depthfaces.studies import page


def main(results: Path, faces: Path, out: Path) -> None:
    """Write OUT, one HTML file that needs no other, from the chapters in RESULTS, of FACES."""
    files.write_text(out, page.build(results, faces))


if __name__ == "__main__":
    command.run(main)
