"""Models by name are settled before the first chapter: fetched, said, signed, and what moved is a reason to run."""

import errno
import os

import pytest
from hub_server import MODELS

from assl_utils.hub import snapshots
from assl_utils.runner.named_models import Commits
from assl_utils.runner.pipeline import RunnerError

pytestmark = pytest.mark.usefixtures("at_home")

NAME, REPO = "owner/tiny", MODELS + "owner/tiny"
CHAPTERS = [{"encoder": "embedded", "k": 3}, {"encoder": "embedded", "base_model": NAME}, {"base_model": NAME}]


@pytest.fixture
def hub(server):
    snapshots._commit.cache_clear()
    server.push(REPO, {"config.json": b"{}", "model.safetensors": b"weights"})
    yield server
    snapshots._commit.cache_clear()


def test_each_name_is_fetched_once_and_the_chapters_get_its_commit(hub):
    commits, commit = Commits(), hub.head(REPO)
    assert commits.injected(CHAPTERS[1]) == {} and hub.requests == [], "before anyone asks nobody is asked"
    assert list(commits.fetch(CHAPTERS)) == [
        f"base_model {NAME}: fetching commit {commit[:12]}",
        f"base_model {NAME}: commit {commit[:12]}, fetched and checked",
    ]
    assert commits.injected(CHAPTERS[1]) == {"base_model": f"{NAME}@{commit}"}
    assert commits.injected(CHAPTERS[0]) == commits.signed(CHAPTERS[0]) == {}
    assert commits.signed(CHAPTERS[2]) == {"models": {"base_model": {"name": NAME, "commit": commit}}}
    pinned = {"base_model": f"{NAME}@{commit}"}
    assert commits.injected(pinned) == pinned and commits.signed(pinned) == commits.signed(CHAPTERS[2])
    hub.requests.clear()
    assert list(Commits().fetch([pinned])) == [f"base_model {NAME}@{commit}: commit {commit[:12]}, here already"]
    assert hub.requests == []


def test_a_name_that_moved_is_a_reason_and_a_pinned_one_is_none(hub):
    commits, before = Commits(), hub.head(REPO)
    list(commits.fetch(CHAPTERS))
    manifest = {"parameters": CHAPTERS[1], **commits.signed(CHAPTERS[1])}
    after = hub.push(REPO, {"config.json": b'{"a": 1}'})
    snapshots._commit.cache_clear()
    assert Commits().moved(manifest) == [], "nobody has looked since"
    later = Commits()
    list(later.fetch(CHAPTERS))
    assert later.moved(manifest) == [f"base_model {NAME} moved: commit {before[:12]} → {after[:12]}"]
    assert Commits().moved(manifest) == later.moved(manifest), "what was seen last is known without a question"
    pinned = {"base_model": f"{NAME}@{before}"}
    assert later.moved({"parameters": pinned, **later.signed(pinned)}) == []
    assert later.moved({"parameters": CHAPTERS[1]}) == [], "a manifest from before there were names"


def test_a_model_that_cannot_be_had_stops_the_run_before_it_begins(hub):
    hub.gated.add(REPO)
    with pytest.raises(RunnerError, match=rf"^base_model: {NAME}/config.json: the model is gated: .* and try again$"):
        list(Commits().fetch(CHAPTERS))
    with pytest.raises(RunnerError, match=r"^encoder: no/where: .* does not exist or is private: check the name"):
        list(Commits().fetch([{"encoder": "no/where"}]))


@pytest.mark.parametrize("variable", ["ASSL_CACHE", "HF_HUB_CACHE"])
def test_a_disk_that_fills_up_is_a_sentence_and_leaves_nothing_half_written(hub, monkeypatch, tmp_path, variable):
    place = tmp_path / "cache" / ("hub" if variable == "ASSL_CACHE" else "")
    for name in ("ASSL_CACHE", "HF_HUB_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(variable, str(tmp_path / "cache"))
    snapshots._commit.cache_clear()
    list(Commits().fetch([{"base_model": NAME}]))
    hub.push(REPO, {"config.json": b"{}", "model.safetensors": b"other weights"})
    snapshots._commit.cache_clear()
    real = snapshots.repos.hf_hub_download

    def full(repo, path, **how):
        if path.endswith(".safetensors"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(repo, path, **how)

    monkeypatch.setattr(snapshots.repos, "hf_hub_download", full)
    with pytest.raises(RunnerError) as caught:
        list(Commits().fetch([{"base_model": NAME}]))
    said = (
        f"base_model {NAME}: the disk of {place} is full: make room, or name a folder on a larger disk in {variable};"
    )
    assert str(caught.value).startswith(said) and not snapshots.is_here(NAME)
    monkeypatch.setattr(snapshots.repos, "hf_hub_download", real)
    assert list(Commits().fetch([{"base_model": NAME}]))[-1].endswith("fetched and checked")


def test_an_error_that_is_not_the_disks_is_not_called_so(hub, monkeypatch):
    def odd(*_, **__):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(snapshots, "folder", odd)
    with pytest.raises(PermissionError):
        list(Commits().fetch(CHAPTERS))


def test_a_wrong_token_is_a_sentence_before_the_run(hub, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    hub.fault(401, "/api/", headers={"X-Error-Message": "Invalid credentials in Authorization header"})
    with pytest.raises(
        RunnerError, match=r"^base_model: .* does not know the token: run `hf auth login` \(or set HF_TOKEN\)"
    ):
        list(Commits().fetch([{"base_model": NAME}]))
