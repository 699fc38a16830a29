"""A hub and a GitHub for tests, on the loopback interface: the URLs that huggingface_hub 2.4 and `hub` ask for.

It has data sets and models; large files lie on a second port, to which it sends whoever asks.

::

    with HubServer({("owner/data", "train.json"): b"[]"}, github={("owner/repo", commit, "a.txt"): b"text"}) as server:
        server.push_folder("owner/model", folder)
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        ...
        server.requests  # what was asked, in order

What is not there (a repository, a revision, a file) is answered as the hub answers it. More goes wrong on demand::

    server.fault(503, times=2)                    # the next two requests
    server.fault("truncated", "train.json")       # every answer with a body whose path contains this
    server.gated.add("owner/data"); server.members.add("hf_token")
"""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

LARGE = (".zip", ".parquet", ".gz", ".bin", ".xlsx", ".arrow", ".safetensors")  # to the large-file storage
MESSAGES = {
    "RepoNotFound": "Repository not found",
    "RevisionNotFound": "Invalid rev id",
    "EntryNotFound": "Entry not found",
    "GatedRepo": "Access to this {} is restricted. You must be authenticated to access it.",
}
MODELS = "models/"  # before the names of models, for a model and a dataset may have the same


@dataclass(frozen=True)
class Asked:
    """One request: its method, its path without percent-encoding, its headers (names in lower case)."""

    method: str
    path: str
    headers: dict
    host: str


@dataclass
class Fault:
    """What is to go wrong: ``what`` for ``times`` requests whose method and path fit, ``after`` so many that pass."""

    what: int | str
    match: str
    method: str | None
    times: float
    after: int
    headers: dict = field(default_factory=dict)

    def strikes(self, method, path):
        """Whether it strikes this request; counts it."""
        if self.match not in path or self.method not in (None, method) or self.times <= 0:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        self.times -= 1
        return True


def git_name(content):
    """What git, and so the hub's ETag, calls a file."""
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content).hexdigest()


def large_name(content):
    """What the large-file storage calls it."""
    return hashlib.sha256(content).hexdigest()


