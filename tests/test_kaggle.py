"""The real Kaggle client against a server of our own on this machine: good answers and bad ones."""

import http.server
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from depthfaces.errors import ParamsError
from depthfaces.faces import FaceSet
from depthfaces.sources import kaggle

TOP = Path(__file__).parent.parent
SECRET = "5ecre7-key"
# The stage, without the client's waits between attempts.
DRIVER = """
import sys, time
time.sleep = lambda seconds: None
from depthfaces import command
from stages.download import main
command.run(main)
"""


def good_zip() -> bytes:
    """Return a set of two classes as Kaggle packs it."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number, name in enumerate(["angry/a.png", "happy/a.png", "happy/b.png"]):
            noise = np.random.default_rng(number).integers(0, 256, (20, 20), np.uint8)
            image = io.BytesIO()
            Image.fromarray(noise).save(image, "PNG")
            archive.writestr(f"set/train/{name}", image.getvalue())
    return stream.getvalue()


class Answers(http.server.BaseHTTPRequestHandler):
    """Stands for Kaggle (POST: redirect or a status) and its storage (GET: the body)."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.path, self.headers["Authorization"], asked))
        if self.path.endswith("security.OAuthService/IntrospectToken"):
            self.answer(b'{"active": true, "username": "somebody"}', "application/json")
            return
        status = self.server.statuses.pop(0)
        if status == 302:
            self.send_response(302)
            self.send_header("Location", "http://localhost/storage/a.zip?signature=5igned")
            self.end_headers()
        elif status == 0:
            time.sleep(5)  # no answer; the client's limit is 1 s
        else:
            self.send_error(status)

    def do_GET(self) -> None:
        self.answer(self.server.body, "application/zip", self.server.missing)

    def answer(self, body: bytes, kind: str, missing: int = 0) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + missing))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    """Answers POST with `statuses` in turn, GET with `body`, `missing` bytes too short."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.asked: list[tuple[str, str, dict[str, object]]] = []
        self.statuses, self.body, self.missing = [302], good_zip(), 0


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as one:
        threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True).start()
        yield one
        one.shutdown()


def download(
    place: Path, port: int, dataset: str = "owner/some-set", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the stage in `place` with the port as the only way out."""
    text = (TOP / "params.yaml").read_text(encoding="utf-8")
    text = text.replace("source: virtual", "source: kaggle")
    text = text.replace("dataset: ''", f"dataset: {dataset}").replace("timeout: 60", "timeout: 1")
    (place / "params.yaml").write_text(text, encoding="utf-8")
    proxy = f"http://127.0.0.1:{port}"
    hermetic = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(TOP),
        "HOME": str(place),
        "KAGGLE_CONFIG_DIR": str(place),
        "KAGGLE_API_ENVIRONMENT": "LOCALHOST",
        "http_proxy": proxy,
        "https_proxy": proxy,
        "KAGGLE_USERNAME": "somebody",
        "KAGGLE_KEY": SECRET,
    }
    command = [sys.executable, "-c", DRIVER, str(place / "raw")]
    given = {key: value for key, value in (hermetic | environment).items() if value}
    return subprocess.run(
        command, cwd=place, env=given, capture_output=True, text=True, timeout=60, check=False
    )


def failed(place: Path, done: subprocess.CompletedProcess[str], words: str) -> None:
    """Expect exit 5, one line with `words` and the way out, no secret, and nothing left."""
    assert done.returncode == 5, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: Kaggle")
    assert words in last
    assert "use data.source: virtual" in last
    assert "Traceback" not in done.stderr
    silent(done)
    assert [path.name for path in place.iterdir()] == ["params.yaml"]


def silent(done: subprocess.CompletedProcess[str]) -> None:
    """Expect neither a credential nor a signed address in what was printed."""
    assert done.stdout == ""
    for secret in (SECRET, "5igned", "Authorization"):
        assert secret not in done.stderr


