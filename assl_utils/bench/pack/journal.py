"""What the pack found, a JSON line at a time, and the record made of the lines.

Whatever ends the work, the lines before stand: each is written at once and whole. A line that was cut off by a kill is
dropped by the next writer, and by readers.
"""

import datetime
import json
import os
from pathlib import Path

from assl_utils import shapes, store
from assl_utils.bench.pack import plan
from assl_utils.bench.pack.shapes import Line, Record
from assl_utils.errors import DataError

NAME, RECORD = "lines.jsonl", "record.json"


def add(out, event, **more):
    """Write one line; it is on the disk when this returns."""
    line = {"at": datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"), "event": event, **more}
    path = Path(out, NAME)
    text = json.dumps(line, ensure_ascii=False, allow_nan=False, default=float) + "\n"
    with path.open("ab+") as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            if file.read(1) != b"\n":
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
        file.write(text.encode())
        file.flush()
        os.fsync(file.fileno())
    return line


def read(out):
    """The lines that are there.

    Raises
    ------
    DataError
        A line before the last is none of ours: with its number.
    """
    path = Path(out, NAME)
    if not path.is_file():
        return []
    *whole, _ = path.read_bytes().split(b"\n")  # after the last line's end stands nothing, or a line that was cut off
    found = []
    for number, text in enumerate(whole, 1):
        try:
            found.append(json.loads(text))
            Line.model_validate(found[-1])
        except ValueError:
            raise DataError(f"is no line of a pack: move the folder {out} away", path, number) from None
    return found


def when(line):
    """Seconds since 1970 at which a line was written."""
    return datetime.datetime.fromisoformat(line["at"]).timestamp()


def begun(lines):
    """The part that was begun last and has not ended, with the time, or None."""
    last = None
    for line in lines:
        if line["event"] == "begin":
            last = line
        elif line["event"] in ("end", "start") and last is not None:
            last = None
    return last


def record(lines):
    """What ``record.json`` holds, from the lines alone: the last word on each part, in the order of the plan."""
    starts = [line for line in lines if line["event"] == "start"]
    if not starts:
        raise DataError("the journal holds no start of a run")
    found, study = {}, {}
    for line in lines:
        if line["event"] == "end":
            found[line["part"]] = line["result"]
        elif line["event"] == "skip" and found.get(line["part"], {"cut_off": True}).get("cut_off"):
            found.setdefault(line["part"], {"passed": False, "skipped": line["why"]})
        elif line["event"] == "line":
            study[line["line"], line["seed"]] = {k: line[k] for k in ("line", "seed", "score", "seconds", "error")}
    if study:
        found["study"] = found.get("study", {"passed": False}) | {"lines": list(study.values())}
    first, last = starts[0], starts[-1]
    return {
        "date": first["at"][:10], "command": last["command"], "pack": last["pack"], "device": last["device"],
        "tenth": last["tenth"], "machine": last["machine"], "versions": last["versions"], "starts": len(starts),
        "seconds": seconds(lines), "parts": {name: found[name] for name in plan.NAMES if name in found},
    }  # fmt: skip


def seconds(lines):
    """Seconds of all runs together, each from its start to the last line it wrote."""
    total, began, last = 0.0, None, None
    for line in [*lines, None]:
        if line is None or line["event"] == "start":
            if began is not None:
                total += last - began
            began = None if line is None else when(line)
        if line is not None:
            last = when(line)
    return round(total, 1)


def keep(out):
    """Write ``record.json`` from the lines that stand; returns it."""
    found = record(read(out))
    Record.model_validate(found)
    store.write_json(found, Path(out, RECORD))
    return shapes.read(Path(out, RECORD), Record)
