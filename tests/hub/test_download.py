"""What a download from the hub and one from GitHub have in common: places, settings, pins, faults of this machine."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hub_place import (
    COMMIT,
    LARGE,
    LINES,
    SMALL,
    TEXT,
    TRAIN,
    WRONG,
    digest,
    kept,
    problem,
)

from assl_utils import progress
from assl_utils.errors import DataError
from assl_utils.hub import download, repos
from assl_utils.sources import github

pytestmark = pytest.mark.usefixtures("at_home")


def github_text(**options):
    return github.fetch("owner/repo", COMMIT, TEXT, **options)


@pytest.mark.parametrize(
    ("variable", "host", "call"),
    [
        ("HF_ENDPOINT", "huggingface.co", lambda: repos.fetch("owner/data", "train.json", revision=COMMIT)),
        ("HF_ENDPOINT", "huggingface.co", lambda: repos.fetch("owner/data", "train.json")),
        ("ASSL_GITHUB_RAW", "raw.githubusercontent.com", lambda: github.fetch("owner/data", COMMIT, "train.json")),
    ],
)
def test_without_settings_the_public_addresses_are_asked(monkeypatch, at_home, variable, host, call):
    monkeypatch.setenv(variable, "")
    assert problem(call).endswith(
        f"owner/data/train.json: https://{host} cannot be reached ({host} is no host of this test): check network and "
        f"proxy, or point {variable} at a mirror ({variable} is not set)"
    )
    assert set(at_home) == {host}
    at_home.clear()


def test_threads_take_turns(server):
    calls = [lambda: github.fetch("owner/repo", COMMIT, TEXT), lambda: repos.fetch("owner/data", "train.json")] * 4
    with ThreadPoolExecutor(8) as pool:
        got = [future.result() for future in [pool.submit(call) for call in calls]]
    assert {file.sha256 for file in got} == {digest(LINES), digest(SMALL)}
    assert len([path for path in server.paths() if path.endswith("train.txt")]) == 1


@pytest.mark.parametrize(
    ("settings", "argument", "folder"),
    [
        ({}, None, "home/.cache/assl"),
        ({"XDG_CACHE_HOME": "xdg"}, None, "xdg/assl"),
        ({"XDG_CACHE_HOME": "xdg", "ASSL_CACHE": "own"}, None, "own"),
        ({"ASSL_CACHE": "own"}, "given", "given"),
    ],
)
def test_where_files_are_kept(server, monkeypatch, tmp_path, settings, argument, folder):
    monkeypatch.delenv("ASSL_CACHE")
    for name, value in settings.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    given = tmp_path / argument if argument else None
    assert download.cache_folder(given) == tmp_path / folder
    assert repos.fetch("flat", "t.csv", cache=given).path.is_relative_to(tmp_path / folder / "hub")
    assert github.fetch("owner/repo", COMMIT, "empty.txt", cache=given).path.is_relative_to(tmp_path / folder)


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_the_cache_answers_also_for_the_newest_commit(server, monkeypatch, variable):
    first, text = repos.fetch("owner/data", "train.json"), github.fetch("owner/repo", COMMIT, TEXT)
    server.push("owner/data", {"train.json": b"newer"})
    asked = len(server.requests)
    monkeypatch.setenv(variable, "1")
    assert repos.fetch("owner/data", "train.json") == first
    assert repos.fetch("owner/data", "train.json", revision=first.revision) == first
    assert github.fetch("owner/repo", COMMIT, TEXT) == text
    assert len(server.requests) == asked


@pytest.mark.parametrize("address", ["hf-mirror.com", "ftp://hub", "https://", "http://[::"])
@pytest.mark.parametrize("variable", ["HF_ENDPOINT", "ASSL_GITHUB_RAW"])
def test_an_address_that_is_none(server, monkeypatch, variable, address):
    monkeypatch.setenv(variable, address)
    call, name = {
        "HF_ENDPOINT": (lambda: repos.fetch("owner/data", "train.json"), TRAIN),
        "ASSL_GITHUB_RAW": (lambda: github.fetch("owner/repo", COMMIT, "a"), "github.com/owner/repo/a"),
    }[variable]
    assert problem(call) == f"{name}: {variable}={address.rstrip('/')} is no address: write https://host"


def test_offline_a_wrong_pin_is_refused_and_the_file_stays(server, monkeypatch):
    first = repos.fetch("owner/data", "train.json")
    text = github.fetch("owner/repo", COMMIT, TEXT)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name, found, call in (
        (TRAIN, first.sha256, lambda: repos.fetch("owner/data", "train.json", sha256=WRONG)),
        (f"github.com/owner/repo/{TEXT}", text.sha256,
         lambda: github.fetch("owner/repo", COMMIT, TEXT, sha256=WRONG)),
    ):  # fmt: skip
        assert problem(call, DataError) == (
            f"{name}: the cache has sha256 {found} where {WRONG} is pinned, and HF_HUB_OFFLINE=1 forbids to ask for "
            "another: unset it, or correct the pin"
        )
    assert first.path.read_bytes() == SMALL and text.path.read_bytes() == LINES


def test_offline_a_damaged_file_is_not_handed_out(server, monkeypatch, cache):
    first, text = repos.fetch("owner/data", "train.json"), github.fetch("owner/repo", COMMIT, TEXT)
    for path in (first.path, text.path):
        path.write_bytes(b"damaged")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "not the bytes that" in problem(lambda: repos.fetch("owner/data", "train.json"), DataError)
    assert "not in the cache" in problem(lambda: github.fetch("owner/repo", COMMIT, TEXT))
    assert kept(cache) == []


@pytest.mark.parametrize(
    ("repo", "path", "pin", "said"),
    [
        ("owner/data", "train.json", {"sha256": "ABC"}, "the pinned sha256 'ABC' is not 64 hex digits in lower case"),
        ("owner/data", "train.json", {"revision": ""}, "'' names no revision: give a commit, a branch, a tag, or "
         "nothing"),
        ("owner/data", "train.json", {"revision": "../../x"}, "'../../x' names no revision: give a commit, a branch, a "
         "tag, or nothing"),
        ("a/b/c", "train.json", {}, "'a/b/c' names no repository: Repo id must be in the form 'repo_name' or "
         "'namespace/repo_name': 'a/b/c'. Use `repo_type` argument if needed."),
        *[("owner/data", path, {}, f"{path!r} is no path inside a repository: a/b.json, without leading slash, '.' or "
           "'..'") for path in ("", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\\b", "a\0b")],
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_not_asked(server, repo, path, pin, said):
    assert problem(lambda: repos.fetch(repo, path, **pin), DataError) == f"{repo}/{path}: {said}"
    if "sha256" in pin or "is no path" in said:
        call = problem(lambda: github.fetch("owner/repo", COMMIT, path, **pin), DataError)
        assert call == f"github.com/owner/repo/{path}: {said}"
    assert server.requests == []


@pytest.mark.parametrize("call", [github_text, lambda: repos.fetch("owner/data", "train.json")])
def test_an_interrupted_download_leaves_nothing(server, monkeypatch, cache, call):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(progress.Bar, "update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        call()
    assert kept(cache) == []


@pytest.mark.parametrize("call", [github_text, lambda **where: repos.fetch("owner/data", "train.json", **where)])
def test_a_disk_that_is_at_fault_is_not_called_a_network(server, tmp_path, call):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError) as caught:
        call(cache=tmp_path / "file")
    assert caught.value.errno is not None and str(tmp_path / "file") in str(caught.value)


@pytest.mark.parametrize("path", [TEXT, "data/big.parquet"])
def test_progress_goes_to_the_runner_and_to_no_page(server, monkeypatch, tmp_path, capfd, path):
    monkeypatch.setenv("ASSL_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.setenv("TQDM_POSITION", "-1")  # lets huggingface_hub draw without a terminal
    content = LINES if path == TEXT else LARGE
    github_text() if path == TEXT else repos.fetch("owner/data", path)
    events = [json.loads(line) for line in (tmp_path / "progress").read_text(encoding="utf-8").splitlines()]
    last = events[-1]
    assert (last["label"], last["total"], last["n"], last["end"]) == (Path(path).name, len(content), len(content), True)
    assert "%|" not in capfd.readouterr().err
