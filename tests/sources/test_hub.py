"""Files come whole, checked and by commit, or a message says why not; every request stays on the loopback interface."""

import errno
import hashlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hub_server import HubServer
from huggingface_hub import constants
from huggingface_hub.utils import _detect_agent, close_session

from assl_utils.errors import DataError, UnavailableError
from assl_utils.sources import hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SMALL, LARGE, ODD = b'{"a": 1}\n' * 50, bytes(range(256)) * 40, "数据/训练 集.json"
LINES = "".join(f"第{n}行\n" for n in range(400)).encode()
FILES = {
    ("owner/data", "train.json"): SMALL,
    ("owner/data", "data/big.parquet"): LARGE,
    ("owner/data", ODD): b"[]",
    ("owner/data", "a/long/way/down/from/the/top/x.csv"): b"x",
    ("owner/secret", "train.json"): b"{}",
    ("flat", "t.csv"): b"a,b\n",
}
GITHUB = {("owner/repo", COMMIT, "CFSC-ABSA/json格式/train.txt"): LINES, ("owner/repo", COMMIT, "empty.txt"): b""}
TEXT = "CFSC-ABSA/json格式/train.txt"
TEXT_URL = f"/owner/repo/{COMMIT}/CFSC-ABSA/json%E6%A0%BC%E5%BC%8F/train.txt"
REFUSED = f"[Errno {errno.ECONNREFUSED}] Connection refused"
VARIABLES = (
    "HF_ENDPOINT HF_HUB_OFFLINE TRANSFORMERS_OFFLINE HF_TOKEN HUGGING_FACE_HUB_TOKEN HF_TOKEN_PATH HF_HOME "
    "HF_HUB_CACHE HF_HUB_DISABLE_IMPLICIT_TOKEN HF_OIDC_RESOURCE ASSL_GITHUB_RAW ASSL_CACHE ASSL_PROGRESS "
    "XDG_CACHE_HOME HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy"
).split()


@pytest.fixture
def slept(monkeypatch):
    """The pauses that were made; none of them takes time."""
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


