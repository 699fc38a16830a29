"""Inputs that no honest publisher or user writes: each must be read, or refused in one sentence."""

import gzip
import json
import os
import signal
import zipfile
from pathlib import Path

from assl_utils import shapes
from assl_utils.errors import DataError
from assl_utils.sources import archives, formats, mirror, records

BYTES = {
    "empty": b"",
    "blank": b" \n\t\n",
    "zeros": b"\0" * 4096,
    "noise": bytes(range(256)) * 16,
    "web page": b"<!DOCTYPE html><html>no</html>",
    "pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
    "half a character": '["净'.encode()[:-1],
    "no end": b'[["a", 1], ["b"',
    "huge number": b'[["a", ' + b"9" * 5000 + b"]]",
    "deep": b"[" * 100_000,
    "half a zip": b"PK\3\4" + b"\0" * 40,
    "quote": b'a,b\n"never closed,1\n',
    "long name": b"n" * 5000 + b"," + b"n" * 5000 + b"\n1,2\n",
    "cut gzip": gzip.compress(b'{"a": 1}\n' * 500)[:60],
}
PLACES = ("folder", "pipe", "loop", "device", "gone", "long path")
RECORDS = (None, 1, "text", [], [[]], {}, {"text": 1}, ["a", None], ["n" * 5000] * 6, {"n" * 5000: 1}, [10**4000] * 4)
ROOTS = ("~no-such-user", "a\0b", "\ud800", "n" * 5000, "gone", "..", "/dev/zero")
MEMBERS = ("a/" * 2000 + "f", "n" * 5000, "../f", "/f", "C:/f", "a\\b", "名" * 100, ".", "a//../../f")


class Late(Exception):
    """An input that keeps its reader waiting."""


def inputs(folder):
    """``(name, call)`` of every bad input; files lie in ``folder``."""
    folder = Path(folder)
    for format in formats.FORMATS:
        for name, content in BYTES.items():
            path = folder / f"{format} {name}"
            path.write_bytes(content)
            yield f"{format}: {name}", lambda path=path, format=format: formats.records(path, format)
        for kind in PLACES:
            path = _place(folder / f"{format} {kind}", kind)
            yield f"{format}: a {kind}", lambda path=path, format=format: formats.records(path, format)
    for shape in records.SHAPES:
        for number, record in enumerate(RECORDS):
            yield f"{shape}: record {number}", lambda shape=shape, r=record: records.load(shape, [r], "a file")
    for root in ROOTS:
        yield f"data_root {root[:12]!r}", lambda root=root: mirror.Local(root)
    for number, name in enumerate(MEMBERS):
        path = folder / f"{number}.zip"
        with zipfile.ZipFile(path, "w") as pack:
            pack.writestr(name, "x")
        yield f"member {name[:12]!r}", lambda path=path: archives.unpack(path, path.with_suffix(""))
    for name, content in (BYTES | {"list": b"[]", "wrong": json.dumps({"about": 3}).encode()}).items():
        path = folder / f"json {name}"
        path.write_bytes(content)
        yield f"JSON of ours: {name}", lambda path=path: shapes.read(path, shapes.Shape)


def _place(path, kind):
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "loop":
        path.symlink_to(path.name)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    return path.with_name("n" * 5000) if kind == "long path" else path


def tried(folder, seconds=20):
    """Every bad input once: how many were tried, how many were refused, and what ended in anything but a sentence."""

    def late(*_):
        raise Late(f"it waits for more than {seconds} seconds")

    count, refused, wrong = 0, 0, []
    before = signal.signal(signal.SIGALRM, late)
    try:
        for name, call in inputs(folder):
            count += 1
            signal.alarm(seconds)
            try:
                call()
            except DataError as error:
                refused += 1
                if "\n" in str(error) or len(str(error)) > 1500:
                    wrong.append(f"{name}: a message of {len(str(error))} characters")
            except Exception as error:
                wrong.append(f"{name}: {type(error).__name__}: {str(error)[:100]}")
            finally:
                signal.alarm(0)
    finally:
        signal.signal(signal.SIGALRM, before)
    return {"tried": count, "refused": refused, "wrong": wrong}
