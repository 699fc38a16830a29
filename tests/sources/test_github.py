"""Files of GitHub come whole, checked and by commit; the hub's own files behave alike where both are named."""

import pytest
from hub_place import COMMIT, LINES, REFUSED, TEXT, TEXT_URL, WRONG, digest, kept, problem

from assl_utils.errors import DataError
from assl_utils.sources import github

pytestmark = pytest.mark.usefixtures("at_home")

# --- GitHub -----------------------------------------------------------------------------------------------------------


def text(**options):
    return github.fetch("owner/repo", COMMIT, TEXT, **options)


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
    assert github.fetch("owner/repo", COMMIT, "empty.txt").bytes == 0


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
    assert problem(lambda: github.fetch("owner/repo", commit, "a"), DataError) == (
        f"github.com/owner/repo/a: {commit!r} is no commit of 40 hex digits: what a branch or a tag points at can "
        "change; https://github.com/owner/repo/commits lists commits"
    )
    assert server.requests == []


@pytest.mark.parametrize("repo", ["owner", "../repo", "owner/..", "owner/repo/more", "o w/repo", "owner/"])
def test_what_is_no_repository_of_github(server, repo):
    assert problem(lambda: github.fetch(repo, COMMIT, "a"), DataError) == (
        f"github.com/{repo}/a: {repo!r} names no repository: it is written owner/name"
    )
    assert server.requests == []
