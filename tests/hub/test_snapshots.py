"""Models by name: one commit, whole and checked, from this hub only; or a sentence that says what to do."""

import json
import shutil

import pytest
import tiny_model
from hub_place import REFUSED
from hub_server import MODELS
from huggingface_hub import HfApi, constants, errors, snapshot_download

from assl_utils.errors import DataError, UnavailableError
from assl_utils.experts import identity, models
from assl_utils.hub import snapshots
from assl_utils.space import static
from assl_utils.space.encoder import describe, embed, load_encoder

pytestmark = pytest.mark.usefixtures("at_home")

TINY, REPO = "owner/tiny", MODELS + "owner/tiny"
CODE = b"raise SystemExit('this ran')"


@pytest.fixture
def by_name(server, tiny_folder, monkeypatch):
    """The hub with the tiny model, and with what nobody should fetch beside it."""
    snapshots._commit.cache_clear()
    server.push_folder(TINY, tiny_folder)
    beside = {"README.md": b"# tiny", "pytorch_model.bin": b"\x80pickle", "modeling.py": CODE, "onnx/model.json": b"{}"}
    server.push(REPO, beside)
    yield server
    snapshots._commit.cache_clear()


def said(call, kind=UnavailableError):
    with pytest.raises(DataError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    return str(caught.value)


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("owner/name", ("owner/name", None)),
        ("owner/name@v1.0", ("owner/name", "v1.0")),
        ("owner/name@refs/pr/3", ("owner/name", "refs/pr/3")),
        ("gpt2", ("gpt2", None)),
        ("embedded", None),
        ("/models/name", None),
        ("./name", None),
        ("~/name", None),
        ("a/b/c", None),
        ("owner/name@", None),
        ("owner/name@a@b", None),
        ("", None),
    ],
)
def test_what_can_be_a_name(text, named):
    assert snapshots.parse(text) == named
    assert named is None or str(snapshots.parse(text)) == text


def test_a_folder_is_no_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert snapshots.parse("owner/name") is None and snapshots.without_revision("owner/name") == "owner/name"
    assert snapshots.without_revision("owner/other@main") == "owner/other"


# --- what comes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("revision", ["", "@main", "@v1", "@commit"])
def test_a_model_by_name_is_the_model_of_the_folder(by_name, tiny_folder, revision):
    commit = by_name.head(REPO)
    by_name.tag(REPO, "v1", commit)
    name = TINY + revision.replace("commit", commit)
    assert identity.content_hash(name) == identity.content_hash(tiny_folder)
    here, _ = models.load(name, device="cpu")
    there, _ = models.load(tiny_folder, device="cpu")
    assert identity.weights_hash(here) == identity.weights_hash(there)
    assert snapshots.named_by(here.name_or_path) == (TINY, commit) == snapshots.pinned(name)
    asked = " ".join(by_name.paths())
    assert not any(word in asked for word in ("README", ".bin", ".py", "onnx"))
    assert {a.host for a in by_name.requests if a.path.startswith("/storage/")} == {"localhost"}
    assert {a.headers["host"] for a in by_name.requests} == {
        by_name.endpoint.removeprefix("http://"), by_name.storage.removeprefix("http://").removesuffix("/storage"),
    }  # fmt: skip


def test_what_is_here_is_asked_for_no_more(by_name):
    name = f"{TINY}@{by_name.head(REPO)}"
    first = snapshots.folder(name)
    by_name.requests.clear()
    assert snapshots.folder(name) == first and by_name.requests == []


def test_a_static_encoder_by_name(by_name, tmp_path):
    texts = tiny_model.TEXTS * 2
    fitted = static.fit_static(texts, tiny_model.tokenizer(), 4, out_dir=tmp_path / "encoder")
    commit = by_name.push_folder("owner/encoder", tmp_path / "encoder")
    found = load_encoder(f"owner/encoder@{commit}")
    assert describe(found) == describe(fitted)
    assert (embed(texts, found) == embed(texts, fitted)).all()


