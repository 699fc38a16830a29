"""Keeps what the lines of a grid found in the repository, without a word of any text; `reading` reads it again.

``book/recorded/grids/<run>-<grid>/`` holds ``record.json`` (command, machines, versions, data by hash, what trivial
answers score), ``lines.csv`` (a row a line: its words and seeds, rows, steps, tokens, operations, seconds, or why it
failed), ``items.parquet`` (a row a line and question: what every score is computed from) and ``mixture.parquet`` (rows
of each part, sub-task and source). A record is added to as lines are done, and another machine goes on from it.
"""

import json
from pathlib import Path

import pandas as pd

from assl_utils import shapes, store
from assl_utils.errors import DataError
from assl_utils.evaluation import answers, tables
from assl_utils.study.grid import linear, sentences
from assl_utils.study.grid import lines as grid_lines
from assl_utils.study.grid.reading import FOLDER, NAMES, Record, open_folder, read
from assl_utils.study.record import bare
from assl_utils.study.shapes import Line

__all__ = ["FOLDER", "Record", "before_items", "keep", "open_folder", "read"]
LARGEST = 900_000  # bytes of a file of items
COLUMNS = [
    "key", "task", "id", "correct", "numerator", "denominator", "unread", "expert", "benchmark", "group", "known",
    "numeric",
]  # fmt: skip


def keep(root, data, grid, command):
    """Write or complete the record of a grid; what it held before of this data stays.

    Returns
    -------
    Path
    """
    folder = Path(root, FOLDER, f"{data.folder.name}-{grid.name}")
    before = read(root, folder.name)
    if before is not None and before.about["digest"] != data.digest:
        changed = [k for k, v in data.identity.items() if before.about["identity"].get(k) != json.loads(json.dumps(v))]
        raise DataError(f"{folder.name} was recorded with other {', '.join(changed)}: move the old record away first")
    rows, items, mixtures = [], [], []
    for line in grid.lines:
        about = grid_lines.stands(data, line)
        if about is None:
            row = _kept(before, line) or _failed(data, line)
            if row is None:
                continue
            rows.append(row)
            if not row["error"]:
                items.append(before_items(before, line.key))
                mixtures.append(before.mixture[before.mixture["key"] == line.key])
            continue
        place = data.place(line)
        rows.append(_row(line, about))
        own = store.read_table(place / grid_lines.ITEMS).assign(key=line.key)
        items.append(own if "known" in own else own.assign(known=grid_lines.known(data, own)))
        mixtures.append(store.read_table(place / grid_lines.MIXTURE).assign(key=line.key))
    if not rows:
        raise DataError(f"no line of {grid.name} is done; there is nothing to record")
    table = pd.DataFrame(rows)
    folder.mkdir(parents=True, exist_ok=True)
    _write_items(pd.concat(items, ignore_index=True) if items else pd.DataFrame(columns=COLUMNS), folder)
    mixed = pd.concat(mixtures, ignore_index=True) if mixtures else pd.DataFrame(columns=["key"])
    names = {c: "category" for c in ("key", "part", "subtask", "source") if c in mixed}
    store.write_table(mixed.astype(names), folder / "mixture.parquet")
    store.write_table(table, folder / "lines.csv")
    store.write_json(_account(before, data, grid, command, table), folder / "record.json")
    return folder


def before_items(before, key):
    """Items of one line of an earlier record, in the columns of a record."""
    items = before.items
    return items.loc[items["key"] == key, [c for c in COLUMNS if c in items]]


def _kept(before, line):
    if before is None or line.key not in before.keys():
        return None
    row = before.lines[before.lines["key"] == line.key].iloc[0].to_dict()
    return row | {"blocks": _blocks(line), "asked": str(line.sentence.score)}


def _blocks(line):
    return json.dumps(dict(line.blocks), ensure_ascii=False)


def _words(line):
    """The words of a line as columns; that of the score is ``asked``, for ``score`` is the number."""
    words = {place: str(getattr(line.sentence, place)) for place in sentences.WORDS}
    return {"asked" if place == "score" else place: word for place, word in words.items()}