@pytest.fixture(autouse=True)
def at_home(monkeypatch, tmp_path, slept):
    """No settings but the test's own, a home of its own, and a list of the hosts that are none of ours."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ASSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_detect_agent, "_registry", None)  # what an earlier call knows
    strangers, resolve = [], socket.getaddrinfo

    def at_home_only(host, *rest, **options):
        if host not in ("127.0.0.1", "localhost"):
            strangers.append(host)
            raise socket.gaierror(f"{host} is not at home")
        return resolve(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", at_home_only)
    close_session()
    yield strangers
    close_session()
    assert strangers == []


@pytest.fixture
def server(monkeypatch):
    with HubServer(FILES, github=GITHUB) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def closed():
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def digest(content):
    return hashlib.sha256(content).hexdigest()


def kept(folder):
    """The files in a cache that hold fetched bytes, whole or not."""
    bookkeeping = ("refs", ".locks", ".no_exist")
    files = (path for path in Path(folder).rglob("*") if path.is_file() and not set(bookkeeping) & set(path.parts))
    return sorted(path.name for path in files if path.name not in ("CACHEDIR.TAG", ".gitignore"))


def problem(call, kind=UnavailableError):
    """The message of the error that ``call`` ends with."""
    with pytest.raises(DataError) as caught:
        call()
    assert type(caught.value) is kind, caught.value
    return str(caught.value)


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
    got, content, commit = hub.fetch(repo, path), FILES[repo, path], server.head(repo)
    assert got.path.read_bytes() == content
    assert (got.revision, got.sha256, got.bytes) == (commit, digest(content), len(content))
    assert got.url == f"{server.endpoint}/datasets/{repo}/resolve/{commit}/{name}"
    assert got.path.is_relative_to(cache / "hub") and got.path.name == Path(path).name


def test_the_newest_commit_is_resolved_first_and_then_the_only_one_asked_for(server):
    old = server.head("owner/data")
    new = server.push("owner/data", {"train.json": b"new"})
    got = hub.fetch("owner/data", "train.json")
    assert (got.revision, got.path.read_bytes()) == (new, b"new")
    assert server.paths()[0] == "/api/datasets/owner/data"
    assert all(new in path for path in server.paths()[1:]) and len(server.paths()) > 2
    before = len(server.requests)
    got = hub.fetch("owner/data", "train.json", revision=old)
    assert (got.revision, got.path.read_bytes()) == (old, SMALL)
    assert all(old in path for path in server.paths()[before:]) and len(server.requests) > before


def test_a_branch_is_resolved_to_its_commit(server):
    assert hub.fetch("owner/data", "train.json", revision="main").revision == server.head("owner/data")
    assert server.paths()[0] == "/api/datasets/owner/data/revision/main"


def test_a_pinned_file_in_the_cache_is_not_asked_for_again(server):
    pin = {"revision": server.head("owner/data"), "sha256": digest(LARGE), "size": len(LARGE)}
    first = hub.fetch("owner/data", "data/big.parquet", **pin)
    asked = len(server.requests)
    assert asked and hub.fetch("owner/data", "data/big.parquet", **pin) == first
    assert len(server.requests) == asked


def test_no_token_reaches_the_storage_of_large_files_and_no_other_protocol_is_tried(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    hub.fetch("owner/data", "data/big.parquet")
    sent = {(asked.host, asked.headers.get("authorization")) for asked in server.requests}
    assert sent == {("127.0.0.1", "Bearer hf_mine"), ("localhost", None)}
    assert not [path for path in server.paths() if "xet" in path or "agent" in path]


@pytest.mark.parametrize("how", ["HF_TOKEN", "HF_HOME", "HF_TOKEN_PATH", "XDG_CACHE_HOME", "nothing"])
def test_the_token_is_read_when_a_file_is_asked_for(server, monkeypatch, tmp_path, how):
    server.private.add("owner/secret")
    server.members.add("hf_in")
    assert "private" in problem(lambda: hub.fetch("owner/secret", "train.json"))
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
    assert hub.fetch("owner/secret", "train.json").bytes == 2


def test_a_token_is_kept_back_on_request(server, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    monkeypatch.setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")
    hub.fetch("owner/data", "train.json")
    assert {asked.headers.get("authorization") for asked in server.requests} == {None}


@pytest.mark.parametrize(
    ("variable", "host", "call"),
    [
        ("HF_ENDPOINT", "huggingface.co", lambda: hub.fetch("owner/data", "train.json", revision=COMMIT)),
        ("HF_ENDPOINT", "huggingface.co", lambda: hub.fetch("owner/data", "train.json")),
        ("ASSL_GITHUB_RAW", "raw.githubusercontent.com", lambda: hub.fetch_github("owner/data", COMMIT, "train.json")),
    ],
)
def test_without_settings_the_public_addresses_are_asked(monkeypatch, at_home, variable, host, call):
    monkeypatch.setenv(variable, "")
    assert problem(call).endswith(
        f"owner/data/train.json: https://{host} cannot be reached ({host} is not at home): check network and proxy, or "
        f"point {variable} at a mirror ({variable} is not set)"
    )
    assert set(at_home) == {host}
    at_home.clear()


def test_threads_take_turns(server):
    calls = [lambda: hub.fetch_github("owner/repo", COMMIT, TEXT), lambda: hub.fetch("owner/data", "train.json")] * 4
    with ThreadPoolExecutor(8) as pool:
        got = [future.result() for future in [pool.submit(call) for call in calls]]
    assert {file.sha256 for file in got} == {digest(LINES), digest(SMALL)}
    assert len([path for path in server.paths() if path.endswith("train.txt")]) == 1


def test_the_settings_of_huggingface_hub_are_as_before_afterwards(server, monkeypatch):
    names = [name for name in dir(constants) if name.isupper()]
    before = {name: getattr(constants, name) for name in names}
    hub.fetch("owner/data", "train.json")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    problem(lambda: hub.fetch("owner/data", ODD))
    assert {name: getattr(constants, name) for name in names} == before


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
    assert hub.cache_folder(given) == tmp_path / folder
    assert hub.fetch("flat", "t.csv", cache=given).path.is_relative_to(tmp_path / folder / "hub")
    assert hub.fetch_github("owner/repo", COMMIT, "empty.txt", cache=given).path.is_relative_to(tmp_path / folder)


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
    assert hub.fetch("flat", "t.csv").path.is_relative_to(tmp_path / folder)


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
def test_offline_the_cache_answers_also_for_the_newest_commit(server, monkeypatch, variable):
    first, text = hub.fetch("owner/data", "train.json"), hub.fetch_github("owner/repo", COMMIT, TEXT)
    server.push("owner/data", {"train.json": b"newer"})
    asked = len(server.requests)
    monkeypatch.setenv(variable, "1")
    assert hub.fetch("owner/data", "train.json") == first
    assert hub.fetch("owner/data", "train.json", revision=first.revision) == first
    assert hub.fetch_github("owner/repo", COMMIT, TEXT) == text
    assert len(server.requests) == asked


@pytest.mark.parametrize("where", ["/api/", "/datasets/", "/storage/"])
def test_a_server_that_recovers_is_waited_for(server, slept, where):
    server.fault(503, where, times=2)
    assert hub.fetch("owner/data", "data/big.parquet").sha256 == digest(LARGE)
    assert len(slept) == 2


@pytest.mark.parametrize("what", ["no length", "no range"])
def test_a_server_with_fewer_talents_serves_too(server, what):
    server.fault(what)
    server.fault("truncated", "resolve-cache", times=1 if what == "no range" else 0)
    assert hub.fetch("owner/data", "train.json").sha256 == digest(SMALL)
    assert hub.fetch_github("owner/repo", COMMIT, TEXT).sha256 == digest(LINES)


def test_a_download_of_the_hub_that_breaks_off_goes_on(server, monkeypatch):
    monkeypatch.setattr(hub.store, "CHUNK", 1000)
    server.fault("truncated", "/storage/", times=1)
    assert hub.fetch("owner/data", "data/big.parquet").sha256 == digest(LARGE)
    ranges = [asked.headers.get("range") for asked in server.requests if "/storage/" in asked.path]
    assert ranges == [None, f"bytes={len(LARGE) // 2 // 1000}000-"]


@pytest.mark.parametrize(("path", "content"), [("train.json", SMALL), ("data/big.parquet", LARGE)])
def test_what_the_cache_holds_damaged_is_fetched_again(server, path, content):
    first = hub.fetch("owner/data", path)
    first.path.write_bytes(b"x" + content[1:])
    again = hub.fetch("owner/data", path, revision=first.revision)
    assert again == first and again.path.read_bytes() == content


# --- the hub: what does not come --------------------------------------------------------------------------------------

TRAIN = "owner/data/train.json"


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
        assert problem(lambda at=revision: hub.fetch(repo, "train.json", revision=at)) == (
            f"{repo}/train.json: {page(server, repo)} does not exist or is private: check the name; if it is private, "
            "run `hf auth login` (or set HF_TOKEN)"
        )


@pytest.mark.parametrize("token", [None, "hf_stranger"])
def test_a_gated_repository_names_its_form_and_opens_to_a_member(server, monkeypatch, token):
    server.gated.add("owner/data")
    server.members.add("hf_in")
    if token:
        monkeypatch.setenv("HF_TOKEN", token)
    assert problem(lambda: hub.fetch("owner/data", "train.json")) == (
        f"{TRAIN}: the dataset is gated: open {page(server)}, log in and fill in its form, then run `hf auth login` "
        "(or set HF_TOKEN) with the account that was let in, and try again"
    )
    monkeypatch.setenv("HF_TOKEN", "hf_in")
    assert hub.fetch("owner/data", "train.json").sha256 == digest(SMALL)


def test_a_disabled_repository(server):
    server.disabled.add("owner/data")
    assert problem(lambda: hub.fetch("owner/data", "train.json")) == (
        f"{TRAIN}: {page(server)} was disabled on the hub: look there for the reason"
    )


@pytest.mark.parametrize("revision", [COMMIT, "v2.0"])
def test_a_revision_that_is_not_there(server, revision):
    assert problem(lambda: hub.fetch("owner/data", "train.json", revision=revision)) == (
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
        assert problem(lambda at=revision: hub.fetch("owner/data", path, revision=at)) == (
            f"owner/data/{path}: no such file at commit {commit}{nearest}; see {page(server)}/tree/{commit}"
        )
    assert kept(cache) == []


def test_a_file_that_is_not_there_where_the_hub_lists_nothing(server):
    commit = server.head("owner/data")
    server.fault(500, "/api/datasets/")
    assert problem(lambda: hub.fetch("owner/data", "trian.json", revision=commit)) == (
        f"owner/data/trian.json: no such file at commit {commit}; see {page(server)}/tree/{commit}"
    )


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_offline_and_not_in_the_cache(server, monkeypatch, cache, revision):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert problem(lambda: hub.fetch("owner/data", "train.json", revision=revision)) == (
        f"{TRAIN}: not in the cache ({cache / 'hub'}), and HF_HUB_OFFLINE=1 forbids to ask {server.endpoint}: unset "
        "it, or copy the cache of a machine with a network"
    )
    assert server.requests == []


@pytest.mark.parametrize("revision", [None, COMMIT])
def test_an_endpoint_that_cannot_be_reached(monkeypatch, closed, slept, revision):
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed}/")
    assert problem(lambda: hub.fetch("owner/data", "train.json", revision=revision)) == (
        f"{TRAIN}: http://127.0.0.1:{closed} cannot be reached ({REFUSED}): check network and "
        f"proxy, or point HF_ENDPOINT at a mirror (HF_ENDPOINT=http://127.0.0.1:{closed}/)"
    )
    assert len(slept) >= 3


def test_an_endpoint_that_is_gone_names_what_the_cache_has(server, monkeypatch, closed):
    commit = hub.fetch("owner/data", "train.json").revision
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{closed}")
    assert problem(lambda: hub.fetch("owner/data", "train.json")) == (
        f"{TRAIN}: http://127.0.0.1:{closed} cannot be reached ({REFUSED}): check network and "
        f"proxy, or point HF_ENDPOINT at a mirror (HF_ENDPOINT=http://127.0.0.1:{closed}); HF_HUB_OFFLINE=1 takes what "
        f"the cache has of commit {commit}"
    )
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub.fetch("owner/data", "train.json").sha256 == digest(SMALL)


def test_the_storage_of_large_files_that_cannot_be_reached_is_named(server, closed):
    server.storage = f"http://localhost:{closed}/storage"
    assert problem(lambda: hub.fetch("owner/data", "data/big.parquet")) == (
        f"owner/data/data/big.parquet: http://localhost:{closed}, to which {server.endpoint} sent us, cannot be "
        f"reached ({REFUSED}): check network and proxy, or point HF_ENDPOINT at a mirror "
        f"(HF_ENDPOINT={server.endpoint})"
    )


def test_a_proxy_that_cannot_be_used(server, monkeypatch):
    import httpx2

    def refuse(*_, **__):
        raise httpx2.ProxyError("407 Proxy Authentication Required", request=httpx2.Request("GET", server.endpoint))

    monkeypatch.setattr(httpx2.Client, "send", refuse)
    for call in (lambda: hub.fetch("flat", "t.csv"), lambda: hub.fetch("flat", "t.csv", revision=COMMIT)):
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
        who = f"http://localhost:{server.port}, to which {who} sent us,"
    assert problem(lambda: hub.fetch("owner/data", "data/big.parquet")) == (
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
    assert problem(lambda: hub.fetch("owner/data", "train.json", revision=revision)) == (
        f"{TRAIN}: {server.endpoint} does not answer as the hub does: check HF_ENDPOINT and the proxy "
        f"({detail.format(endpoint=server.endpoint, commit=commit)})"
    )


@pytest.mark.parametrize("address", ["hf-mirror.com", "ftp://hub", "https://", "http://[::"])
@pytest.mark.parametrize("variable", ["HF_ENDPOINT", "ASSL_GITHUB_RAW"])
def test_an_address_that_is_none(server, monkeypatch, variable, address):
    monkeypatch.setenv(variable, address)
    call, name = {
        "HF_ENDPOINT": (lambda: hub.fetch("owner/data", "train.json"), TRAIN),
        "ASSL_GITHUB_RAW": (lambda: hub.fetch_github("owner/repo", COMMIT, "a"), "github.com/owner/repo/a"),
    }[variable]
    assert problem(call) == f"{name}: {variable}={address.rstrip('/')} is no address: write https://host"


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
    message = problem(lambda: hub.fetch("owner/data", path))
    told = detail.format(half=len(content) // 2, whole=len(content))
    assert message.startswith(f"owner/data/{path}: the download broke off ({told}")
    assert message.endswith("; nothing was kept, try again")
    assert kept(cache) == []
    tries = [asked for asked in server.requests if asked.method == "GET" and where in asked.path]
    assert len(tries) == (6 if what == "truncated" else 1), "huggingface_hub's own patience, not ours on top"


# --- the hub: what comes and is wrong ---------------------------------------------------------------------------------

WRONG = "f" * 64


@pytest.mark.parametrize(
    ("path", "content", "where"),
    [("train.json", SMALL, "resolve-cache"), ("data/big.parquet", LARGE, "/storage/")],
)
@pytest.mark.parametrize("pinned", [False, True])
def test_wrong_bytes_from_the_hub_are_found_without_a_pin_too(server, cache, path, content, where, pinned):
    server.fault("wrong", where)
    pin = {"sha256": digest(content)} if pinned else {}
    spoiled = digest(bytes([content[0] ^ 1]) + content[1:])
    assert problem(lambda: hub.fetch("owner/data", path, **pin), DataError) == (
        f"owner/data/{path}: not the bytes that {server.endpoint} announced (sha256 {spoiled}, {len(content)} bytes): "
        "the download is broken and was deleted; try again, or point HF_ENDPOINT elsewhere"
    )
    assert kept(cache) == []
    server.mend()
    assert hub.fetch("owner/data", path, **pin).path.read_bytes() == content


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
        hub.fetch("owner/data", "train.json")
        server.requests.clear()
    assert problem(lambda: hub.fetch("owner/data", "train.json", **pin), DataError) == (
        f"{TRAIN}: {said}; it was deleted. The file changed upstream, or the pin is wrong: see {page(server)}/blob/"
        f"{commit}/train.json, then pin the commit that was meant, or the new hash"
    )
    assert kept(cache) == []
    if cached:  # the hub's own checksum was right: to ask again would bring the same
        assert server.paths() == ["/api/datasets/owner/data"]


def test_without_a_checksum_of_the_hubs_the_message_leaves_both_open(server, cache, monkeypatch):
    monkeypatch.setattr("hub_server.git_name", lambda content: "no-checksum")
    commit = server.head("owner/data")
    first = hub.fetch("owner/data", "train.json")
    first.path.write_bytes(b"damaged")
    assert hub.fetch("owner/data", "train.json", sha256=digest(SMALL)).path.read_bytes() == SMALL
    server.fault("wrong", "resolve-cache")
    (cache / "hub").rename(cache / "old")
    spoiled = digest(bytes([SMALL[0] ^ 1]) + SMALL[1:])
    assert problem(lambda: hub.fetch("owner/data", "train.json", sha256=digest(SMALL)), DataError) == (
        f"{TRAIN}: sha256 {spoiled} where {digest(SMALL)} is pinned; it was deleted. Either the download is broken: "
        f"try again; or the file changed upstream, or the pin is wrong: see {page(server)}/blob/{commit}/train.json, "
        "then pin the commit that was meant, or the new hash"
    )
    assert kept(cache / "hub") == []


def test_offline_a_wrong_pin_is_refused_and_the_file_stays(server, monkeypatch):
    first = hub.fetch("owner/data", "train.json")
    text = hub.fetch_github("owner/repo", COMMIT, TEXT)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for name, found, call in (
        (TRAIN, first.sha256, lambda: hub.fetch("owner/data", "train.json", sha256=WRONG)),
        (f"github.com/owner/repo/{TEXT}", text.sha256,
         lambda: hub.fetch_github("owner/repo", COMMIT, TEXT, sha256=WRONG)),
    ):  # fmt: skip
        assert problem(call, DataError) == (
            f"{name}: the cache has sha256 {found} where {WRONG} is pinned, and HF_HUB_OFFLINE=1 forbids to ask for "
            "another: unset it, or correct the pin"
        )
    assert first.path.read_bytes() == SMALL and text.path.read_bytes() == LINES


def test_offline_a_damaged_file_is_not_handed_out(server, monkeypatch, cache):
    first, text = hub.fetch("owner/data", "train.json"), hub.fetch_github("owner/repo", COMMIT, TEXT)
    for path in (first.path, text.path):
        path.write_bytes(b"damaged")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "not the bytes that" in problem(lambda: hub.fetch("owner/data", "train.json"), DataError)
    assert "not in the cache" in problem(lambda: hub.fetch_github("owner/repo", COMMIT, TEXT))
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
    assert problem(lambda: hub.fetch(repo, path, **pin), DataError) == f"{repo}/{path}: {said}"
    if "sha256" in pin or "is no path" in said:
        call = problem(lambda: hub.fetch_github("owner/repo", COMMIT, path, **pin), DataError)
        assert call == f"github.com/owner/repo/{path}: {said}"
    assert server.requests == []


# --- GitHub -----------------------------------------------------------------------------------------------------------


def text(**options):
    return hub.fetch_github("owner/repo", COMMIT, TEXT, **options)


NAME = f"github.com/owner/repo/{TEXT}"


def test_a_file_of_github_comes_once(server, cache):
    got = text(sha256=digest(LINES), size=len(LINES))
    assert got.path.read_bytes() == LINES and got.path.name == "train.txt" and got.path.is_relative_to(cache / "github")
    assert (got.revision, got.sha256, got.bytes) == (COMMIT, digest(LINES), len(LINES))
    assert got.url == server.raw + TEXT_URL
    assert server.paths() == [f"/github/owner/repo/{COMMIT}/{TEXT}"]
    assert server.requests[0].headers["accept-encoding"] == "identity"
    assert text() == got and text(sha256=digest(LINES)) == got
    assert len(server.requests) == 1
    assert hub.fetch_github("owner/repo", COMMIT, "empty.txt").bytes == 0


def test_the_cached_file_of_github_is_checked_against_what_was_remembered(server):
    got = text()
    got.path.write_bytes(b"x" + LINES[1:])
    assert text().path.read_bytes() == LINES and len(server.requests) == 2
    got.path.with_name("train.txt.fetched.json").write_text("no json")
    assert text() == got and len(server.requests) == 3
    assert text() == got and len(server.requests) == 3


def test_a_pin_that_differs_from_the_cached_file_asks_github_again(server):
    got = text()
    server.github["owner/repo", COMMIT, TEXT] = LINES + b"!"  # git cannot; a server that was wrong before can
    assert text(sha256=digest(LINES + b"!")).path.read_bytes() == LINES + b"!"
    assert text().sha256 == digest(LINES + b"!") and got.path == text().path


def parts(server):
    return [asked.headers.get("range") for asked in server.requests]


HALF = len(LINES) // 2


def test_a_download_of_github_goes_on_where_it_broke_off(server, slept):
    server.fault("truncated", times=1)
    assert text().sha256 == digest(LINES)
    assert parts(server) == [None, f"bytes={HALF}-"] and slept == [1]


def test_a_busy_server_in_between_costs_no_bytes(server, slept):
    server.fault("truncated", times=1)
    server.fault(503, times=2, after=1)
    assert text().sha256 == digest(LINES)
    assert parts(server) == [None, *[f"bytes={HALF}-"] * 3] and slept == [1, 2, 4]


@pytest.mark.parametrize(
    ("what", "asked"),
    [
        ("no range", [None, f"bytes={HALF}-"]),
        ("bad range", [None, f"bytes={HALF}-", None]),
        (416, [None, f"bytes={HALF}-", None]),
    ],
)
def test_a_server_that_cannot_go_on_is_asked_for_the_whole(server, what, asked):
    server.fault("truncated", times=1)
    server.fault(what, times=1, after=1)
    assert text().sha256 == digest(LINES) and text().bytes == len(LINES)
    assert parts(server) == asked


def test_a_continuation_that_ends_early_is_continued(server):
    server.fault("truncated", times=1)
    server.fault("cut", times=1, after=1)
    assert text().sha256 == digest(LINES)
    assert parts(server) == [None, f"bytes={HALF}-", f"bytes={HALF + (len(LINES) - HALF) // 2}-"]


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_github_is_asked_again_after_a_pause(server, slept, status):
    server.fault(status, times=3)
    assert text().sha256 == digest(LINES) and slept == [1, 2, 4]


@pytest.mark.parametrize(
    ("fault", "said", "tries"),
    [
        (503, "{raw} answers 503 again and again: try later, or point ASSL_GITHUB_RAW at a mirror", 4),
        (429, "{raw} asks for a pause (429): wait some minutes, or point ASSL_GITHUB_RAW at a mirror", 4),
        (403, "{raw} answers 403: look at the address in a browser; ASSL_GITHUB_RAW={raw}", 1),
        (404, "no such file, or no such commit or repository ({url}); see {tree}", 1),
        ("truncated", "the download broke off after {most} bytes (peer closed connection without sending complete "
         "message body (received {last} bytes, expected {left})); nothing was kept, try again", 4),
        ("foreign", "{raw} sent a web page in place of the file: open {url} in a browser; check the proxy and "
         "ASSL_GITHUB_RAW (ASSL_GITHUB_RAW={raw})", 1),
    ],
)  # fmt: skip
def test_what_github_does_not_give_leaves_nothing(server, cache, fault, said, tries):
    server.fault(fault)
    most = left = 0
    for _ in range(4):  # each try brings half of what was left
        most, left = most + left // 2 if left else 0, len(LINES) - most if not left else left - left // 2
    told = {
        "raw": server.raw,
        "url": server.raw + TEXT_URL,
        "tree": f"https://github.com/owner/repo/tree/{COMMIT}",
        "most": most + left // 2,
        "last": left // 2,
        "left": left,
    }
    assert problem(text) == f"{NAME}: {said.format(**told)}"
    assert len(server.requests) == tries and kept(cache) == []


def test_github_that_cannot_be_reached(monkeypatch, closed, slept, cache):
    monkeypatch.setenv("ASSL_GITHUB_RAW", f"http://127.0.0.1:{closed}")
    assert problem(text) == (
        f"{NAME}: http://127.0.0.1:{closed} cannot be reached ({REFUSED}): check network and "
        f"proxy, or point ASSL_GITHUB_RAW at a mirror (ASSL_GITHUB_RAW=http://127.0.0.1:{closed})"
    )
    assert slept == [1, 2, 4] and kept(cache) == []


def test_offline_forbids_github_too(server, monkeypatch, cache):
    monkeypatch.setenv("HF_HUB_OFFLINE", "yes")
    assert problem(text) == (
        f"{NAME}: not in the cache ({cache}), and HF_HUB_OFFLINE=yes forbids to ask {server.raw}: unset it, or copy "
        "the cache of a machine with a network"
    )
    assert server.requests == []


@pytest.mark.parametrize(
    ("pin", "said"),
    [
        ({"sha256": WRONG}, f"sha256 {digest(LINES)} where {WRONG} is pinned"),
        ({"size": 3}, f"{len(LINES)} bytes where 3 are pinned"),
    ],
)
def test_another_file_of_github_than_the_pinned_one_is_not_kept(server, cache, pin, said):
    blob = f"https://github.com/owner/repo/blob/{COMMIT}/CFSC-ABSA/json%E6%A0%BC%E5%BC%8F/train.txt"
    assert problem(lambda: text(**pin), DataError) == (
        f"{NAME}: {said}; it was deleted. What a commit holds never changes: either the download is broken: try again; "
        f"or the pin is wrong: see {blob}"
    )
    assert kept(cache) == []


@pytest.mark.parametrize("commit", ["main", "v1.0", COMMIT[:7], COMMIT.upper(), ""])
def test_what_moves_is_no_commit(server, commit):
    assert problem(lambda: hub.fetch_github("owner/repo", commit, "a"), DataError) == (
        f"github.com/owner/repo/a: {commit!r} is no commit of 40 hex digits: what a branch or a tag stands at can "
        "change; https://github.com/owner/repo/commits lists commits"
    )
    assert server.requests == []


@pytest.mark.parametrize("repo", ["owner", "../repo", "owner/..", "owner/repo/more", "o w/repo", "owner/"])
def test_what_is_no_repository_of_github(server, repo):
    assert problem(lambda: hub.fetch_github(repo, COMMIT, "a"), DataError) == (
        f"github.com/{repo}/a: {repo!r} names no repository: it is written owner/name"
    )
    assert server.requests == []


@pytest.mark.parametrize("call", [text, lambda: hub.fetch("owner/data", "train.json")])
def test_an_interrupted_download_leaves_nothing(server, monkeypatch, cache, call):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(hub.progress.Bar, "update", interrupt)
    with pytest.raises(KeyboardInterrupt):
        call()
    assert kept(cache) == []


@pytest.mark.parametrize("call", [text, lambda **where: hub.fetch("owner/data", "train.json", **where)])
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
    text() if path == TEXT else hub.fetch("owner/data", path)
    events = [json.loads(line) for line in (tmp_path / "progress").read_text(encoding="utf-8").splitlines()]
    last = events[-1]
    assert (last["label"], last["total"], last["n"], last["end"]) == (Path(path).name, len(content), len(content), True)
    assert "%|" not in capfd.readouterr().err


# --- names ------------------------------------------------------------------------------------------------------------


def test_the_files_of_a_family_are_named_as_the_hub_lists_them(server):
    old = server.head("owner/data")
    server.push("owner/data", {"data/b.csv": b"b", "data/a.csv": b"a", "data/a.json": b"{}", "other.csv": b"c"})
    assert hub.names("owner/data", "data/*.csv") == ["data/a.csv", "data/b.csv"]
    said = problem(lambda: hub.names("owner/data", "data/*.csv", revision=old))
    page = f"{server.endpoint}/datasets/owner/data"
    assert said == f"owner/data/data/*.csv: no file of the dataset fits; see {page}/tree/{old}"


def test_a_family_of_a_repository_that_is_not_there_or_offline_is_explained(server, monkeypatch):
    assert "does not exist or is private" in problem(lambda: hub.names("owner/none", "*.csv"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert "HF_HUB_OFFLINE=1 forbids" in problem(lambda: hub.names("owner/data", "*.csv"))
