"""Files come whole, checked and by commit, or a message says why not; every request stays on the loopback interface."""

from pathlib import Path

import pytest
from hub_place import COMMIT, FILES, LARGE, LINES, ODD, REFUSED, SMALL, TEXT, TRAIN, WRONG, digest, kept, problem
from huggingface_hub import constants

from assl_utils.errors import DataError
from assl_utils.hub import repos
from assl_utils.sources import github

pytestmark = pytest.mark.usefixtures("at_home")

# --- the hub: what comes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repo", "path", "name"),
    [
        ("owner/data", "train.json", "train.json"),
        ("owner/data", "data/big.parquet", "data/big.parquet"),
        ("owner/data", ODD, "%E6%95%B0%E6%8D%AE/%E8%AE%AD%E7%BB%83%20%E9%9B%86.json"),
        ("flat", "t.csv", "t.csv"),
    ],
)
def test_a_file_comes_with_its_commit_digest_and_address(server, cache, repo, path, name):
    got, content, commit = repos.fetch(repo, path), FILES[repo, path], server.head(repo)
    assert got.path.read_bytes() == content
    assert (got.revision, got.sha256, got.bytes) == (commit, digest(content), len(content))
    assert got.url == f"{server.endpoint}/datasets/{repo}/resolve/{commit}/{name}"
    assert got.path.is_relative_to(cache / "hub") and got.path.name == Path(path).name


def test_the_newest_commit_is_resolved_first_and_then_the_only_one_asked_for(server):
    old = server.head("owner/data")
    new = server.push("owner/data", {"train.json": b"new"})
    got = repos.fetch("owner/data", "train.json")
    assert (got.revision, got.path.read_bytes()) == (new, b"new")
    assert server.paths()[0] == "/api/datasets/owner/data"
    assert all(new in path for path in server.paths()[1:]) and len(server.paths()) > 2
    before = len(server.requests)
    got = repos.fetch("owner/data", "train.json", revision=old)
    assert (got.revision, got.path.read_bytes()) == (old, SMALL)
    assert all(old in path for path in server.paths()[before:]) and len(server.requests) > before


def test_a_branch_is_resolved_to_its_commit(server):
    assert repos.fetch("owner/data", "train.json", revision="main").revision == server.head("owner/data")
    assert server.paths()[0] == "/api/datasets/owner/data/revision/main"


def test_a_pinned_file_in_the_cache_is_not_asked_for_again(server):
    pin = {"revision": server.head("owner/data"), "sha256": digest(LARGE), "size": len(LARGE)}
    first = repos.fetch("owner/data", "data/big.parquet", **pin)
    asked = len(server.requests)
    assert asked and repos.fetch("owner/data", "data/big.parquet", **pin) == first
    assert len(server.requests) == asked