@pytest.mark.parametrize("brought_by", ["us", "another tool"])
def test_offline_the_cache_is_the_same_model(by_name, tiny_folder, monkeypatch, tmp_path, brought_by):
    name = f"{TINY}@{by_name.head(REPO)}"
    if brought_by == "us":
        snapshots.folder(TINY)
    else:
        for setting in ("HF_HUB_DISABLE_XET", "HF_HUB_DISABLE_TELEMETRY"):
            monkeypatch.setattr(constants, setting, True)
        snapshot_download(TINY, endpoint=by_name.endpoint, cache_dir=tmp_path / "cache" / "hub")
    by_name.requests.clear()
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert identity.content_hash(name) == identity.content_hash(tiny_folder)
    assert identity.content_hash(TINY) == identity.content_hash(tiny_folder)  # the newest that was seen
    models.load(name, device="cpu")
    assert by_name.requests == []


def test_a_download_that_breaks_off_goes_on(by_name, tiny_folder, monkeypatch):
    monkeypatch.setattr("assl_utils.store.CHUNK", 1000)
    by_name.fault("truncated", "/storage/", times=1)
    assert identity.content_hash(TINY) == identity.content_hash(tiny_folder)
    assert [a.headers.get("range") is None for a in by_name.requests if "/storage/" in a.path] == [True, False]


def test_weights_in_parts(by_name, tmp_path):
    parts = tmp_path / "parts"
    model, words = tiny_model.model(500), tiny_model.tokenizer()
    model.save_pretrained(parts, max_shard_size="40KB")
    words.save_pretrained(parts)
    by_name.push_folder("owner/parts", parts)
    assert len(list(parts.glob("*.safetensors"))) > 1
    assert identity.content_hash("owner/parts") == identity.content_hash(parts)
    assert models.gigabytes("owner/parts") == models.gigabytes(parts) > 0


# --- what does not come -----------------------------------------------------------------------------------------------


def test_a_branch_that_moved_is_another_model_and_a_commit_is_not(by_name, tiny_folder):
    before = by_name.head(REPO)
    first = identity.content_hash(TINY)
    moved = by_name.push(REPO, {"generation_config.json": b'{"eos_token_id": 3}'})
    assert snapshots.commit_of(TINY) == before, "within a process a name stands for one commit"
    snapshots._commit.cache_clear()
    assert snapshots.last_seen(TINY) == before and snapshots.commit_of(TINY) == moved == snapshots.last_seen(TINY)
    assert identity.content_hash(TINY) != first == identity.content_hash(f"{TINY}@{before}")


def test_a_revision_that_is_gone(by_name):
    commit = by_name.head(REPO)
    by_name.push(REPO, {"extra.json": b"{}"})
    by_name.forget(REPO, commit)
    for revision in (commit, "v9"):
        assert said(lambda revision=revision: snapshots.folder(f"{TINY}@{revision}")).startswith(TINY)
    assert said(lambda: snapshots.folder(f"{TINY}@v9")) == (
        f"{TINY}: the model has no revision 'v9': {by_name.endpoint}/{TINY}/commits/main lists them; without a "
        "revision the newest is taken"
    )
    assert f"the model has no revision '{commit}'" in said(lambda: snapshots.folder(f"{TINY}@{commit}"))


def test_a_model_that_is_not_there_or_private(by_name):
    page = f"{by_name.endpoint}/owner/nowhere"
    assert said(lambda: models.load("owner/nowhere")).startswith(
        f"owner/nowhere: {page} does not exist or is private: "
    )
    by_name.private.add(REPO)
    assert "does not exist or is private" in said(lambda: models.load(TINY))


@pytest.mark.parametrize("token", [None, "hf_stranger"])
def test_a_gated_model(by_name, monkeypatch, token):
    by_name.gated.add(REPO)
    by_name.members.add("hf_in")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert (
        f"the model is gated: open {by_name.endpoint}/{TINY}, log in and fill in its form, then run `hf auth login`"
    ) in said(lambda: snapshots.folder(TINY))
    monkeypatch.setenv("HF_TOKEN", "hf_in")
    models.load(TINY, device="cpu")
    assert {a.headers.get("authorization") for a in by_name.requests if a.host == "localhost"} == {None}


def test_no_network(by_name, monkeypatch, closed):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed}")
    assert said(lambda: snapshots.folder(TINY)) == (
        f"{TINY}: http://127.0.0.1:{closed} cannot be reached ({REFUSED}): check network and proxy, or point "
        f"HF_ENDPOINT at a mirror (HF_ENDPOINT=http://127.0.0.1:{closed})"
    )


