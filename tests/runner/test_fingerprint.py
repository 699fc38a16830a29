"""Laws of fingerprints: content decides, times never; what is imported counts however it is imported."""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import toy_repo

from assl_utils.runner import fingerprint, notebook

ROOT = Path(__file__).resolve().parents[2]


def literal_digest(path):
    """The digest without memory: read the whole file, hash it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_remembered_digests_equal_the_literal_ones_whatever_happens_to_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "SETTLED", 0)
    path = tmp_path / "a.txt"
    path.write_text("one")

    def change_size():
        path.write_text("three")

    def change_with_the_same_size_and_time():
        past = path.stat()
        path.write_text("seven")
        os.utime(path, ns=(past.st_atime_ns, past.st_mtime_ns))

    def replace_by_a_renamed_file():
        (tmp_path / "b.txt").write_text("six")
        os.replace(tmp_path / "b.txt", path)

    for change in (
        lambda: None,
        path.touch,
        change_size,
        change_with_the_same_size_and_time,
        replace_by_a_renamed_file,
    ):
        time.sleep(0.02)  # a file system's clock ticks every few milliseconds
        change()
        hashes = fingerprint.Hashes(tmp_path)
        assert hashes.of(path) == hashes.of(path) == literal_digest(path)
        hashes.save()
    path.unlink()
    assert fingerprint.Hashes(tmp_path).of(path) is None


def test_a_settled_file_is_not_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(fingerprint, "SETTLED", -1)
    (tmp_path / "a.txt").write_text("one")
    hashes = fingerprint.Hashes(tmp_path)
    first = hashes.of(tmp_path / "a.txt")
    hashes.save()
    monkeypatch.setattr(fingerprint.store, "sha256", lambda *_, **__: pytest.fail("the file was read"))
    assert fingerprint.Hashes(tmp_path).of(tmp_path / "a.txt") == first


def test_a_file_written_just_now_is_not_trusted(tmp_path):
    """It may change again within one tick of the clock, at the same size."""
    (tmp_path / "a.txt").write_text("one")
    hashes = fingerprint.Hashes(tmp_path)
    hashes.of(tmp_path / "a.txt")
    assert hashes.known == {}


def test_half_a_cache_is_no_cache(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / ".hashes.json").write_text('{"a": [')
    assert fingerprint.Hashes(tmp_path).known == {}


@pytest.mark.parametrize(("code", "names"), [
    ("import assl_utils.a", {"a"}),
    ("import assl_utils.a as b, os", {"a"}),
    ("import assl_utils.a.b", {"a.b"}),
    ("from assl_utils import a, b as c", {"a", "b"}),
    ("from assl_utils.a import f", {"a", "a.f"}),
    ("from assl_utils.a.b import f, g", {"a.b", "a.b.f", "a.b.g"}),
    ("from . import c", {"a.c", "a"}),
    ("from .c import f", {"a.c", "a.c.f"}),
    ("from .. import c", {"c"}),
    ("from ..c import f", {"c", "c.f"}),
    ("def f():\n    from assl_utils import a", {"a"}),
    ("if True:\n    import assl_utils.a", {"a"}),
    ("importlib.import_module('assl_utils.a')", {"a"}),
    ("run([python, '-m', 'assl_utils.a.b'])", {"a.b"}),
    ("import numpy, assl_utilities.a\nfrom numpy import a\nx = 'see assl_utils.a'", set()),
])  # fmt: skip
def test_every_way_to_import_counts(code, names):
    assert fingerprint.imported(ast.parse(code), package="a") == names


@pytest.fixture
def wings(tmp_path):
    """A package with folders in it, and who imports whom."""
    package = tmp_path / "assl_utils"
    for name, text in {
        "__init__": "VERSION = 1",
        "store": "def root(): 0",
        "space/__init__": "",
        "space/near": "from assl_utils.text import compare\nfrom . import far\ndef knn(): 0",
        "space/far": "from ..store import root\nfrom assl_utils.text.deep.er import x",
        "text/compare": "from assl_utils.runner import run",  # a folder without an __init__
        "text/deep/__init__": "",
        "text/deep/er": "x = 0",
        "runner/__init__": "",
        "runner/run": "from assl_utils import secret\ndef go(): 0",
        "secret": "",
    }.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / f"{name}.py").write_text(text)
    return fingerprint.Sources(tmp_path, fingerprint.Hashes(tmp_path))


@pytest.mark.parametrize("code", [
    "from assl_utils.space import near",
    "from assl_utils.space.near import knn",
    "import assl_utils.space.near",
    "import_module('assl_utils.space.near')",
])  # fmt: skip
def test_modules_in_folders_are_watched_however_they_are_imported(wings, code):
    """They once counted as functions, and what they said could change without a chapter running again."""
    assert set(wings.behind(ast.parse(code))) == {
        "assl_utils/__init__.py", "assl_utils/space/__init__.py", "assl_utils/space/near.py",
        "assl_utils/space/far.py", "assl_utils/store.py", "assl_utils/text/compare.py",
        "assl_utils/text/deep/__init__.py", "assl_utils/text/deep/er.py",
    }  # fmt: skip


def test_nothing_in_the_wings_that_decide_no_result_is_watched_nor_what_lies_behind_it(wings):
    for code in ("from assl_utils.runner import run", "from assl_utils.runner.run import go"):
        assert set(wings.behind(ast.parse(code))) == {"assl_utils/__init__.py"}
        assert "assl_utils/secret.py" in wings.behind(ast.parse(code), without=())


@pytest.mark.parametrize("code", [
    "from assl_utils import nowhere",
    "from assl_utils.space import nowhere",
    "from assl_utils.nowhere import f",
    "import assl_utils.space.nowhere.f",
    "import_module('assl_utils.nowhere')",
])  # fmt: skip
def test_what_cannot_be_found_is_an_error_and_not_a_function(wings, code):
    with pytest.raises(notebook.NotebookError, match=r"nowhere.* there is no such module"):
        wings.behind(ast.parse(code))


def test_a_name_of_the_package_itself_is_its_own_init(wings):
    assert set(wings.behind(ast.parse("from assl_utils import VERSION"))) == {"assl_utils/__init__.py"}


@pytest.mark.parametrize(("code", "entries"), [
    ("Path(__file__).parent / 'data' / 'words'", {"words"}),
    ("files('assl_utils') / 'data/words/x.yaml'", {"words"}),
    ("words = 'words'", set()),
    ("'''data words'''", set()),
    ("open('data/other')", set()),
])  # fmt: skip
def test_data_counts_with_the_module_that_names_it(code, entries):
    assert fingerprint.data_named(ast.parse(code), ["words", "model"]) == entries


def test_the_walk_reaches_what_lies_behind_and_ends_in_a_circle(tmp_path):
    root = toy_repo.build(tmp_path / "repo")
    (root / "assl_utils" / "toy_deep.py").write_text("from assl_utils import toy\nDATA = 'data/toy'\n")
    (root / "assl_utils" / "unused.py").write_text("1")
    sources = fingerprint.Sources(root, fingerprint.Hashes(root))
    names = fingerprint.of_notebook(root / "notebooks/01_numbers.ipynb", sources)["modules"]
    assert list(names) == [
        "assl_utils/__init__.py",
        "assl_utils/data/toy",
        "assl_utils/store.py",
        "assl_utils/toy.py",
        "assl_utils/toy_deep.py",
    ]


def test_prose_tags_outputs_and_default_values_are_not_code():
    plain = toy_repo.notebook([("parameters", "k: int = 1"), "f(k)"], prose="one")
    other = toy_repo.notebook([("parameters", "k: int = 2"), "f(k)\n"], prose="two")
    other["cells"][2]["outputs"] = ["x"]
    other["cells"][2]["metadata"] = {"tags": ["hide-input"]}
    other["cells"].append(toy_repo.cell("code", "  ", 7))
    assert notebook.code_digest(other) == notebook.code_digest(plain)
    for cells in (["g(k)"], ["f(k)", "1"], []):
        changed = toy_repo.notebook([("parameters", "k: int = 1"), *cells])
        assert notebook.code_digest(changed) != notebook.code_digest(plain)


def test_a_module_that_cannot_be_read_is_named(tmp_path):
    root = toy_repo.build(tmp_path / "repo")
    (root / "assl_utils" / "toy.py").write_text("x = 1\nif True print()\n")
    sources = fingerprint.Sources(root, fingerprint.Hashes(root))
    with pytest.raises(notebook.NotebookError, match=r"toy\.py, line 2: invalid syntax"):
        fingerprint.of_notebook(root / "notebooks/01_numbers.ipynb", sources)


CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# A fork for each chapter: what is heavy is imported once.
LISTING = """
import json, os, sys
import faiss, matplotlib.pyplot, pandas, peft, sentence_transformers, torch
found = {}
for name, code in json.load(sys.stdin).items():
    read, write = os.pipe()
    if os.fork() == 0:
        exec(code, {})
        files = [m.__file__ for n, m in sys.modules.items() if n.split('.')[0] == 'assl_utils' and m.__file__]
        os.write(write, json.dumps(files).encode())
        os._exit(0)
    os.close(write)
    found[name] = json.loads(open(read).read() or "[]")
    os.wait()