def _row(line, about):
    return {
        "key": line.key, "blocks": _blocks(line), **_words(line), "seed": line.seed,
        "clustering_seed": line.clustering_seed, "score": about["score"],
        "given_away": about.get("given_away", ""), "parts": len(about["by_part"]), "adapters": len(about["adapters"]),
        **{name: about[name] for name in ("rows", "steps", "tokens", "operations")},
        "trained_to_choose": about["choosing"]["trained"], "read_to_choose": about["choosing"]["read"],
        "seconds": about["seconds"]["line"], "training_seconds": about["seconds"]["training"],
        "more": json.dumps(about["more"], ensure_ascii=False) if about["more"] else "",
        "finished": about["finished"], "error": "",
    }  # fmt: skip


def _failed(data, line):
    path = data.place(line) / grid_lines.ABOUT
    if not path.is_file():
        return None
    about = shapes.read(path, Line)
    return {
        "key": line.key, "blocks": _blocks(line), **_words(line), "seed": line.seed,
        "clustering_seed": line.clustering_seed, "finished": about["finished"], "error": about["error"],
    }  # fmt: skip


def _write_items(items, folder):
    """The items, cut into files that are small enough; names of few values take a tenth of the room."""
    items = items[[c for c in COLUMNS if c in items]]
    small = {c: "category" for c in NAMES if c in items} | {
        c: "float32" for c in ("correct", "numerator", "denominator")
    }
    if "known" in items:
        small["known"] = "boolean"  # empty in what was recorded before it was asked for
    if "numeric" in items:
        small["numeric"] = "boolean"  # empty in lines that are not asked the exam alone
    for old in folder.glob("items*.parquet"):
        old.unlink()
    pieces = 1
    while True:
        size = -(-len(items) // pieces) or 1
        paths = []
        for number in range(pieces):
            path = folder / ("items.parquet" if pieces == 1 else f"items-{number}.parquet")
            store.write_table(items.iloc[number * size : (number + 1) * size].astype(small), path)
            paths.append(path)
        largest = max(path.stat().st_size for path in paths)
        if largest <= LARGEST or size == 1:
            return
        for path in paths:
            path.unlink()
        pieces = max(pieces + 1, -(-pieces * largest // LARGEST))


def _account(before, data, grid, command, table):
    """``record.json``."""
    machines = [] if before is None else before.about["machines"]
    for line in grid.lines:
        about = grid_lines.stands(data, line)
        if about is not None:
            here = {"hardware": about["hardware"], "versions": about["versions"]}
            machines = machines if here in machines else [*machines, here]
    trivial = None if before is None else before.about.get("trivial")
    values = {stage: {name: bare(value) for name, value in part.items()} for stage, part in data.values.items()}
    return {
        "grid": grid.name, "about": grid.about, "asks": grid.asks, "run": data.folder.name, "command": command,
        "lines": len(table), "failed": int((table["error"] != "").sum()), "planned": len(grid.lines),
        "finished": table["finished"].max(), "digest": data.digest, "identity": data.identity,
        "seconds": float(table["seconds"].sum()) if "seconds" in table else 0.0, "machines": machines,
        "trivial": trivial or _trivial(data, grid), "words": sentences.WORDS,
        "values": {stage: values[stage] for stage in values if stage < "09"},
    }  # fmt: skip


def _trivial(data, grid):
    """`trivial_scores`, and those of the score `closed` where lines have it; where all have it, those alone."""
    scores = {line.sentence.score.name for line in grid.lines}
    found = linear.trivial(data) if "closed" in scores else {}
    return found if scores == {"closed"} else trivial_scores(data) | found


def trivial_scores(data):
    """What the answers that need no model score on the run's questions: points by task and name, ``AVG`` included.

    Returns
    -------
    dict of str to dict of str to float
        ``{"FE": {"majority": 40.1, "lookup": 52.0, "lead-1": 40.1}, …}``; FinEval's average is ``fineval``.
    """
    judged = tables.judge_all(data.asked, answers.trivial(data.rows, data.asked))
    found = {}
    for row in tables.score(judged).itertuples():
        task = "fineval" if (row.benchmark, row.task) == ("fineval", "AVG") else row.task
        found.setdefault(task, {})[row.model] = round(row.score, 4)
    return found