def test_offline_and_not_here(by_name, monkeypatch, cache):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name in (TINY, f"{TINY}@{by_name.head(REPO)}"):
        message = said(lambda name=name: snapshots.folder(name))
        assert f"not in the cache ({cache / 'hub'}" in message and "HF_HUB_OFFLINE=1 forbids to ask" in message
    assert by_name.requests == []


def test_a_half_download_is_finished_and_offline_refused(by_name, tiny_folder, monkeypatch):
    name = f"{TINY}@{by_name.head(REPO)}"
    by_name.fault(503, "/storage/")
    assert "answers 503 again and again: try later" in said(lambda: snapshots.folder(name))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "there are no weights as safetensors" in said(lambda: snapshots.folder(name), DataError)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    by_name.mend()
    assert identity.content_hash(name) == identity.content_hash(tiny_folder)


@pytest.mark.parametrize("brought_by", ["us", "another tool"])
def test_offline_a_missing_part_is_said(by_name, monkeypatch, tmp_path, brought_by):
    model = tiny_model.model(500)
    model.save_pretrained(tmp_path / "parts", max_shard_size="40KB")
    name = f"owner/parts@{by_name.push_folder('owner/parts', tmp_path / 'parts')}"
    folder = snapshots.folder(name)
    part = sorted(folder.glob("*.safetensors"))[1]
    part.unlink()
    if brought_by == "another tool":
        shutil.rmtree(tmp_path / "cache" / "models")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert f"holds half of it, {part.name} is missing, and HF_HUB_OFFLINE=1 forbids to fetch it" in said(
        lambda: snapshots.folder(name)
    )
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert (snapshots.folder(name) / part.name).exists()


def test_wrong_bytes_are_refused_and_not_kept(by_name, tiny_folder):
    by_name.fault("wrong", "/storage/")
    message = said(lambda: snapshots.folder(TINY), DataError)
    assert f"not the bytes that {by_name.endpoint} announced" in message and "try again" in message
    by_name.mend()
    assert identity.content_hash(TINY) == identity.content_hash(tiny_folder)


def test_a_file_that_was_damaged_here_is_fetched_again_or_offline_refused(by_name, tiny_folder, monkeypatch):
    name = f"{TINY}@{by_name.head(REPO)}"
    for offline in (False, True):
        weights = snapshots.folder(name) / "model.safetensors"
        weights.resolve().write_bytes(b"x" + weights.read_bytes()[1:])
        if offline:
            monkeypatch.setenv("HF_HUB_OFFLINE", "1")
            assert "not the bytes" in said(lambda: snapshots.folder(name), DataError)
        else:
            assert identity.content_hash(name) == identity.content_hash(tiny_folder)


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"config.json": b"{}", "pytorch_model.bin": b"\x80"}, "no weights as safetensors, and pickles are not read"),
        ({"a.safetensors": b"", "README.md": b""}, "neither config.json nor modules.json, so it holds no model"),
    ],
)
def test_a_repository_without_a_model_is_said_before_anything_is_fetched(by_name, files, message):
    by_name.push(MODELS + "owner/other", files)
    assert message in said(lambda: snapshots.folder("owner/other"), DataError)
    assert not any("/resolve/" in path for path in by_name.paths())


def test_the_hub_of_the_tests_lists_trees_as_the_hub_does(by_name, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    listed = {file.path: file for file in HfApi(endpoint=by_name.endpoint).list_repo_tree(TINY, recursive=True)}
    assert listed["model.safetensors"].lfs.size == listed["model.safetensors"].size
    assert listed["config.json"].lfs is None
    with pytest.raises(errors.RemoteEntryNotFoundError):  # transformers asks for this folder of every model
        list(HfApi(endpoint=by_name.endpoint).list_repo_tree(TINY, "additional_chat_templates"))
    by_name.push(MODELS + TINY, {"additional_chat_templates/tools.jinja": b"x"})
    [found] = HfApi(endpoint=by_name.endpoint).list_repo_tree(TINY, "additional_chat_templates")
    assert found.path == "additional_chat_templates/tools.jinja"
    assert json.loads((snapshots.folder(TINY) / "config.json").read_bytes())["model_type"] == "qwen2"
