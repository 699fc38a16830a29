"""The script that a bare machine starts: pieces joined and checked, packages tried, every mistake in a sentence."""

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import zipfile

import pytest

from assl_utils.bench.pack import start


@pytest.fixture
def folder(tmp_path):
    """A pack of three pieces with one file inside."""
    held, here = io.BytesIO(), tmp_path / "gpu-pack"
    here.mkdir()
    with tarfile.open(fileobj=held, mode="w:gz") as tar:
        entry = tarfile.TarInfo("models/base/weights")
        entry.size = 3000
        tar.addfile(entry, io.BytesIO(bytes(i * i % 251 for i in range(3000))))
    held, pieces = held.getvalue(), []
    for number in range(3):
        block = held[number * 150 : (number + 1) * 150 if number < 2 else None]
        (here / f"piece-{number}").write_bytes(block)
        pieces.append({"name": f"piece-{number}", "bytes": len(block), "sha256": hashlib.sha256(block).hexdigest()})
    about = {"pack": "0" * 64, "pieces": pieces, "expected": {}, "carried": {}, "python": "3.12"}
    (here / "pieces.json").write_text(json.dumps(about))
    (here / "run.py").write_bytes(open(start.__file__, "rb").read())
    return here, about


def called(here, *words):
    done = subprocess.run([sys.executable, "-S", here / "run.py", *words], capture_output=True, text=True)
    return done.returncode, (done.stdout + done.stderr).strip()


def test_pieces_may_come_one_at_a_time_and_are_joined_when_all_are_there(folder, tmp_path):
    here, about = folder
    work, kept = tmp_path / "work", {}
    for piece in about["pieces"]:
        kept[piece["name"]] = (here / piece["name"]).read_bytes()
        (here / piece["name"]).unlink()
    for number, (name, block) in enumerate(kept.items()):
        (here / name).write_bytes(block)
        status, said = called(here, "--work", work, "--collect")
        missing = list(kept)[number + 1 :]
        expected = f"pack: missing pieces: {', '.join(missing)}; bring them and call this again" if missing else ""
        assert (status, said) == (0, expected)
        (here / name).unlink()
    inside = start.unpack(work, about)
    assert (inside / "models/base/weights").read_bytes() == bytes(i * i % 251 for i in range(3000))


def test_without_a_piece_nothing_begins_and_a_changed_one_is_refused(folder, tmp_path):
    here, _ = folder
    (here / "piece-1").write_bytes(b"x" * 150)
    status, said = called(here, "--work", tmp_path / "work")
    assert status == 1 and said.endswith("piece-1 is not the piece that was packed (its sum differs): bring it again")
    (here / "piece-1").unlink()
    status, said = called(here, "--work", tmp_path / "work")
    assert status == 3 and "missing pieces: piece-1;" in said


def test_an_unpacking_that_was_killed_is_begun_again(folder, tmp_path):
    here, about = folder
    work = tmp_path / "work"
    assert start.collect(here, work, about) == []
    (work / "unpacking").mkdir()
    (work / "unpacking" / "half").touch()
    inside = start.unpack(work, about)
    assert not (inside / "half").exists() and not (work / "unpacking").exists()


def test_what_is_missing_or_too_old_is_named_with_its_reason(monkeypatch):
    assert start.wanting({"numpy": "1.0", "torch": "2.0"}) == {}
    found = start.wanting({"numpy": "99", "no-such-package": "0"})
    assert found["no-such-package"] == "not here" and found["numpy"].endswith("is older than 99")

    def broken(name):
        raise ImportError("no libcudart")

    monkeypatch.setattr(start.importlib, "import_module", broken)
    assert start.wanting({"numpy": "1"}, True) == {"numpy": "cannot be imported (ImportError: no libcudart)"}
    assert start.wanting({"numpy": "1"}) == {}


def prepared(tmp_path, python, capsys, carried, wheel=True):
    """What `prepare` says of a package that only the pack has."""
    (tmp_path / "wheels").mkdir()
    if wheel:
        with zipfile.ZipFile(tmp_path / "wheels" / "packed_here-2.0-py3-none-any.whl", "w") as archive:
            archive.writestr("packed_here.py", "A = 1\n")
            archive.writestr(
                "packed_here-2.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: packed-here\nVersion: 2.0\n"
            )
    start.prepare(tmp_path, {"expected": {"numpy": "1"}, "carried": carried, "python": python})
    return capsys.readouterr().out


def test_wheels_are_used_where_the_machine_lacks_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("PYTHONPATH", "")
    monkeypatch.setenv("ASSL_ROOT", "")
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    said = prepared(tmp_path, here, capsys, {"packed-here": "1.5"})
    assert said == "the pack's own packages are used; missing here were packed-here (not here)\n"
    assert start.os.environ["PYTHONPATH"] == f"{tmp_path / 'site'}{start.os.pathsep}{tmp_path}"


@pytest.mark.parametrize(("python", "wheel", "why"), [
    ("2.7", True, "the pack's wheels are for Python 2.7, and this is"), ("2.7", False, "made without wheels"),
])  # fmt: skip
def test_wheels_that_do_not_fit_are_not_used(tmp_path, capsys, monkeypatch, python, wheel, why):
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(SystemExit):
        prepared(tmp_path, python, capsys, {"packed-here": "1.5"}, wheel)
    assert why in capsys.readouterr().err and not (tmp_path / "site").exists()


def test_a_machine_without_an_expected_package_is_refused(tmp_path, capsys):
    with pytest.raises(SystemExit):
        start.prepare(tmp_path, {"expected": {"no-such-package": "1"}, "carried": {}, "python": "3.12"})
    assert "the machine is expected to have these, and has not: no-such-package (not here)" in capsys.readouterr().err
