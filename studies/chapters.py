"""Put the four companion studies on one page, a chapter each."""

from pathlib import Path

from depthfaces import command, files
from depthfaces.studies import page


def main(results: Path, out: Path) -> None:
    """Write OUT, one HTML file that needs no other, from the chapters in RESULTS."""
    files.write_text(out, page.build(results))


if __name__ == "__main__":
    command.run(main)