def test_no_token_reaches_the_storage_of_large_files_and_no_other_protocol_is_tried(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    repos.fetch("owner/data", "data/big.parquet")
    sent = {(asked.host, asked.headers.get("authorization")) for asked in server.requests}
    assert sent == {("127.0.0.1", "Bearer hf_mine"), ("localhost", None)}
    assert not [path for path in server.paths() if "xet" in path or "agent" in path]


@pytest.mark.parametrize("how", ["HF_TOKEN", "HF_HOME", "HF_TOKEN_PATH", "XDG_CACHE_HOME", "nothing"])
def test_the_token_is_read_when_a_file_is_asked_for(server, monkeypatch, tmp_path, how):
    server.private.add("owner/secret")
    server.members.add("hf_in")
    assert "private" in problem(lambda: repos.fetch("owner/secret", "train.json"))
    file = {
        "HF_HOME": tmp_path / "hf" / "token",
        "HF_TOKEN_PATH": tmp_path / "key",
        "XDG_CACHE_HOME": tmp_path / "xdg" / "huggingface" / "token",
        "nothing": tmp_path / "home" / ".cache" / "huggingface" / "token",
    }.get(how)
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("hf_in\n")
    value = {"HF_TOKEN": "hf_in", "HF_HOME": "hf", "HF_TOKEN_PATH": "key", "XDG_CACHE_HOME": "xdg"}.get(how)
    if value:
        monkeypatch.setenv(how, value if how == "HF_TOKEN" else str(tmp_path / value))
    assert repos.fetch("owner/secret", "train.json").bytes == 2


def test_a_token_is_kept_back_on_request(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    repos.fetch("owner/data", "train.json")
    assert {asked.headers.get("authorization") for asked in server.requests} == {None}


def test_the_settings_of_huggingface_hub_are_as_before_afterwards(server, monkeypatch):
    names = [name for name in dir(constants) if name.isupper()]
    before = {name: getattr(constants, name) for name in names}
    repos.fetch("owner/data", "train.json")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    problem(lambda: repos.fetch("owner/data", ODD))
    assert {name: getattr(constants, name) for name in names} == before


@pytest.mark.parametrize(
    ("settings", "folder"),
    [
        ({"HF_HOME": "hf"}, "hf/hub"),
        ({"HF_HOME": "hf", "HF_HUB_CACHE": "hc"}, "hc"),
        ({"HF_HOME": "hf", "HF_HUB_CACHE": "hc", "ASSL_CACHE": "own"}, "own/hub"),
    ],
)
def test_the_hubs_own_cache_settings_come_before_our_default(server, monkeypatch, tmp_path, settings, folder):
    monkeypatch.delenv("ASSL_CACHE")
    for name, value in settings.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    assert repos.fetch("flat", "t.csv").path.is_relative_to(tmp_path / folder)


@pytest.mark.parametrize("where", ["/api/", "/datasets/", "/storage/"])
def test_a_server_that_recovers_is_waited_for(server, slept, where):
    server.fault(503, where, times=2)
    assert repos.fetch("owner/data", "data/big.parquet").sha256 == digest(LARGE)
    assert len(slept) == 2


@pytest.mark.parametrize("what", ["no length", "no range"])
def test_a_server_with_fewer_talents_serves_too(server, what):
    server.fault(what)
    server.fault("truncated", "resolve-cache", times=1 if what == "no range" else 0)
    assert repos.fetch("owner/data", "train.json").sha256 == digest(SMALL)
    assert github.fetch("owner/repo", COMMIT, TEXT).sha256 == digest(LINES)


def test_a_download_of_the_hub_that_breaks_off_goes_on(server, monkeypatch):
    monkeypatch.setattr(repos.store, "CHUNK", 1000)
    server.fault("truncated", "/storage/", times=1)
    assert repos.fetch("owner/data", "data/big.parquet").sha256 == digest(LARGE)
    ranges = [asked.headers.get("range") for asked in server.requests if "/storage/" in asked.path]
    assert ranges == [None, f"bytes={len(LARGE) // 2 // 1000}000-"]


@pytest.mark.parametrize(("path", "content"), [("train.json", SMALL), ("data/big.parquet", LARGE)])
def test_what_the_cache_holds_damaged_is_fetched_again(server, path, content):
    first = repos.fetch("owner/data", path)
    first.path.write_bytes(b"x" + content[1:])
    again = repos.fetch("owner/data", path, revision=first.revision)
    assert again == first and again.path.read_bytes() == content


# --- the hub: what does not come --------------------------------------------------------------------------------------


def page(server, repo="owner/data"):
    return f"{server.endpoint}/datasets/{repo}"


@pytest.mark.parametrize("token", [None, "hf_stranger"])
@pytest.mark.parametrize(("repo", "private"), [("owner/nowhere", False), ("owner/secret", True)])
def test_a_repository_that_is_not_there_or_private(server, monkeypatch, repo, private, token):
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    if private:
        server.private.add(repo)
    for revision in (None, COMMIT):
        assert problem(lambda at=revision: repos.fetch(repo, "train.json", revision=at)) == (
            f"{repo}/train.json: {page(server, repo)} does not exist or is private: check the name; if it is private, "
            "run `hf auth login` (or set HF_TOKEN)"
        )


@pytest.mark.parametrize("token", [None, "hf_stranger"])
def test_a_gated_repository_names_its_form_and_opens_to_a_member(server, monkeypatch, token):
    server.gated.add("owner/data")
    server.members.add("hf_in")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert problem(lambda: repos.fetch("owner/data", "train.json")) == (
        f"{TRAIN}: the dataset is gated: open {page(server)}, log in and fill in its form, then run `hf auth login` "
        "(or set HF_TOKEN) with the account that was let in, and try again"
    )
    monkeypatch.setenv("HF_TOKEN", "hf_in")
    assert repos.fetch("owner/data", "train.json").sha256 == digest(SMALL)


def test_a_disabled_repository(server):
    server.disabled.add("owner/data")
    assert problem(lambda: repos.fetch("owner/data", "train.json")) == (
        f"{TRAIN}: {page(server)} was disabled on the hub: look there for the reason"
    )


@pytest.mark.parametrize("revision", [COMMIT, "v2.0"])
def test_a_revision_that_is_not_there(server, revision):
    assert problem(lambda: repos.fetch("owner/data", "train.json", revision=revision)) == (
        f"{TRAIN}: the dataset has no revision {revision!r}: {page(server)}/commits/main lists them; without a "
        "revision the newest is taken"
    )


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("trian.json", "; nearest: train.json"),
        ("big.parquet", "; nearest: data/big.parquet"),
        ("数据/训练集.json", f"; nearest: {ODD}"),
        ("x.csv", "; nearest: a/long/way/down/from/the/top/x.csv"),
        ("QQQ", ""),
    ],
)
def test_a_file_that_is_not_there_and_the_nearest_that_is(server, cache, path, nearest):
    commit = server.head("owner/data")
    for revision in (None, commit):
        assert problem(lambda at=revision: repos.fetch("owner/data", path, revision=at)) == (
            f"owner/data/{path}: no such file at commit {commit}{nearest}; see {page(server)}/tree/{commit}"
        )
    assert kept(cache) == []


