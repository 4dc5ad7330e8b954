"""download: frames from `data.source` into one raw set."""

from pathlib import Path

from depthfaces import command, params, sources


def main(out: Path) -> None:
    """Collect labelled faces (virtual camera, folder or Kaggle) into the raw set OUT."""
    sources.collect(params.load(), out)


if __name__ == "__main__":
    command.run(main)
