"""Put everything that was found on one page."""

from pathlib import Path

from depthfaces import command, files, params
from depthfaces.report import drawing, page, results


def main(reports: Path, faces: Path, synthetic: Path, baselines: Path, out: Path) -> None:
    """Write OUT, one HTML file that needs no other, and its figures to the folder beside it."""
    settings = params.load().report
    found = results.load(reports, faces, synthetic, baselines)
    files.write_text(out, page.build(found, settings.columns))
    for name, figure in page.draw(found).items():
        with files.atomic(out.parent / "figures" / f"{name}.png") as path:
            path.write_bytes(drawing.png(figure, settings.dpi))


if __name__ == "__main__":
    command.run(main)
