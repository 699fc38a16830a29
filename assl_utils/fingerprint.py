"""What decides a chapter's results, as digests: its code, the modules it imports, their data, its inputs.

A module counts when the notebook imports it, or a module that counts does. An entry of ``assl_utils/data`` counts with
every module that names it in a string (``Path(__file__).parent / "data" / "base_model"``), so nothing has to be
declared. Times of files never count: a touch reruns nothing.
"""

import ast
import re
import time
from pathlib import Path

from assl_utils import notebook, store

PACKAGE = "assl_utils"
SETTLED = 2_000_000_000  # ns; a file younger than this may change again within one tick of its clock


class Hashes:
    """Digests of files, remembered by size and times, so that asking again costs a `stat`."""

    def __init__(self, root):
        self.root = Path(root)
        self.path = self.root / "runs" / ".hashes.json"
        try:
            self.known = store.read_json(self.path)
        except (OSError, ValueError):  # no cache, or half of one: it only costs time
            self.known = {}
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
        mark = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]  # ctime: nobody can set it back
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
            store.write_json(self.known, self.path)
            self._changed = False


def imported(tree):
    """Names of the package's modules that a syntax tree imports, at the top or inside a function.

    A string that reads ``"assl_utils.name"`` counts too: that is how a module is run or imported by name.
    """
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found.update(a.name.split(".")[1] for a in node.names if a.name.startswith(PACKAGE + "."))
        elif isinstance(node, ast.ImportFrom):
            path = f"{PACKAGE}.{node.module or ''}" if node.level else node.module or ""
            parts = [part for part in path.split(".") if part]
            if parts[0] == PACKAGE:
                found.update([parts[1]] if len(parts) > 1 else [a.name for a in node.names])
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if match := re.fullmatch(PACKAGE + r"\.(\w+)(\.\w+)*", node.value):
                found.add(match[1])
    return found


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
        self._module = {}  # name -> (digest, imported modules, data entries)
        self._data = {}

    def module(self, name):
        """A module's digest, imports and data; ``None`` where the name is no module (a function, say)."""
        if name not in self._module:
            path = self.folder / f"{name}.py"
            try:
                tree = ast.parse(path.read_text(encoding="utf-8"))
            except FileNotFoundError:
                self._module[name] = None
            except SyntaxError as error:
                raise notebook.NotebookError(f"{path.name}, line {error.lineno}: {error.msg}") from None
            else:
                self._module[name] = (self.hashes.of(path), imported(tree), data_named(tree, self.entries))
        return self._module[name]

    def behind(self, tree):
        """``{path: digest}`` of every module and data entry behind a notebook's syntax tree."""
        found, queue = {}, {"__init__", *imported(tree)}
        seen = set()
        while queue:
            name = queue.pop()
            seen.add(name)
            if (module := self.module(name)) is None:
                continue
            digest, further, data = module
            found[f"{PACKAGE}/{name}.py"] = digest
            for entry in data:
                if entry not in self._data:
                    self._data[entry] = self.hashes.of(self.folder / "data" / entry)
                found[f"{PACKAGE}/data/{entry}"] = self._data[entry]
            queue |= further - seen
        return dict(sorted(found.items()))


def of_notebook(path, sources):
    """``{"code": digest, "modules": {path: digest}}`` of a chapter, inputs and parameters aside."""
    written = notebook.read(path)
    return {
        "code": notebook.code_digest(written),
        "modules": sources.behind(notebook.syntax(written, Path(path).stem)),
    }
