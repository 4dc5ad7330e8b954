"""Digest the code of every stage, so that a stage runs again where its code does something else."""

from pathlib import Path

from depthfaces import command, files
from depthfaces.closure import Checkout


def main(out: Path) -> None:
    """Write OUT/STAGE.txt: digest and path of each file that the script of the stage needs."""
    checkout = Checkout(Path())
    for folder in ("stages", "studies"):
        for script in sorted(Path(folder).glob("[!_]*.py")):
            files.write_text(out / f"{script.stem}.txt", checkout.digests(script))


if __name__ == "__main__":
    command.run(main)
