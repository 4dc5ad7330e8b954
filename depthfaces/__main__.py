"""Commands beside the stages: python -m depthfaces COMMAND."""

import argparse
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from depthfaces import command, kept_config, params, profiles, scratch, shipped
from depthfaces.errors import ParamsError
from depthfaces.schema import Data

CLASSIFIERS = Path("models/classify")
# Pixels: below 50 a frame as wide would show half a room, above 5,000 no depth camera has it.
FOCAL = (50, 5000)


def check() -> None:
    """Check params.yaml and every profile."""
    params.load()
    for name in profiles.names():
        profiles.load(name)
    sys.stdout.write(f"params.yaml and profiles ({', '.join(profiles.names())}): no mistakes\n")


def profile(name: str, *, set: bool) -> None:
    """Show what a profile changes; with --set as arguments of `dvc exp run`."""
    changes = profiles.load(name)
    lines = [f"{key}: {value}" for key, value in changes.items()]
    sys.stdout.write((profiles.settings(changes) if set else "\n".join(lines)) + "\n")


def run_scratch(name: str) -> None:
    """Run the pipeline under a profile in build/NAME, apart from your data and results."""
    folder = Path("build") / name
    scratch.make(Path(), folder, name)
    if code := scratch.run(folder):
        sys.exit(code)
    sys.stdout.write(f"reports: {folder / 'reports'}\n")


def recognise(
    *files: Path, model: str = "", focal: float = 0.0, models: Path = CLASSIFIERS, units: bool
) -> None:
    """Tell the emotion in depth images: raw frames (16-bit PNG, NPY in mm) or prepared faces.

    Nets that come with the package answer, they learned from 600 virtual people; after a run on
    faces of your own the best of its classifiers on validation does. --model asks one of
    classify.models; --focal is the camera's focal length in pixels, by default (0) that of the
    frames learned from. --units names the action units that are shown as well, and how strongly
    (0 to 1), as nets of the package see them. Files that cannot be used are listed at the end; only
    where none can be used is that an error.
    """
    low, high = FOCAL
    if focal and not low <= focal <= high:
        raise ParamsError(
            f"--focal: expected a focal length in pixels between {low} and {high}, found {focal:g}"
        )
    settings = params.load()
    models = shipped.folder_to_ask(models, CLASSIFIERS, model, settings.data.source)
    chosen, config = kept_config.read(models, model)
    if units:
        shipped.check_like(config)
    from depthfaces import recognise as recognising  # noqa: PLC0415 - torch takes seconds to load
    from depthfaces.classify import kept  # noqa: PLC0415
    from depthfaces.units import Units  # noqa: PLC0415

    camera = recognising.Camera(focal or usual_focal(settings.data), settings.data.max_side)
    if models == shipped.FOLDER:
        sys.stderr.write(
            "the nets that come with the package answer, they learned from 600 virtual people; "
            "classifiers of a run: --model svm (any of classify.models)\n"
        )
    named = Units.load(shipped.UNITS) if units else None
    recognising.tell(files, kept.load(models, chosen), camera, named, settings.threads)


def usual_focal(data: Data) -> float:
    """Return the focal length in pixels of the frames that `data` describes."""
    if data.source != "virtual":
        return data.folder.focal
    if data.virtual.sensor == "own":
        return data.virtual.focal
    from depthfaces.sources.virtual import sensors  # noqa: PLC0415 - warp takes a second to load

    return sensors.SENSORS[data.virtual.sensor].focal


def sample(*, emotion: str, count: int, out: Path, seed: int = 0) -> None:
    """Write faces of one emotion from the trained model in models/gan to the new folder OUT."""
    _check_folder(out)
    from depthfaces.export import again  # noqa: PLC0415 - torch takes seconds to load

    settings = params.load()
    wanted = again.Wanted(emotion, count, seed)
    sys.stdout.write(again.draw(wanted, out, settings))


def _check_folder(out: Path) -> None:
    """Refuse a folder that cannot be made, before anything is drawn for it."""
    try:
        first = next(path for path in (out, *out.parents) if path.exists() or path.is_symlink())
    except PermissionError:
        raise
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or fault
        raise ParamsError(f"--out: expected a new folder: {reason}: {out}") from None
    if not first.is_dir():
        raise ParamsError(f"--out: expected a new folder, found that {first} is a file")


