"""What three faults of the published data do to a model that is trained on them.

    python -m assl_utils.study.data_faults finfe afqmc fineval --profile small_cpu --set "data_root=… base_model=…"

Each case trains one adapter or two by chapter 6's recipe and puts questions to them that differ in one thing only:

finfe
    More than half of FinFE's evaluation texts stand in its own training list. Two lists of one size: one holds all rows
    with the text of an asked question, one holds none with the text of any. Asked: known and unknown texts.
afqmc
    flare-zh-afqmc has its labels swapped, flare-zh-corpus has them right. Both together, as published and corrected.
    Asked: AFQMC's training list and BQ's test list, which nobody trains on, as many that mean the same as that do not.
fineval
    fingpt-fineval is a random four fifths of FinEval's public questions; 600 of its rows are trained on. Asked: some of
    those, and of the fifth that is in no row of it.

A case is kept in ``runs/<run>/consequences/<case>/`` and, with ``--record``, without its texts in
``book/recorded/consequences/<case>/``.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import machine, pretrained, shapes, store
from assl_utils.errors import DataError
from assl_utils.evaluation import baselines, statistics, tables
from assl_utils.experts import training_sets
from assl_utils.experts.recipe import Recipe
from assl_utils.experts.shapes import Training
from assl_utils.runner import state
from assl_utils.runner.run import now, versions
from assl_utils.sources import collect, leakage, mirror, records, registry
from assl_utils.study.record import ids_hash, without_places
from assl_utils.study.shapes import Case
from assl_utils.study.train_and_ask import command, option_parser, train_and_ask
from assl_utils.tasks import wordings

FOLDER = "book/recorded/consequences"
EPOCHS = 3  # the paper's


def finfe(data_root, seed, n=1200, asked=200):
    """Lists with and without the texts of the questions, and questions on known and on unknown texts."""
    gathered = collect.gather("local", data_root, protocol="clean", accept_noncommercial=True)
    rows = gathered.rows.query("source == 'fe' and stand_in != ''").reset_index(drop=True)
    questions = gathered.evaluation.query("task == 'FE'").reset_index(drop=True)
    key, questions["key"] = rows["input"].map(leakage.normalise), questions["input"].map(leakage.normalise)
    questions = questions[questions["key"] != ""]
    known = questions["key"].isin(set(key))
    drawn = pd.concat([_sample(questions[part], asked, seed) for part in (known, ~known)])
    side = np.where(known[drawn.index], "text known from training", "text unknown")
    holding, free = key.isin(set(drawn["key"])), ~key.isin(set(questions["key"]))
    spare = _sample(rows[free], n, seed)
    sets = {
        "with the texts": pd.concat([rows[holding], spare.head(n - holding.sum())]).sort_index(),
        "without them": spare.sort_index(),
    }
    return sets, drawn.drop(columns="key").assign(group=side)


def afqmc(data_root, seed, n=300, asked=200):
    """Both matching sources as published and corrected, and pairs of both kept aside."""
    gathered = collect.gather("local", data_root, protocol="clean", accept_noncommercial=True)
    questions = []
    for name, path in (("AFQMC", "raw/afqmc/train.csv"), ("BQ", "raw/bq-corpus/BQ.test.data")):
        examples = _aside(data_root, path)
        examples = examples.drop_duplicates("input").assign(group=name)
        questions += [_sample(part, asked // 2, seed) for _, part in examples.groupby("reference")]
    questions = pd.concat(questions, ignore_index=True).assign(subtask="matching", form="", subject="")
    questions["benchmark"], questions["task"] = "aside", "matching"
    questions["id"] = questions["group"] + "-" + questions["number"].astype(str)
    seen = {leakage.part_of("matching", text)[1] for text in questions["input"]}
    pairs = gathered.rows.query("source in ('afqmc', 'corpus')")
    pairs = pairs[~pairs["input"].map(lambda text: leakage.part_of("matching", text)[1]).isin(seen)]
    rows = pd.concat([_sample(part, n, seed) for _, part in pairs.groupby("source")]).sort_index()
    clean = rows.assign(input=rows["clean_input"], output=rows["clean_output"])
    return {"as published": rows, "corrected": clean}, questions.drop(columns="number")


def fineval(data_root, seed, n=600, asked=230):
    """Some of the leaked questions, and as many asked of them as of the rest of FinEval's validation list."""
    gathered = collect.gather("local", data_root, protocol="paper", accept_noncommercial=True)
    leak = gathered.rows.query("source == 'fineval'").reset_index(drop=True)
    rows = _sample(leak, n, seed).sort_index()
    questions = gathered.evaluation.query("benchmark == 'fineval'").reset_index(drop=True)
    key = questions["input"].map(leakage.normalise)
    known, free = (key.isin(set(part["input"].map(leakage.normalise))) for part in (rows, leak))
    drawn = pd.concat([_sample(questions[part], asked, seed) for part in (known, ~free)])
    side = np.where(known[drawn.index], "trained on", "not trained on")
    return {"the leak": rows}, drawn.assign(group=side)