print(json.dumps(found))
"""


def test_every_module_that_a_chapter_imports_is_watched():
    """Python itself is the judge: it runs a chapter's imports and says which modules came."""
    code = {}
    for path in CHAPTERS:
        tree = notebook.syntax(notebook.read(path), path.stem)
        imports = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        code[path.stem] = "\n".join(line for line in imports if "assl_utils" in line)
    done = subprocess.run([sys.executable, "-c", LISTING], input=json.dumps(code), capture_output=True, text=True,
                          cwd=ROOT, check=True)  # fmt: skip
    came = json.loads(done.stdout.splitlines()[-1])
    assert len(came) == len(CHAPTERS) >= 11
    sources = fingerprint.Sources(ROOT, fingerprint.Hashes(ROOT))
    for path in CHAPTERS:
        files = {Path(file).relative_to(ROOT).as_posix() for file in came[path.stem]}
        deciding = {name for name in files if name.split("/")[1] not in fingerprint.UNDECIDING}
        watched = set(fingerprint.of_notebook(path, sources)["modules"])
        assert len(deciding) > 3 and deciding <= watched, path.stem
        assert not {name for name in watched if name.split("/")[1] in fingerprint.UNDECIDING}


# Which chapters run again for an edit: `make status` would say so. Whoever moves an import sees here what it costs.
EVERY = "01 02 03 04 05 06 07 08 09 10 11 12"
STALE = {
    "errors.py": "01 02 03 04 05 06 07 08 10 11 12",
    "shapes.py": "02 03 04 05 06 07 08 10 11 12",
    "store.py": EVERY,
    "progress.py": "01 02 03 04 05 06 07 08",
    "machine.py": "01 02 03 04 05 06 07 08",
    "processes.py": "02 03 04 05 06 07 08",
    "pretrained.py": "02 03 04 05 06 07 08",
    "jobs.py": "02 03 04 05 06 07 08",
    "ask.py": "",
    "tasks/wordings.py": "01 02 03 04 05 06 07 08",
    "tasks/parsing.py": "01 04 08 09 10 11 12",
    "text/near.py": "01 04 08",
    "text/rouge.py": "05 08 09 10 11 12",
    "corpus/tasks.py": "01 04",
    "corpus/exam/calculations/taxes.py": "01 04 08",
    "sources/mirror.py": "01",
    "hub/snapshots.py": "02 03 04 05 06 07 08",
    "space/encoder.py": "02 03 04 07 08",
    "space/neighbors.py": "02 03 04 05 07 08",
    "space/clustering.py": "02 03 04 05 07 08",
    "figures/style.py": EVERY,
    "figures/selection.py": "04 05",
    "figures/whole.py": "08",
    "experts/training.py": "05 06",
    "experts/side_by_side.py": "05 06",
    "experts/shelf.py": "05 06",
    "experts/kept.py": "05 06 08",
    "experts/generation.py": "05 06 08",
    "selection/adbscan.py": "04 05",
    "selection/stage1.py": "04 05",
    "selection/utility.py": "05",
    "selection/stage2.py": "05",
    "routing/router.py": "07 08",
    "panels/controls.py": "03 04 05 07",
    "panels/k_panel.py": "03",
    "panels/choice_panel.py": "05",
    "evaluation/metrics.py": "08 09 10 11 12",
    "evaluation/cross_check.py": "08",
    "study/published_facts.py": "01",
    "study/seeds.py": "09",
    "study/recorded.py": "12",
    "study/claims.py": "10 11 12",
    "study/grid/reading.py": "10 11 12",
    "study/grid/record.py": "",
    "study/grid/work.py": "",
    "runner/params.py": "",
    "runner/state.py": "",
    "book/build.py": "",
    "bench/kernels.py": "",
    "share/release.py": "",
    "data/base_model": "02 03 04 05 06 07 08",
    "data/exam": "01 04 08",
    "data/registry.yaml": "01 08",
}