def test_a_good_answer(tmp_path: Path, server: Server) -> None:
    done = download(tmp_path, server.server_port, "owner/some-set/3")
    assert done.returncode == 0, done.stderr
    faces = FaceSet.open(tmp_path / "raw")
    assert faces.table["label"].tolist() == ["Anger", "Happiness", "Happiness"]
    assert set(faces.table["source"]) == {"kaggle:owner/some-set/3"}
    ((path, login, asked),) = server.asked
    assert path.endswith("datasets.DatasetApiService/DownloadDataset")
    assert login.startswith("Basic ")
    assert asked == {"ownerSlug": "owner", "datasetSlug": "some-set", "datasetVersionNumber": 3}
    silent(done)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["params.yaml", "raw"]


@pytest.mark.slow
def test_a_token(tmp_path: Path, server: Server) -> None:
    token = {"KAGGLE_API_TOKEN": SECRET, "KAGGLE_USERNAME": "", "KAGGLE_KEY": ""}
    done = download(tmp_path, server.server_port, **token)
    assert done.returncode == 0, done.stderr
    assert server.asked[-1][1] == f"Bearer {SECRET}"
    silent(done)


def test_asked_to_wait_then_served(tmp_path: Path, server: Server) -> None:
    server.statuses = [429, 429, 302]
    done = download(tmp_path, server.server_port)
    assert done.returncode == 0, done.stderr
    assert len(server.asked) == 3
    silent(done)


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ([404], "no such data set: check data.kaggle.dataset"),
        pytest.param([401], "the credentials are not accepted", marks=pytest.mark.slow),
        pytest.param([403], "accept its terms", marks=pytest.mark.slow),
        pytest.param([500], "answer 500", marks=pytest.mark.slow),
        pytest.param([429] * 4, "too many requests", marks=pytest.mark.slow),
        pytest.param([0], "no answer, or broken off (ReadTimeout)", marks=pytest.mark.slow),
    ],
)
def test_refusals(tmp_path: Path, server: Server, statuses: list[int], words: str) -> None:
    server.statuses = [*statuses]
    failed(tmp_path, download(tmp_path, server.server_port), words)
    assert server.statuses == []


def test_a_page_in_place_of_a_zip(tmp_path: Path, server: Server) -> None:
    server.body = b"<html>log in</html>"
    failed(tmp_path, download(tmp_path, server.server_port), "no zip archive")


@pytest.mark.slow
def test_a_body_cut_short(tmp_path: Path, server: Server) -> None:
    server.missing = 1000
    failed(tmp_path, download(tmp_path, server.server_port), "broken off")


@pytest.mark.slow
def test_a_body_cut_short_that_looks_whole(tmp_path: Path, server: Server) -> None:
    server.body = server.body[: len(server.body) // 2]
    failed(tmp_path, download(tmp_path, server.server_port), "no zip archive")


@pytest.mark.slow
def test_larger_than_allowed(tmp_path: Path, server: Server) -> None:
    server.missing = 10**12
    failed(tmp_path, download(tmp_path, server.server_port), "raise data.max_gigabytes")


def test_no_credentials(tmp_path: Path, server: Server) -> None:
    done = download(tmp_path, server.server_port, KAGGLE_USERNAME="", KAGGLE_KEY="")
    failed(tmp_path, done, "no credentials")
    assert server.asked == []


@pytest.mark.slow
def test_no_network(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # taken, but nobody listens
        done = download(tmp_path, closed.getsockname()[1])
    failed(tmp_path, done, "no answer, or broken off (ProxyError)")


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("fer2013", "msambare/fer2013"),
        ("mma", "mahmoudima/mma-facial-expression"),
        ("some_body/a-set", "some_body/a-set"),
        ("somebody/a-set/12", "somebody/a-set/12"),
    ],
)
def test_names(name: str, dataset: str) -> None:
    assert kaggle.resolve(name) == dataset


@pytest.mark.parametrize(
    "name",
    ["", "a", "a/b/c", "a/b/1/2", "../x", "a/b;ls", "https://kaggle.com/a/b", "ä/b", "a/b\n"],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ParamsError, match="paper, fer2013, mma, owner/slug or owner/slug/VERSION"):
        kaggle.resolve(name)


def test_the_paper_is_explained() -> None:
    with pytest.raises(ParamsError, match="once in a browser"):
        kaggle.resolve("paper")