CASES = {"finfe": finfe, "afqmc": afqmc, "fineval": fineval}


def make(root, values, run, case, sizes=None, say=print):
    """Train and ask one case, or return at once when it is up to date.

    Parameters
    ----------
    root : path
        The repository.
    values : dict
        All chapters' values, as ``params.resolve`` gives them.
    run : str
        Name of the run's folder.
    case : str
        A key of ``CASES``.
    sizes : dict, optional
        Other values of the case's ``n`` and ``asked``.

    Returns
    -------
    Path
        Its folder: ``experts/``, ``predictions.parquet``, ``items.parquet`` and, written last, ``case.json``.
    """
    if case not in CASES:
        raise DataError(f"there is no case {case!r}; there are {', '.join(CASES)}")
    folder, six = Path(root, "runs", run, "consequences", case), values["06_lora_training"]
    seed = six["seed"]
    sets, questions = CASES[case](values["01_data_collection"]["data_root"], seed, **(sizes or {}))
    questions = wordings.evaluation_instructions(questions.reset_index(drop=True), seed)
    sets = {name: wordings.assign(rows.reset_index(drop=True), seed) for name, rows in sets.items()}
    identity = state.as_json({
        "values": {name: state.deciding(values[name]) for name in ("06_lora_training", "08_evaluation")},
        "training_sets": {name: training_sets.rows_hash(rows) for name, rows in sets.items()},
        "questions": ids_hash(questions["id"]), "epochs": EPOCHS,
    })  # fmt: skip
    if (shapes.read_if_whole(folder / "case.json", Case) or {}).get("identity") == identity:
        say(f"{case}: up to date")
        return folder
    (folder / "case.json").unlink(missing_ok=True)
    recipe, cache = Recipe.of(six, epochs=EPOCHS, min_steps=0), folder.parent.parent.parent / "answers"
    judged, accounts = [], {}
    for name, rows in sets.items():
        say(f"{case}, {name}: {len(rows):,} rows, {len(questions):,} questions")
        place = {name: folder / "experts" / name.replace(" ", "-")}
        experts = [name] * len(questions)
        answers = train_and_ask(values, {name: rows}, place, recipe, questions, experts, cache, f"{case}, {name}")
        judged.append(tables.judge(name, questions, answers["answer"]))
        about = shapes.read(place[name] / "training.json", Training)
        accounts[name] = {key: about[key] for key in ("rows", "steps", "tokens", "seconds")}
    for name, baseline in (("majority", baselines.majority), ("lookup", baselines.lookup)):
        judged.append(tables.judge(name, questions, baseline(next(iter(sets.values())), questions)))
    predictions = pd.concat(judged, ignore_index=True)
    predictions["group"] = predictions["id"].map(questions.set_index("id")["group"])
    store.write_table(predictions, folder / "predictions.parquet")
    items = predictions[["model", "group", "id", "correct"]].assign(unread=predictions["parsed"] == "")
    store.write_table(items, folder / "items.parquet")
    store.write_json(
        {"case": case, "identity": identity, "trained": accounts,
         "base": {"name": pretrained.label(six["base_model"]), "content": about["recipe"]["base"]},
         "finished": now(), "hardware": machine.describe(), "versions": versions()},
        folder / "case.json",
    )  # fmt: skip
    for line in statistics.table(items).itertuples():
        say(f"{case}, {line.group}, {line.model}: {line.score:.1f} ({line.lo:.1f} to {line.hi:.1f})")
    return folder


def record(root, folder):
    """Keep a case's numbers, without its texts, in ``book/recorded/consequences``.

    Returns
    -------
    Path
        The folder written.
    """
    about = shapes.read(folder / "case.json", Case)
    target = Path(root, FOLDER, about["case"])
    items = store.read_table(folder / "items.parquet")
    store.write_table(items.astype({"model": "category", "group": "category"}), target / "items.parquet")
    store.write_json(without_places(about), target / "case.json")
    return target


def _sample(rows, n, seed):
    """n rows at random, in random order; all where there are fewer."""
    return rows.sample(frac=1, random_state=seed).head(n)


def _aside(data_root, path):
    """Pairs of a file that is no source: ``input, reference, number``."""
    file = next(f for entry in registry.aside().values() for f in entry.files if f.path == path)
    (part,) = mirror.Local(data_root).read(file)
    examples, _ = records.load(file.shape, part.records, part.name)
    return pd.DataFrame(
        [(text, output, number) for number, (_, text, output) in examples], columns=["input", "reference", "number"]
    )


def main(arguments=None):
    """Make the cases named, one after the other."""
    parser = option_parser("data_faults", __doc__)
    parser.add_argument("cases", nargs="+", help=", ".join(CASES), metavar="case")
    return command("consequences", parser, _make_all, arguments)


def _make_all(root, resolved, options):
    for case in options.cases:
        folder = make(root, resolved.values, resolved.run, case)
        if options.record:
            print(f"{case}: recorded in {record(root, folder).relative_to(root)}")


if __name__ == "__main__":
    sys.exit(main())
