"""A data set on Kaggle: fetched by Kaggle's own client, unpacked by us, read as a folder."""

import contextlib
import io
import re
import tempfile
import zipfile
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import requests

from depthfaces.errors import MachineError, ParamsError
from depthfaces.schema import Params
from depthfaces.sources import archive as packed
from depthfaces.sources import folder

# The paper gives a share link only, which the client does not understand.
PRESETS = {"paper": "", "fer2013": "msambare/fer2013", "mma": "mahmoudima/mma-facial-expression"}
ATTEMPTS = 4  # when Kaggle asks to wait (429)
_OFFLINE = "or use data.source: virtual, which needs no network"
_ADVICE: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "the credentials are not accepted: make a new token on "
    "kaggle.com/settings",
    HTTPStatus.FORBIDDEN: "no access: open the data set's page on kaggle.com once, logged in, and "
    "accept its terms",
    HTTPStatus.NOT_FOUND: "no such data set: check data.kaggle.dataset",
    HTTPStatus.TOO_MANY_REQUESTS: "too many requests: wait some minutes and run again",
}


def collect(params: Params, out: Path) -> None:
    """Fetch `data.kaggle.dataset` and read it into the raw set `out`."""
    data = params.data
    dataset = resolve(data.kaggle.dataset)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".kaggle.", dir=out.parent) as name:
        temporary, most = Path(name), int(data.max_gigabytes * 1e9)
        archive = fetch(dataset, temporary, data.kaggle.timeout, most)
        packed.unzip(archive, temporary / "unpacked", data.max_files, most)
        archive.unlink()
        folder.read(temporary / "unpacked", data, out, f"kaggle:{dataset}")


def resolve(name: str) -> str:
    """Return owner/slug or owner/slug/VERSION of a preset or of such a name itself."""
    if name == "paper":
        raise ParamsError(
            "data.kaggle.dataset: the paper's set is known by a share link only; open the link "
            "once in a browser and put the owner/slug that it leads to here"
        )
    dataset = PRESETS.get(name, name)
    if not re.fullmatch(r"[\w-]+/[\w-]+(/[0-9]+)?", dataset, re.ASCII):
        known = ", ".join(PRESETS)
        raise ParamsError(
            f"data.kaggle.dataset: expected one of {known}, owner/slug or owner/slug/VERSION, "
            f"found {name!r}"
        )
    return dataset


def fetch(dataset: str, folder: Path, timeout: int, max_bytes: int) -> Path:
    """Download `dataset` as one zip archive into `folder` and return its path."""
    with contextlib.redirect_stdout(io.StringIO()), _time_limit(timeout):
        try:
            api = _client(max_bytes)
            # 429 alone is tried again here; the client resumes a broken body by itself.
            api.with_retry(_download, max_retries=ATTEMPTS)(api, dataset, folder)
        except requests.HTTPError as fault:
            status = getattr(fault.response, "status_code", 0)
            raise _failure(dataset, _ADVICE.get(status, f"answer {status}: run again")) from None
        except requests.RequestException as fault:
            raise _broken(dataset, fault) from None
        except ValueError:  # the client's word for a body of the wrong length
            raise _failure(dataset, "the download is incomplete: run again") from None
    archive = folder / f"{dataset.split('/')[1]}.zip"
    if not zipfile.is_zipfile(archive):
        raise _failure(dataset, "what came is no zip archive (a web page or a part): run again")
    return archive


def _failure(dataset: str, text: str) -> MachineError:
    """Return the fault for the user; the client's own text may hold a signed address."""
    return MachineError(f"Kaggle, {dataset}: {text}; {_OFFLINE}")


def _broken(dataset: str, fault: Exception) -> MachineError:
    return _failure(dataset, f"no answer, or broken off ({type(fault).__name__}): run again")


def _client(max_bytes: int) -> Any:
    """Return the client, logged in; it refuses bodies larger than `max_bytes`."""
    try:
        # Here and not above: the import logs in, prints and makes a folder in the user's home.
        from kaggle.api.kaggle_api_extended import KaggleApi  # noqa: PLC0415

        api = KaggleApi()
        api.authenticate()
    except SystemExit:
        raise MachineError(
            "Kaggle: no credentials, or none that is accepted; make a token on kaggle.com/settings "
            f"and put it into KAGGLE_API_TOKEN or ~/.kaggle/access_token, {_OFFLINE}"
        ) from None
    download = api.download_file

    def bounded(response: Any, *rest: Any) -> None:
        size = int(response.headers.get("Content-Length") or 0)
        if size > max_bytes:
            raise MachineError(
                f"Kaggle: the archive has {size} bytes, allowed are {max_bytes}; raise "
                f"data.max_gigabytes, {_OFFLINE}"
            )
        download(response, *rest)

    api.download_file = bounded
    return api


def _download(api: Any, dataset: str, folder: Path) -> None:
    try:
        api.dataset_download_files(dataset, path=str(folder), force=True, quiet=False)
    except requests.HTTPError as fault:
        # The client prints what it tries again: without this, with the signed address.
        raise requests.HTTPError("Kaggle asks to wait", response=fault.response) from None
    except requests.ConnectionError as fault:
        raise _broken(dataset, fault) from None


@contextlib.contextmanager
def _time_limit(seconds: int) -> Iterator[None]:
    """Give every request of the client a time limit; it sets none for most of them."""
    send = requests.Session.send

    def limited(self: requests.Session, request: Any, **options: Any) -> requests.Response:
        return send(self, request, **{**options, "timeout": seconds})

    requests.Session.send = limited  # type: ignore[method-assign]  # undone below
    try:
        yield
    finally:
        requests.Session.send = send  # type: ignore[method-assign]
