"""What decides a chapter's results, as digests: its code, the modules it imports, their data, its inputs.

A module counts when the notebook imports it, or a module that counts does; only what lies in ``runner``, ``book``,
``bench`` and ``share`` never does. An entry of ``assl_utils/data``
counts with every module that names it in a string (``Path(__file__).parents[1] / "data" / "exam"``), so nothing has to
be declared. Times of files never count: a touch reruns nothing.
"""

import ast
import collections
import contextlib
import functools
import re
import time
from pathlib import Path

from assl_utils import store
from assl_utils.runner import notebook, shapes

PACKAGE = "assl_utils"
UNDECIDING = ("runner", "book", "bench", "share")  # nothing in these wings decides a chapter's result
SETTLED = 2_000_000_000  # ns; a file younger than this may change again within one tick of its clock


class Hashes:
    """Digests of files, remembered by size and times, so that asking again costs a `stat`."""

    def __init__(self, root):
        self.root = Path(root)
        self.path = self.root / "runs" / ".hashes.json"
        self.known = shapes.hashes(self.path)
        self._changed = False

    def of(self, path):
        """Hex digest of a file or folder, ``None`` where there is none."""
        path = Path(path)
        if path.is_dir():
            return store.sha256(path, of_file=self.of)
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        key = path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
        mark = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]  # ctime: no program can set it back
        entry = self.known.get(key)
        if entry and entry[1] == mark:
            return entry[0]
        now = time.time_ns()
        digest = store.sha256(path)
        if now - max(stat.st_mtime_ns, stat.st_ctime_ns) > SETTLED:
            self.known[key] = [digest, mark]
            self._changed = True
        return digest

    def save(self):
        """Keep what was learnt; files that are gone are forgotten."""
        if self._changed:
            self.known = {key: entry for key, entry in self.known.items() if (self.root / key).exists()}
            with contextlib.suppress(OSError):  # a full or read-only disk: without the cache it only takes longer
                store.write_json(self.known, self.path)
            self._changed = False


def imported(tree, package=""):
    """Dotted names below the package that a syntax tree imports, at the top or inside a function.

    ``from assl_utils.space import neighbors`` gives ``space`` and ``space.neighbors``: a tree alone does not tell a
    module from a function. A string that reads ``"assl_utils.name"`` counts too: that is how a module is run or
    imported by name. ``package`` is where a relative import begins.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(a.name.removeprefix(PACKAGE + ".") for a in node.names if a.name.startswith(PACKAGE + "."))
        elif isinstance(node, ast.ImportFrom):
            path = _absolute(node, package)
            if path == PACKAGE or path.startswith(PACKAGE + "."):
                below = path.removeprefix(PACKAGE).lstrip(".")
                found.update(f"{below}.{a.name}".lstrip(".") for a in node.names)
                found.update([below] if below else [])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if match := re.fullmatch(PACKAGE + r"((?:\.[a-z_]\w*)+)", node.value):
                found.add(match[1][1:])
    return found


def _absolute(node, package):
    """The dotted path that a ``from`` import starts at."""
    if not node.level:
        return node.module or ""
    parts = [PACKAGE, *[part for part in package.split(".") if part]]
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def data_named(tree, entries):
    """Those of ``entries`` (names in the package's data folder) that a module's strings name beside ``data``."""
    parts = {
        part
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\n" not in node.value
        for part in node.value.split("/")
    }
    return parts & set(entries) if "data" in parts else set()


class Sources:
    """The package's modules and data, read once for all chapters."""

    def __init__(self, root, hashes):
        self.folder = Path(root) / PACKAGE
        self.hashes = hashes
        data = self.folder / "data"
        self.entries = sorted(p.name for p in data.iterdir() if p.name[0] not in "._") if data.is_dir() else []
        self._module = {}  # path -> (digest, imported names, data entries)
        self._data = {}
        self.path = functools.cache(self.path)  # the same names are met again in every chapter

    def path(self, name):
        """The file behind a dotted name: a module's, also for a name within it; a package's ``__init__`` (None where it
        has none), also for a name that it speaks of.

        Anything else is an error. It used to count as a function, and a whole folder of modules was not watched.
        """
        at = self.folder
        for part in name.split("."):
            if (at / f"{part}.py").is_file():
                at = at / f"{part}.py"
            elif (at / part).is_dir():
                at = at / part
            else:
                file = at / "__init__.py" if at.is_dir() else at
                if at.is_file() or (
                    file.is_file() and re.search(rf"\b{re.escape(part)}\b", file.read_text(encoding="utf-8"))
                ):
                    return file
                raise notebook.NotebookError(f"{PACKAGE}.{name} is imported, but there is no such module")
        file = at / "__init__.py" if at.is_dir() else at
        return file if file.is_file() else None

    def module(self, path):
        """A module's digest, imports and data."""
        if path not in self._module:
            within = path.relative_to(self.folder)
            try:
                tree = ast.parse(path.read_text(encoding="utf-8"))
            except SyntaxError as error:
                raise notebook.NotebookError(f"{within.as_posix()}, line {error.lineno}: {error.msg}") from None
            names = imported(tree, ".".join(within.parent.parts))
            self._module[path] = (self.hashes.of(path), names, data_named(tree, self.entries))
        return self._module[path]

    def behind(self, tree, without=UNDECIDING):
        """``{path: digest}`` of every module and data entry behind a notebook's syntax tree, some wings left out."""
        found, seen = {}, set()
        queue = [self.folder / "__init__.py", *self._files(imported(tree), without)]
        while queue:
            path = queue.pop()
            if path in seen:
                continue
            seen.add(path)
            digest, names, data = self.module(path)
            found[f"{PACKAGE}/{path.relative_to(self.folder).as_posix()}"] = digest
            for entry in data:
                if entry not in self._data:
                    self._data[entry] = self.hashes.of(self.folder / "data" / entry)
                found[f"{PACKAGE}/data/{entry}"] = self._data[entry]
            queue += self._files(names, without)
        return dict(sorted(found.items()))

    def _files(self, names, without):
        """The files behind imported names and every ``__init__`` that Python runs on the way, but for some wings."""
        counting = [name for name in names if name.split(".")[0] not in without]
        folders = {".".join(name.split(".")[:depth]) for name in counting for depth in range(1, name.count(".") + 1)}
        return [path for path in map(self.path, {*counting, *folders}) if path is not None]


def of_notebook(path, sources):
    """``{"code": digest, "modules": {path: digest}}`` of a chapter, without inputs and parameters."""
    written = notebook.read(path)
    return {
        "code": notebook.code_digest(written),
        "modules": sources.behind(notebook.syntax(written, Path(path).stem)),
    }


def lines_behind(path, sources):
    """Lines of code whose edit makes a chapter run again, by wing; what lies beside the wings is under ``""``."""
    found = collections.Counter()
    for name in of_notebook(path, sources)["modules"]:
        _, *wing, _ = name.split("/")
        if name.endswith(".py"):
            text = (sources.folder.parent / name).read_text(encoding="utf-8")
            found[wing[0] if wing else ""] += len(text.splitlines())
    return dict(found)