def test_an_edit_makes_exactly_these_chapters_stale(tmp_path):
    for folder in ("assl_utils", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    chapters = sorted((tmp_path / "notebooks").glob("*.ipynb"))
    hashes = fingerprint.Hashes(tmp_path)
    before = fingerprint.Sources(tmp_path, hashes)
    usual = {path.stem[:2]: fingerprint.of_notebook(path, before) for path in chapters}
    found = {}
    for name in STALE:
        edited = tmp_path / "assl_utils" / name
        edited = min(p for p in edited.rglob("*") if p.is_file()) if edited.is_dir() else edited
        whole = edited.read_bytes()
        edited.write_bytes(whole + b"\n# an edit\n")
        after = fingerprint.Sources(tmp_path, hashes)
        after._module = {path: known for path, known in before._module.items() if path != edited}  # parsed once
        now = {path.stem[:2]: fingerprint.of_notebook(path, after) for path in chapters}
        found[name] = " ".join(chapter for chapter in usual if usual[chapter] != now[chapter])
        edited.write_bytes(whole)
    assert found == STALE


def test_the_table_of_edits_has_every_wing_and_every_module_beside_them():
    there = {path.name for path in (ROOT / "assl_utils").iterdir() if path.name[0] not in "_."}
    assert {name.split("/")[0] for name in STALE} == there


def test_lines_behind_a_chapter_are_counted_by_wing(wings):
    (wings.folder.parent / "01_a.ipynb").write_text(
        json.dumps(toy_repo.notebook([("parameters", "k: int = 1"), "from assl_utils.space import near"]))
    )
    found = fingerprint.lines_behind(wings.folder.parent / "01_a.ipynb", wings)
    assert found == {"": 1 + 1, "space": 3 + 2, "text": 1 + 1}
