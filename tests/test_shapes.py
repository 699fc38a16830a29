"""A JSON file without its shape is a DataError that names the file and the place; nothing half right is used."""

import json
import os
from pathlib import Path

import pytest

from assl_utils import shapes
from assl_utils.book.faults_page import Record
from assl_utils.errors import DataError
from assl_utils.experts.shapes import AdapterConfig, Training
from assl_utils.routing.router import RouterFile
from assl_utils.space.encoder import EncoderFile
from assl_utils.study.shapes import Case, Choice, GridRecord, Line, Published, Recorded

ROOT = Path(__file__).resolve().parents[1]
FITTED = {"encoder": "0" * 64, "prompt": "", "dim": 8}
MACHINE = {"cores": 2, "cpu": "x", "gpus": [{"name": "y"}], "memory_gb": 4.0}
WHOLE = [
    (EncoderFile, FITTED),
    (RouterFile, {"names": ["lora-0"], "metric": "euclidean", "prompt": None, "encoder": "e", "fitted": FITTED}),
    (Training, {"recipe": {"base": "x"}, "rows": 3, "steps": 2, "tokens": 5, "seconds": 1, "adapter": "0"}),
    (AdapterConfig, {"base_model_name_or_path": "x", "target_modules": ["q_proj"], "r": 8}),
    (Choice, {"run": "cpu", "choice": "random", "rows": 3, "steps": 2}),
    (Case, {"case": "finfe", "identity": {}, "trained": {"a": {"rows": 1}}}),
    (Line, {"line": "kmeans", "key": "x", "identity": "y", "finished": "z", "score": None}),
    (GridRecord, {"grid": "g", "run": "cpu", "command": "make", "lines": 1, "failed": 0, "planned": 1, "finished": "x",
                  "digest": "d", "identity": {}, "machines": []}),
    (Published, {"run": "cpu", "profile": "cpu", "finished": "x", "hardware": MACHINE, "versions": {"numpy": "2"}}),
    (Recorded, {"run": "cpu", "command": "make", "finished": "x", "hardware": MACHINE, "versions": {}, "encoder": "e",
                "base": {"name": "b", "content": "0"}, "rows": {"collected": 3},
                "costs": {"01": {"seconds": 1.5, "peak_bytes": 5}}}),
]  # fmt: skip
WRONG = [None, 5, True, "x" * 5000, [], {}, [[]], -1, 1.5, [5], {"a": 5}, {"a": {"seconds": "1"}}]


@pytest.fixture
def read(tmp_path):
    def from_bytes(data, shape):
        (tmp_path / "some.json").write_bytes(data)
        return shapes.read(tmp_path / "some.json", shape)

    return from_bytes


@pytest.mark.parametrize(("shape", "value"), WHOLE, ids=lambda part: getattr(part, "__name__", ""))
def test_a_whole_one_is_read_as_it_is_and_a_damaged_one_is_named(read, shape, value):
    assert read(json.dumps(value | {"more": [1]}).encode(), shape) == value | {"more": [1]}
    for name, field in shape.model_fields.items():
        for wrong in WRONG:
            try:
                shape.model_validate(value | {name: wrong})
            except ValueError:
                with pytest.raises(DataError, match=rf"some\.json: has not its shape: {name}") as caught:
                    read(json.dumps(value | {name: wrong}).encode(), shape)
                assert len(str(caught.value)) < 400 + len(str(caught.value.file))
        assert sum(_refused(shape, value | {name: wrong}) for wrong in WRONG) >= 6, name
        if field.is_required():
            with pytest.raises(DataError, match=f"{name}: Field required"):
                read(json.dumps({k: v for k, v in value.items() if k != name}).encode(), shape)


def _refused(shape, value):
    try:
        shape.model_validate(value)
    except ValueError:
        return True
    return False


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"5", b"null", b"\xff", b"\0", b"[" * 100_000, b'{"a":' * 100_000, b'{"encoder": NaN}',
             b'{"encoder": ' + b"9" * 10_000 + b"}"],
)  # fmt: skip
@pytest.mark.parametrize("shape", [shape for shape, _ in WHOLE if shape is not AdapterConfig])
def test_what_is_no_such_file_at_all(read, data, shape):
    with pytest.raises(DataError):
        read(data, shape)


def test_folders_loops_pipes_and_nothing(tmp_path):
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    for name in (".", "loop", "pipe"):
        with pytest.raises(DataError, match="is no file"):
            shapes.read(tmp_path / name, EncoderFile)
        assert shapes.read_if_whole(tmp_path / name, EncoderFile) is None
    with pytest.raises(FileNotFoundError):
        shapes.read(tmp_path / "none", EncoderFile)


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "../../etc", "a\0", "x" * 300])
def test_the_name_of_an_expert_leaves_no_folder(read, name):
    router = dict(WHOLE)[RouterFile]
    with pytest.raises(DataError, match=r"names\.0"):
        read(json.dumps(router | {"names": [name]}).encode(), RouterFile)


@pytest.mark.parametrize(("pattern", "shape"), [
    ("recorded/small*/record.json", Recorded), ("recorded/cells/*/cell.json", Choice),
    ("recorded/row_choices/*/choice.json", Choice), ("recorded/consequences/*/case.json", Case),
    ("recorded/faults/record.json", Record), ("recorded/grids/*/record.json", GridRecord),
    ("published/*/about.json", Published),
])  # fmt: skip
def test_what_the_book_keeps_has_its_shape(pattern, shape):
    for path in (ROOT / "book").glob(pattern):
        assert shapes.read(path, shape)