def test_a_file_that_is_not_there_where_the_hub_lists_nothing(server):
    commit = server.head("owner/data")
    server.fault(500, "/api/datasets/")
    assert problem(lambda: repos.fetch("owner/data", "trian.json", revision=commit)) == (
        f"owner/data/trian.json: no such file at commit {commit}; see {page(server)}/tree/{commit}"
    )


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_offline_and_not_in_the_cache(server, monkeypatch, cache, revision):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert problem(lambda: repos.fetch("owner/data", "train.json", revision=revision)) == (
        f"{TRAIN}: not in the cache ({cache / 'hub'}), and HF_HUB_OFFLINE=1 forbids to ask {server.endpoint}: unset "
        "it, or copy the cache of a machine with a network"
    )
    assert server.requests == []


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_an_endpoint_that_cannot_be_reached(monkeypatch, closed, slept, revision):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed}/")
    assert problem(lambda: repos.fetch("owner/data", "train.json", revision=revision)) == (
        f"{TRAIN}: http://127.0.0.1:{closed} cannot be reached ({REFUSED}): check network and "
        f"proxy, or point HF_ENDPOINT at a mirror (HF_ENDPOINT=http://127.0.0.1:{closed}/)"
    )
    assert len(slept) >= 3


def test_an_endpoint_that_is_gone_names_what_the_cache_has(server, monkeypatch, closed):
    commit = repos.fetch("owner/data", "train.json").revision
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed}")
    assert problem(lambda: repos.fetch("owner/data", "train.json")) == (
        f"{TRAIN}: http://127.0.0.1:{closed} cannot be reached ({REFUSED}): check network and "
        f"proxy, or point HF_ENDPOINT at a mirror (HF_ENDPOINT=http://127.0.0.1:{closed}); HF_HUB_OFFLINE=1 takes what "
        f"the cache has of commit {commit}"
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert repos.fetch("owner/data", "train.json").sha256 == digest(SMALL)


def test_the_storage_of_large_files_that_cannot_be_reached_is_named(server, closed):
    server.storage = f"http://localhost:{closed}/storage"
    assert problem(lambda: repos.fetch("owner/data", "data/big.parquet")) == (
        f"owner/data/data/big.parquet: http://localhost:{closed}, to which {server.endpoint} sent us, cannot be "
        f"reached ({REFUSED}): check network and proxy, or point HF_ENDPOINT at a mirror "
        f"(HF_ENDPOINT={server.endpoint})"
    )


def test_a_proxy_that_cannot_be_used(server, monkeypatch):
    import httpx2

    def refuse(*_, **__):
        raise httpx2.ProxyError("407 Proxy Authentication Required", request=httpx2.Request("GET", server.endpoint))

    monkeypatch.setattr(httpx2.Client, "send", refuse)
    for call in (lambda: repos.fetch("flat", "t.csv"), lambda: repos.fetch("flat", "t.csv", revision=COMMIT)):
        assert problem(call) == (
            f"flat/t.csv: {server.endpoint} cannot be reached (407 Proxy Authentication Required): check network and "
            f"proxy, or point HF_ENDPOINT at a mirror (HF_ENDPOINT={server.endpoint})"
        )


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (503, "answers 503 again and again: try later, or point HF_ENDPOINT at a mirror"),
        (429, "asks for a pause (429): wait some minutes, or point HF_ENDPOINT at a mirror"),
        (401, "does not know the token: run `hf auth login` (or set HF_TOKEN) anew; public data needs none"),
        (403, "answers 403 (blocked): look at the address in a browser; HF_ENDPOINT={}"),
        (400, "answers 400 (blocked): look at the address in a browser; HF_ENDPOINT={}"),
    ],
)
@pytest.mark.parametrize("where", ["/api/", "/datasets/", "/storage/"])
def test_an_answer_that_is_no_file(server, slept, cache, status, said, where):
    invalid = "Invalid credentials in Authorization header"
    headers = {"X-Error-Message": {401: invalid, 403: "blocked", 400: "blocked"}[status]} if status < 429 else {}
    server.fault(status, where, headers=headers)
    who = server.endpoint
    if where == "/storage/" and status != 401:
        who = f"{server.storage.removesuffix('/storage')}, to which {who} sent us,"
    assert problem(lambda: repos.fetch("owner/data", "data/big.parquet")) == (
        f"owner/data/data/big.parquet: {who} {said.format(server.endpoint)}"
    )
    assert (len(slept) >= 3) == (status in (429, 503)) and kept(cache) == []


