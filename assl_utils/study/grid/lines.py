"""One line of a grid done: its rows, its adapters, its answers, its items; a line that fails leaves the reason."""

import functools
import json
import time
import traceback

from assl_utils import machine, shapes, store
from assl_utils.evaluation import closed, tables
from assl_utils.experts import identity
from assl_utils.runner.run import now, versions
from assl_utils.study.grid import linear, sentences, work
from assl_utils.study.grid import rows as grid_rows
from assl_utils.study.grid.data import Data
from assl_utils.study.shapes import Line

CLUSTERED = "03_semantic_clustering/manifest.json"
ABOUT, ITEMS, MIXTURE = "line.json", "items.parquet", "mixture.parquet"
TRAINING, READING = 4, 2  # operations per weight and token


def stands(data, line):
    """What a line left when it was done with this data, or None."""
    about = shapes.read_if_whole(data.place(line) / ABOUT, Line)
    return about if about and about.get("identity") == data.digest and not about.get("error") else None


def family(data, lines, say=print):
    """Do lines that have the same adapters, one after the other; those that stand are left alone.

    Returns
    -------
    list of dict
        What each line is about, in their order.
    """
    found = []
    for line in lines:
        about = stands(data, line) or _attempt(data, line, say)
        found.append(about)
    return found


def _attempt(data, line, say):
    began = time.perf_counter()
    try:
        about = _do(data, line, began)
        say(f"{line}: {about['score']:.1f}" if about["score"] is not None else f"{line}: done")
    except Exception as error:  # a hole in the grid, with its reason; the other lines go on
        about = {**_who(data, line), "error": f"{type(error).__name__}: {error}", "finished": now()}
        say(f"{line}: FAILED, {about['error']}")
        store.write_json(about | {"traceback": traceback.format_exc()}, data.place(line) / ABOUT)
    return about


def _who(data, line):
    return {
        "line": str(line.sentence), "key": line.key, "identity": data.digest, "seed": line.seed,
        "clustering_seed": line.clustering_seed,
    }  # fmt: skip


def _do(data, line, began):
    folder = data.place(line)
    (folder / ABOUT).unlink(missing_ok=True)
    chosen = grid_rows.choose(data, line)
    answered = _by_linear if line.sentence.train.name == "linear" else _by_model
    items, experts, spent, given = answered(data, line, chosen)
    mixture = chosen.mixture()
    store.write_table(items, folder / ITEMS)
    store.write_table(mixture, folder / MIXTURE)
    about = {
        **_who(data, line),
        "score": _average(items),
        "rows": sum(map(len, chosen.sets.values())) if experts else 0,
        "given_away": given,
        "by_part": {name: len(rows) for name, rows in chosen.sets.items()} if experts else {},
        "adapters": experts,
        "steps": spent["steps"],
        "tokens": spent["tokens"],
        "choosing": {"trained": chosen.trained, "read": chosen.read},
        "operations": spent["operations"],
        "more": chosen.extra,
        "seconds": {"line": round(time.perf_counter() - began, 2), "training": round(spent["seconds"], 2)},
        "hardware": machine.describe(),
        "versions": versions(),
        "finished": now(),
    }
    store.write_json(about, folder / ABOUT)
    return about


def _by_model(data, line, chosen):
    """Adapters are trained and asked: items, what each adapter is, what it cost, how many questions its rows answer."""
    folders = work.train(data, line, chosen)
    questions = data.questions(line.sentence.score.name)
    said = work.ask(data, line, chosen, folders)
    items = work.score(line, "line", questions, said["answer"].tolist()).assign(expert=said["expert"].to_numpy())
    items["known"] = known(data, items)
    spent = work.cost([*folders.values(), *work.starts(data, line, chosen)])
    spent["operations"] = TRAINING * (spent["tokens"] + chosen.trained) + READING * chosen.read
    experts = {name: identity.content_hash(folder)[:16] for name, folder in folders.items()}
    return items, experts, spent, given_away(data, chosen) if folders else 0


def _by_linear(data, line, chosen):
    """The same by a linear learner; its rows answer no question, for those that do were set aside."""
    items, experts, spent = linear.ask(data, line, chosen)
    return items.assign(known=False), experts, spent | {"operations": None}, 0


def known(data, items):
    """Whether a question is, or nearly is, among all rows of the run, trained on or not; an array."""
    return items["id"].isin(data.leaks["eval_id"]).to_numpy()


def given_away(data, chosen):
    """How many questions the rows of this line answer."""
    taken = {name for rows in chosen.sets.values() if "id" in rows for name in rows["id"]}
    return int(data.leaks.loc[data.leaks["train_id"].isin(taken), "eval_id"].nunique())


def _average(items):
    if set(items.get("benchmark", ())) == {"closed"}:
        return float(closed.score(items)["AVG"])
    scores = tables.score(items[items["benchmark"] != "general"]) if "benchmark" in items else None
    for benchmark in ("cfleb", "fineval"):
        found = scores[(scores["benchmark"] == benchmark) & (scores["task"] == "AVG")] if scores is not None else []
        if len(found):
            return float(found["score"].iloc[0])
    return float(100 * items["correct"].mean()) if len(items) else None


def job(folder, values, lines):
    """`family` for a worker: everything by plain values."""
    made = (folder / CLUSTERED).stat().st_mtime_ns
    return family(
        _opened(folder, json.dumps(values, sort_keys=True, default=str), made), [_line(*one) for one in lines]
    )


@functools.lru_cache(maxsize=1)
def _opened(folder, values, _made):
    """The run, read once for all the jobs of a worker; chapter 3 done again is another run."""
    return Data(folder, json.loads(values))


def plain(line):
    """A line as plain values, for `job`."""
    words = {place: str(getattr(line.sentence, place)) for place in sentences.WORDS}
    return words, line.seed, line.clustering_seed


def _line(words, seed, clustering_seed):
    return sentences.Line(sentences.sentence(words), seed, clustering_seed)
