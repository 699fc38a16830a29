"""Laws of damaged files: what has not its shape is named, its stage runs again, and no command dies of it."""

import copy
import json
import os
import shutil

import pytest
import toy_repo

from assl_utils.runner import __main__, fingerprint, notebook, shapes
from assl_utils.runner.state import FAILURE, MANIFEST


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A miniature whose stages have manifests, signed without a kernel."""
    root = toy_repo.build(tmp_path_factory.mktemp("finished") / "repo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSL_ROOT", str(root))
        toy_repo.sign(root)
    return root


@pytest.fixture
def repo(finished, tmp_path, monkeypatch):
    root = shutil.copytree(finished, tmp_path / "repo")
    monkeypatch.setenv("ASSL_ROOT", str(root))
    for name in ("PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL"):
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.fixture
def say(capsys):
    def command(*arguments):
        capsys.readouterr()
        status = __main__.main(list(arguments))
        out, err = capsys.readouterr()
        return status, out + err

    return command


def changed(**values):
    """A manifest with other values; ``None`` takes one out, and a path is written ``outputs__table1``."""

    def made(text):
        whole = json.loads(text)
        for place, value in values.items():
            *above, last = place.split("__")
            part = whole
            for key in above:
                part = part[{"table1": "table1.csv"}.get(key, key)]
            last = {"table1": "table1.csv"}.get(last, last)
            if value is None:
                del part[last]
            else:
                part[last] = value
        return json.dumps(whole).encode()

    return made


def other_output(name):
    return lambda text: text.replace('"table1.csv"', json.dumps(name)).encode()


DEEP = "[" * 80 + "]" * 80
DAMAGES = {
    "an empty mapping": b"{}", "a list": b"[]", "nothing": b"", "null": b"null", "a number": b"5", "a text": b'"x"',
    "half": lambda text: text[: len(text) // 2].encode(), "no json": b"manifest", "not UTF-8": b'{"stage": "\xff"}',
    "NUL": b"\0" * 100, "deep lists": b"[" * 100_000, "deep dicts": b'{"a":' * 100_000,
    "deep and whole": b'{"parameters":' * 900 + b"{}" + b"}" * 900,
    "deep parameters": lambda text: text.replace('"parameters": {', f'"parameters": {{"deep": {DEEP},').encode(),
    "huge": lambda text: b" " * (shapes.LARGEST + 1), "a huge number": b'{"seconds": ' + b"9" * 100_000 + b"}",
    "no outputs": changed(outputs={}), "outputs a list": changed(outputs=[]), "outputs gone": changed(outputs=None),
    "outputs of numbers": changed(outputs={"table1.csv": 5}), "an output of nothing": changed(outputs__table1={}),
    "a digest that is a number": changed(outputs__table1__sha256=5),
    "a digest that is short": changed(outputs__table1__sha256="abc"),
    "a size that is a text": changed(outputs__table1__bytes="2"),
    "an output above": other_output("../table1.csv"), "an absolute output": other_output("/etc/table1.csv"),
    "an output with NUL": other_output("\0table1.csv"), "an output with half a surrogate": other_output("\ud800"),
    "an output with a long name": other_output("x" * 5000), "another output": other_output("table2.csv"),
    "parameters a list": changed(parameters=[]), "parameters a number": changed(parameters=5),
    "parameters gone": changed(parameters=None), "code a number": changed(code=5), "code gone": changed(code=None),
    "modules a list": changed(modules=[]), "a module's digest a number": changed(modules={"a": 5}),
    "inputs a text": changed(inputs="x"), "finished a number": changed(finished=5),
    "finished no time": changed(finished="yesterday"),
    "finished without an offset": changed(finished="2026-01-01T00:00:00"),
    "seconds a text": changed(seconds="5"), "seconds below 0": changed(seconds=-1),
    "seconds true": changed(seconds=True),
    "seconds nan": changed(seconds=float("nan")), "seconds infinite": changed(seconds=float("inf")),
    "memory a text": changed(peak_bytes="much"), "another stage's": changed(stage="02_sums"),
    "stage a list": changed(stage=[]),
}  # fmt: skip


def test_a_whole_manifest_is_one(repo, say):
    assert [line.split()[1] for line in say("status")[1].splitlines()[1:]] == ["done"] * 4
    assert len(DAMAGES) >= 40


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_manifest_is_named_and_its_stage_would_run_again(repo, say, damage):
    path = repo / "runs/cpu/03_report" / MANIFEST
    path.write_bytes(damage(path.read_text()) if callable(damage) else damage)
    for command in ("status", "plan"):
        status, text = say(command)
        assert status == 0
        lines = text.splitlines()
        assert [line.split()[1] for line in lines[1:5]] == ["done", "done", "missing", "done"], text
        assert "its manifest is none: manifest.json" in lines[3]


@pytest.mark.parametrize("damage", ["a list", "no outputs", "half", "an output above", "seconds a text"])
def test_a_damaged_manifest_before_it_makes_no_stage_fall(repo, say, damage):
    path = repo / "runs/cpu/01_numbers" / MANIFEST
    made = DAMAGES[damage]
    text = path.read_text().replace("numbers.npy", "table1.csv")
    path.write_bytes(made(text) if callable(made) else made)
    status, text = say("status")
    assert status == 0 and text.splitlines()[1].split()[1] == "missing"


def test_folders_and_loops_in_place_of_files(repo, say):
    for number, (name, kind) in enumerate([("01_numbers", "folder"), ("02_sums", "loop"), ("03_report", "pipe")], 1):
        path = repo / "runs/cpu" / name / MANIFEST
        path.unlink()
        if kind == "folder":
            path.mkdir()
        elif kind == "loop":
            path.symlink_to(MANIFEST)
        else:
            os.mkfifo(path)
        assert "its manifest is none: manifest.json is no file" in say("status")[1].splitlines()[number]


@pytest.mark.parametrize("text", ["[]", "{}", '{"message": ""}', '{"message": 5, "time": ""}', "{", "5", "null"])
def test_a_damaged_failure_is_named(repo, say, text):
    folder = repo / "runs/cpu/03_report"
    (folder / MANIFEST).unlink()
    (folder / FAILURE).write_text(text)
    status, said = say("status")
    assert status == 0 and "failed" in said and "it failed, and why is lost: failure.json" in said


@pytest.mark.parametrize("text", ["[]", "5", "{", '{"a": 5}', '{"a": {"seconds": "x", "peak_bytes": 1}}', "\0"])
def test_damaged_costs_are_no_costs(repo, say, text):
    path = repo / "book/published/cpu/costs.json"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    status, said = say("plan", "--seed", "1")
    assert status == 0 and "cost unknown" in said


def test_of_a_damaged_memory_only_whole_entries_are_kept(repo, say):
    path = repo / "runs/.hashes.json"
    path.parent.mkdir(exist_ok=True)
    good = ["0" * 64, [1, 2, 3]]
    bad = [5, [], ["x", [1, 2, 3]], ["0" * 64, 5], ["0" * 64, [1, 2]], ["0" * 64, ["1", 2, 3]], {"a": 1}, None]
    entries = {"good": good, "x\0": good, "\ud800": good} | {f"bad{i}": entry for i, entry in enumerate(bad)}
    path.write_text(json.dumps(entries))
    assert fingerprint.Hashes(repo).known == {"good": good}
    for text in (b"[]", b"5", b"{", b"[" * 100_000, b"\xff", b"null"):
        path.write_bytes(text)
        assert fingerprint.Hashes(repo).known == {}
        assert say("status")[0] == 0


WHOLE = toy_repo.notebook(toy_repo.ASIDE)


def with_cell(**values):
    broken = copy.deepcopy(WHOLE)
    broken["cells"][1] |= values
    return json.dumps(broken).encode()


@pytest.mark.parametrize(("damage", "message"), [
    (b"[]", "the whole is no mapping"), (b"{}", "cells is missing"), (b'{"cells": 5}', "cells is no list"),
    (b'{"cells": [5]}', r"cells\[0\] is none: the whole is no mapping"), (b'{"cells": [{}]}', "cell_type is missing"),
    (b'{"cells": [], "metadata": []}', "metadata is no mapping"), (b"", "is not whole JSON"), (b"\xff", "is not UTF-8"),
    (b"[" * 100_000, "nested too deep"), (with_cell(source=5), "source is no text"),
    (with_cell(source=[5]), "source is no text"), (with_cell(cell_type=5), "cell_type is no text"),
    (with_cell(metadata=[]), "metadata is no mapping"), (with_cell(metadata={"tags": 5}), "metadata.tags is no list"),
    (with_cell(outputs={}), "outputs is no list"),
    (with_cell(source="n: int = ("), "the parameters cell is not Python"),
    (with_cell(source="n: int = " + "(" * 1000 + ")" * 1000), "the parameters cell is not Python"),
    (with_cell(source="n: int = 3\0"), "the parameters cell is not Python"),
    (with_cell(source="'''"), "the parameters cell is not Python"),
    (with_cell(source="n: dict = {[]: 3}"), "in the parameters cell a line reads"),
])  # fmt: skip
def test_a_notebook_without_its_shape_is_named_by_every_command(repo, say, damage, message):
    (repo / "notebooks/04_aside.ipynb").write_bytes(damage)
    for command in ("status", "list", "run"):
        status, text = say(command)
        assert status == 2 and "04_aside" in text and len(text.splitlines()) == 1, text
    with pytest.raises(notebook.NotebookError, match=message):
        notebook.parameters(notebook.read(repo / "notebooks/04_aside.ipynb"), "04_aside")


def test_a_shape_says_where_it_is_not_kept():
    shape = {"a": [{"b": str}], "c": {shapes.Each: int}}
    assert shapes.complaint({"a": [{"b": "x"}], "c": {"d": 1}, "more": 5}, shape) == ""
    assert shapes.complaint({"a": [{"b": "x"}, {"b": 5}], "c": {}}, shape) == "a[1].b is no text"
    assert shapes.complaint({"a": [], "c": {"d": True}}, shape) == "c.d is no whole number"
    assert shapes.complaint({"a": []}, shape) == "c is missing"
    assert shapes.complaint({"a": []}, shape, need=()) == ""
    assert shapes.complaint([], shape) == "the whole is no mapping"