class HubServer:
    """The server; use it in a ``with``.

    Attributes
    ----------
    endpoint, raw : str
        For ``HF_ENDPOINT`` and ``ASSL_GITHUB_RAW``; ``environment`` has both.
    requests : list of Asked
        Every request that came, in order.
    storage : str
        Where large files lie: another host and another port, as the hub's is; no token may reach it.
    gated, private, disabled : set of str
        Repositories that are; the first two open to the tokens in ``members``. ``models/owner/name`` is a model.
    """

    def __init__(self, files=None, github=None):
        self.requests, self.gated, self.private, self.disabled, self.members = [], set(), set(), set(), set()
        self.github = dict(github or {})
        self._refs = {}  # (repository, branch or tag) -> commit
        self._history = {}  # repository -> [(commit, {path: bytes})], newest last
        self._faults = []
        self._lock = threading.Lock()
        grouped = {}
        for (repo, path), content in (files or {}).items():
            grouped.setdefault(repo, {})[path] = content
        for repo, contents in grouped.items():
            self.push(repo, contents)
        kinds = [type("Handler", (_Handler,), {"hub": self}), type("Storage", (_Storage,), {"hub": self})]
        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in kinds]
        self.port = self._servers[0].server_port
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.storage = f"http://localhost:{self._servers[1].server_port}/storage"
        self.raw = f"{self.endpoint}/github"
        self.environment = {"HF_ENDPOINT": self.endpoint, "ASSL_GITHUB_RAW": self.raw}

    def __enter__(self):
        for http in self._servers:
            threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        for http in self._servers:
            http.shutdown()
            http.server_close()

    def push(self, repo, changes):
        """A new commit of ``repo`` with ``{path: bytes, or None to delete}``; returns its 40 digits."""
        history = self._history.setdefault(repo, [])
        files = {**(history[-1][1] if history else {}), **changes}
        files = {path: content for path, content in files.items() if content is not None}
        told = f"{repo}{len(history)}" + "".join(f"{path}{git_name(files[path])}" for path in sorted(files))
        history.append((hashlib.sha1(told.encode()).hexdigest(), files))
        return history[-1][0]

    def push_folder(self, repo, folder):
        """A new commit of the model ``repo`` with all files of a folder, and of those below it; returns its name."""
        files = (path for path in Path(folder).rglob("*") if path.is_file())
        return self.push(MODELS + repo, {path.relative_to(folder).as_posix(): path.read_bytes() for path in files})

    def tag(self, repo, name, commit):
        """A branch or tag; one that is there moves."""
        self._refs[repo, name] = commit

    def forget(self, repo, commit):
        """Take a commit away, as a forced push does."""
        self._history[repo] = [one for one in self._history[repo] if one[0] != commit]

    def head(self, repo):
        """The newest commit of ``repo``."""
        return self._history[repo][-1][0]

    def fault(self, what, match="", *, method=None, times=float("inf"), after=0, headers=None):
        """Let something go wrong for the next ``times`` requests whose path contains ``match``, ``after`` so many.

        ``what``: a status (503); "truncated" (half of the announced body), "cut" (half, and announced as a whole),
        "wrong" (a byte differs), "foreign" (a page of some other web server), "no range" (Range is ignored),
        "bad range" (another part than the one asked for), "no length" (neither announced nor chunked).
        """
        self._faults.append(Fault(what, match, method, times, after, headers or {}))

    def mend(self):
        """No faults from now on."""
        self._faults.clear()

    def paths(self, method=None):
        """Paths of the requests so far."""
        return [asked.path for asked in self.requests if method in (None, asked.method)]

    def _take(self, method, path):
        """The faults that strike this request."""
        with self._lock:
            return [fault for fault in self._faults if fault.strikes(method, path)]

    def _commit(self, repo, revision):
        """``(commit, files)`` of a commit, of a tag, or of main."""
        revision = self._refs.get((repo, revision), revision)
        for commit, files in self._history[repo]:
            if commit == revision:
                return commit, files
        return self._history[repo][-1] if revision in (None, "main") else None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer()

    def do_GET(self):
        self._answer()

    def _answer(self):
        path = unquote(urlsplit(self.path).path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.hub.requests.append(Asked(self.command, path, headers, headers.get("host", "").split(":")[0]))
        self.struck = self.hub._take(self.command, path)
        self.faults = {fault.what for fault in self.struck}
        for fault in self.struck:
            if isinstance(fault.what, int):
                return self._send(fault.what, b"", fault.headers)
        if "foreign" in self.faults:
            return self._send(200, b"<html>Please log in to the network</html>", {"Content-Type": "text/html"})
        for prefix, handle in self.ways().items():
            if path.startswith(prefix):
                return handle(path.removeprefix(prefix))
        if "/resolve/" in path:  # only models have no word before their name
            return self._resolve(MODELS + path.removeprefix("/"))
        self._send(404, b"")

    def ways(self):
        """What this port answers: the beginning of a path, and what takes the rest."""
        return {
            "/api/datasets/": self._about,
            "/api/models/": lambda rest: self._about(MODELS + rest),
            "/datasets/": self._resolve,
            "/api/resolve-cache/datasets/": self._small,
            "/api/resolve-cache/models/": lambda rest: self._small(MODELS + rest),
            "/github/": self._github,
        }

    def _member(self):
        return self.headers.get("Authorization", "").removeprefix("Bearer ") in self.hub.members

    def _refuse(self, status, code, repo="", **headers):
        message = MESSAGES[code].format("model" if repo.startswith(MODELS) else "dataset")
        self._send(
            status,
            json.dumps({"error": message}).encode(),
            {"X-Error-Code": code, "X-Error-Message": message, "Content-Type": "application/json", **headers},
        )

    def _found(self, repo, revision):
        """``(commit, files)``; where there is none the refusal is sent."""
        if repo in self.hub.disabled:
            self._send(403, b"", {"X-Error-Message": "Access to this resource is disabled."})
        elif repo not in self.hub._history or (repo in self.hub.private and not self._member()):
            self._refuse(401 if "Authorization" not in self.headers else 404, "RepoNotFound")
        elif (found := self.hub._commit(repo, revision)) is None:
            self._refuse(404, "RevisionNotFound")
        else:
            return found
        return None

    def _about(self, rest):
        """What the hub says of a repository, or the list of its files with their sizes and names."""
        repo, tree, place = rest.partition("/tree/")
        if tree:
            revision, _, folder = place.partition("/")
            if found := self._found(repo, revision):
                self._tree(found[1], f"{folder}/" if folder else "")
            return
        repo, _, revision = rest.partition("/revision/")
        if found := self._found(repo, revision or None):
            commit, files = found
            listed = [{"rfilename": path} for path in sorted(files)]
            told = {"id": repo.removeprefix(MODELS), "sha": commit, "siblings": listed}
            told["gated"] = "manual" if repo in self.hub.gated else False
            self._send(200, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _tree(self, files, folder):
        """The files below a folder; of one that is not there the hub says so."""
        listed = [self._listed(path, content) for path, content in sorted(files.items()) if path.startswith(folder)]
        if folder and not listed:
            return self._refuse(404, "EntryNotFound")
        self._send(200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def _listed(self, path, content):
        told = {"type": "file", "path": path, "size": len(content), "oid": git_name(content)}
        if path.endswith(LARGE):
            told["lfs"] = {"oid": large_name(content), "size": len(content), "pointerSize": 130}
        return told

    def _resolve(self, rest):
        repo, _, rest = rest.partition("/resolve/")
        revision, _, path = rest.partition("/")
        if not (found := self._found(repo, revision)):
            return
        commit, files = found
        if repo in self.hub.gated and not self._member():
            return self._refuse(403 if "Authorization" in self.headers else 401, "GatedRepo", repo)
        if path not in files:
            return self._refuse(404, "EntryNotFound", **{"X-Repo-Commit": commit})
        content = files[path]
        headers = {"X-Repo-Commit": commit, "X-Linked-Size": str(len(content)), "ETag": f'"{git_name(content)}"'}
        if path.endswith(LARGE):
            headers["X-Linked-Etag"] = f'"{large_name(content)}"'
            headers["Location"] = f"{self.hub.storage}/{large_name(content)}"
            headers["X-Xet-Hash"] = large_name(content)  # an offer of the faster protocol, which this server has not
            route = f"{self.hub.endpoint}/api/{self._named(repo)}/xet-read-token/{commit}"
            headers["Link"] = f'<{route}>; rel="xet-auth"'
            return self._send(302, b"", headers)
        headers["X-Linked-Etag"] = headers["ETag"]
        headers["Location"] = f"/api/resolve-cache/{self._named(repo)}/{commit}/{quote(path)}?etag={git_name(content)}"
        self._send(307, b"", headers)

    def _named(self, repo):
        return repo if repo.startswith(MODELS) else f"datasets/{repo}"

    def _small(self, rest):
        for repo, history in self.hub._history.items():
            for commit, files in history:
                path = rest.removeprefix(f"{repo}/{commit}/")
                if path != rest and path in files:
                    headers = {"X-Repo-Commit": commit, "ETag": f'"{git_name(files[path])}"'}
                    return self._file(files[path], headers)
        self._send(404, b"")

    def _large(self, name):
        for history in self.hub._history.values():
            for _, files in history:
                for content in files.values():
                    if large_name(content) == name:
                        return self._file(content, {})
        self._send(404, b"")

    def _github(self, rest):
        for (repo, commit, path), content in self.hub.github.items():
            if rest == f"{repo}/{commit}/{path}":
                return self._file(content, {"ETag": f'"{large_name(content)}"', "Content-Type": "text/plain"})
        self._send(404, b"404: Not Found", {"Content-Type": "text/plain"})

    def _file(self, content, headers):
        """Bytes, or the part that Range asks for, with whatever goes wrong today."""
        if "wrong" in self.faults:
            content = bytes([content[0] ^ 1]) + content[1:]
        status, start, whole = 200, 0, len(content)
        asked = self.headers.get("Range", "")
        if asked and "no range" not in self.faults:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start = int(first) - ("bad range" in self.faults)
            if start >= whole:
                return self._send(416, b"", {"Content-Range": f"bytes */{whole}"})
            end = min(int(last or whole - 1), whole - 1)
            status, content = 206, content[: end + 1]
            headers["Content-Range"] = f"bytes {start}-{end}/{whole}"
        body = content[start:]
        if self.command == "GET" and "cut" in self.faults:
            body = body[: len(body) // 2]
        self._send(status, body, {"Accept-Ranges": "bytes", **headers})

    def _send(self, status, body, headers=None):
        """An answer; "truncated" sends the first half of a body and hangs up."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "no length" in self.faults:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            if "truncated" in self.faults and body:
                body = body[: len(body) // 2]
                self.close_connection = True
            self.wfile.write(body)


class _Storage(_Handler):
    def ways(self):
        return {"/storage/": self._large}