def remake(identity: str, *, folder: Path = Path("data/synthetic")) -> None:
    """Make one exported face again and compare it with FOLDER, bit for bit."""
    from depthfaces.export import again  # noqa: PLC0415 - torch takes seconds to load

    sys.stdout.write(again.remade(identity, folder, params.load().threads))


def judge(
    *, real: Path, synthetic: Path, out: Path = Path("build/judge"), test: Path = Path()
) -> None:
    """Judge anybody's faces: --real and --synthetic are folders of images or prepared sets.

    Do the synthetic ones look real, are they copies, do they help on people left out? People of
    the folder --test are held out where it is given, else some of the real ones. Writes page and
    numbers to --out.
    """
    from depthfaces import judge as judging  # noqa: PLC0415 - the locator's net takes a second

    folders = judging.Folders(real, synthetic, test if test != Path() else None)
    if code := judging.judge(folders, out, params.load()):
        sys.exit(code)
    sys.stdout.write(f"report: {out / 'index.html'}\n")


def few(
    *,
    faces: Path = Path("data/faces"),
    people: int = 0,
    profile: str = "few",
    out: Path = Path("reports/few-people"),
) -> None:
    """Run the experiment with few people whole, as profiles/few.yaml says: an hour or two.

    All that learns meets those people alone. --people asks for one number of them. A run that was
    ended goes on where it was. Tables and figures are written to --out.
    """
    settings = profiles.params_of(profile)
    from depthfaces.faces import FaceSet  # noqa: PLC0415 - torch takes seconds to load
    from depthfaces.few import alone  # noqa: PLC0415
    from depthfaces.few.task import Task  # noqa: PLC0415

    if people:
        settings = alone.with_people(settings, [people])
    sys.stdout.write(alone.run(Task.of(FaceSet.open(faces), settings), settings, out))


def verify() -> None:
    """Make every number of the report again from data/, and fail at the first that differs."""
    from depthfaces import verify  # noqa: PLC0415 - torch and scikit-learn take seconds to load

    count = verify.verify(Path("data"), CLASSIFIERS, Path("reports"), params.load())
    sys.stdout.write(f"reports: {count:,} values made again, all equal\n")


def run_audit(*tables: Path) -> None:
    """Check published tables (YAML) by arithmetic: what cannot be, with the reason."""
    from depthfaces.audit import audit  # noqa: PLC0415 - scipy takes a second to load

    for path in tables:
        findings = audit.audit(path)
        sys.stdout.write(f"{path}: {len(findings)} findings\n")
        for finding in findings:
            sys.stdout.write(f"  {finding}\n")


def ratings(*judgements: Path) -> None:
    """Count what raters took for real, from files that the study's rating page saved (CSV)."""
    from depthfaces.studies.dfeatures import rating  # noqa: PLC0415 - scipy takes a second to load

    for kind, found in rating.read(judgements).items():
        share, low, high = found.interval
        sys.stdout.write(
            f"{kind} faces taken for real: {found.real} of {found.of}, {100 * share:.1f} % "
            f"({100 * low:.1f} to {100 * high:.1f})\n"
        )


COMMANDS: dict[str, Callable[..., None]] = {
    "audit": run_audit,
    "check": check,
    "few": few,
    "judge": judge,
    "profile": profile,
    "ratings": ratings,
    "recognise": recognise,
    "remake": remake,
    "sample": sample,
    "scratch": run_scratch,
    "verify": verify,
}


def main(argv: list[str] | None = None) -> None:
    """Run the command named first on the command line with the rest of it."""
    lines = [f"  {name:10}{inspect.getdoc(call)}" for name, call in COMMANDS.items()]
    parser = argparse.ArgumentParser(
        "python -m depthfaces",
        description="commands:\n" + "\n".join(lines),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=COMMANDS, metavar="COMMAND")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    chosen = parser.parse_args(argv)
    command.run(COMMANDS[chosen.command], chosen.arguments, f"{parser.prog} {chosen.command}")


if __name__ == "__main__":
    main()
