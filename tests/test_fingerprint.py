"""Laws of fingerprints: content decides, times never; what is imported counts however it is imported."""

import ast
import hashlib
import os
import time

import pytest
import toy_repo

from assl_utils import fingerprint, notebook


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


@pytest.mark.parametrize(("code", "modules"), [
    ("import assl_utils.a", {"a"}),
    ("import assl_utils.a as b, os", {"a"}),
    ("from assl_utils import a, b as c", {"a", "b"}),
    ("from assl_utils.a import f", {"a"}),
    ("from . import a", {"a"}),
    ("from .a import f", {"a"}),
    ("def f():\n    from assl_utils import a", {"a"}),
    ("if True:\n    import assl_utils.a", {"a"}),
    ("importlib.import_module('assl_utils.a')", {"a"}),
    ("run([python, '-m', 'assl_utils.a'])", {"a"}),
    ("import numpy, assl_utilities.a\nfrom numpy import a\nx = 'see assl_utils.a'", set()),
])  # fmt: skip
def test_every_way_to_import_counts(code, modules):
    assert fingerprint.imported(ast.parse(code)) == modules


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