@pytest.mark.parametrize(
    ("where", "detail"),
    [
        ("/api/", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        (
            "/datasets/owner",
            "Response from {endpoint}/datasets/owner/data/resolve/{commit}/train.json is missing the 'X-Repo-Commit' "
            "header, so it does not seem to be served by a Hugging Face Hub endpoint",
        ),
    ],
)
def test_an_endpoint_that_is_some_other_web_server(server, where, detail):
    commit = server.head("owner/data")
    server.fault("foreign", where)
    revision = None if where == "/api/" else commit
    assert problem(lambda: repos.fetch("owner/data", "train.json", revision=revision)) == (
        f"{TRAIN}: {server.endpoint} does not answer as the hub does: check HF_ENDPOINT and the proxy "
        f"({detail.format(endpoint=server.endpoint, commit=commit)})"
    )


@pytest.mark.parametrize(
    ("what", "detail"),
    [
        ("truncated", "peer closed connection without sending complete message body (received {half} bytes, expected "),
        ("cut", "{half} of {whole} bytes); nothing was kept, try again"),
    ],
)
@pytest.mark.parametrize(
    ("path", "content", "where"),
    [("train.json", SMALL, "resolve-cache"), ("data/big.parquet", LARGE, "/storage/")],
)
def test_a_download_of_the_hub_that_stays_broken_leaves_nothing(server, cache, what, detail, path, content, where):
    server.fault("no range", where)  # else each try gets half of what is left
    server.fault(what, where)
    message = problem(lambda: repos.fetch("owner/data", path))
    told = detail.format(half=len(content) // 2, whole=len(content))
    assert message.startswith(f"owner/data/{path}: the download broke off ({told}")
    assert message.endswith("; nothing was kept, try again")
    assert kept(cache) == []
    tries = [asked for asked in server.requests if asked.method == "GET" and where in asked.path]
    assert len(tries) == (6 if what == "truncated" else 1), "huggingface_hub's own patience, not ours on top"


# --- the hub: what comes and is wrong ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "content", "where"),
    [("train.json", SMALL, "resolve-cache"), ("data/big.parquet", LARGE, "/storage/")],
)
@pytest.mark.parametrize("pinned", [False, True])
def test_wrong_bytes_from_the_hub_are_found_without_a_pin_too(server, cache, path, content, where, pinned):
    server.fault("wrong", where)
    pin = {"sha256": digest(content)} if pinned else {}
    spoiled = digest(bytes([content[0] ^ 1]) + content[1:])
    assert problem(lambda: repos.fetch("owner/data", path, **pin), DataError) == (
        f"owner/data/{path}: not the bytes that {server.endpoint} announced (sha256 {spoiled}, {len(content)} bytes): "
        "the download is broken and was deleted; try again, or point HF_ENDPOINT elsewhere"
    )
    assert kept(cache) == []
    server.mend()
    assert repos.fetch("owner/data", path, **pin).path.read_bytes() == content


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize(
    ("pin", "said"),
    [
        ({"sha256": WRONG}, f"sha256 {digest(SMALL)} where {WRONG} is pinned"),
        ({"size": 7}, f"{len(SMALL)} bytes where 7 are pinned"),
        ({"sha256": WRONG, "size": 7}, f"sha256 {digest(SMALL)} where {WRONG} is pinned, {len(SMALL)} bytes where "
         "7 are pinned"),
        ({"sha256": digest(SMALL), "size": 7}, f"{len(SMALL)} bytes where 7 are pinned"),
    ],
)  # fmt: skip
def test_another_file_than_the_pinned_one_is_not_kept(server, cache, pin, said, cached):
    commit = server.head("owner/data")
    if cached:
        repos.fetch("owner/data", "train.json")
        server.requests.clear()
    assert problem(lambda: repos.fetch("owner/data", "train.json", **pin), DataError) == (
        f"{TRAIN}: {said}; it was deleted. The file changed upstream, or the pin is wrong: see {page(server)}/blob/"
        f"{commit}/train.json, then pin the commit that was meant, or the new hash"
    )
    assert kept(cache) == []
    if cached:  # the hub's own checksum was right: to ask again would bring the same
        assert server.paths() == ["/api/datasets/owner/data"]


def test_without_a_checksum_of_the_hubs_the_message_leaves_both_open(server, cache, monkeypatch):
    monkeypatch.setattr("hub_server.git_name", lambda content: "no-checksum")
    commit = server.head("owner/data")
    first = repos.fetch("owner/data", "train.json")
    first.path.write_bytes(b"damaged")
    assert repos.fetch("owner/data", "train.json", sha256=digest(SMALL)).path.read_bytes() == SMALL
    server.fault("wrong", "resolve-cache")
    (cache / "hub").rename(cache / "old")
    spoiled = digest(bytes([SMALL[0] ^ 1]) + SMALL[1:])
    assert problem(lambda: repos.fetch("owner/data", "train.json", sha256=digest(SMALL)), DataError) == (
        f"{TRAIN}: sha256 {spoiled} where {digest(SMALL)} is pinned; it was deleted. Either the download is broken: "
        f"try again; or the file changed upstream, or the pin is wrong: see {page(server)}/blob/{commit}/train.json, "
        "then pin the commit that was meant, or the new hash"
    )
    assert kept(cache / "hub") == []


# --- names ------------------------------------------------------------------------------------------------------------


def test_the_files_of_a_family_are_named_as_the_hub_lists_them(server):
    old = server.head("owner/data")
    server.push("owner/data", {"data/b.csv": b"b", "data/a.csv": b"a", "data/a.json": b"{}", "other.csv": b"c"})
    assert repos.names("owner/data", "data/*.csv") == ["data/a.csv", "data/b.csv"]
    said = problem(lambda: repos.names("owner/data", "data/*.csv", revision=old))
    page = f"{server.endpoint}/datasets/owner/data"
    assert said == f"owner/data/data/*.csv: no file of the dataset fits; see {page}/tree/{old}"


def test_a_family_of_a_repository_that_is_not_there_or_offline_is_explained(server, monkeypatch):
    assert "does not exist or is private" in problem(lambda: repos.names("owner/none", "*.csv"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE=1 forbids" in problem(lambda: repos.names("owner/data", "*.csv"))
