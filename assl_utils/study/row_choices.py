"""A study of one thing: rows chosen in another way, the same recipe, the same questions.

    python -m assl_utils.study.row_choices random random_at_cost --profile small_cpu --set "data_root=… encoder=…"

A whole run trains every model and asks all of them everything. To learn what a *choice of rows* is worth, less will do.
From a run whose first chapters are done (3 for what is drawn at random, 5 for what the model's feedback decides) a
choice takes its rows, trains an adapter for each cluster (or one for all) by chapter 6's recipe, and asks each question
of the one adapter that routing names. What is there already is not made again, so a study that was stopped goes on. It
is kept in ``runs/<run>/row_choices/<choice>/`` and, with ``--record``, without its texts in
``book/recorded/row_choices/<run>-<choice>/``.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from assl_utils import machine, pretrained, shapes, store
from assl_utils.errors import DataError
from assl_utils.evaluation import tables
from assl_utils.experts import training_sets
from assl_utils.experts.shapes import Training
from assl_utils.runner import state
from assl_utils.runner.run import now, versions
from assl_utils.selection import scores
from assl_utils.sources import leakage
from assl_utils.study.choice_names import CHOICES, FORMER, MORE
from assl_utils.study.plans import Plan, Run
from assl_utils.study.record import ids_hash, without_places
from assl_utils.study.shapes import Choice
from assl_utils.study.train_and_ask import command, option_parser, train_and_ask

FOLDER = "book/recorded/row_choices"
SCORED = "05_scoring_mmr"


@dataclass(frozen=True)
class RowChoice:
    """The plan of a choice from a `Run`, and the last chapter that it needs of it."""

    plan: Callable
    needs: str = "03_semantic_clustering"


def _plain(choose, **how):
    return lambda run: Plan(choose(run), run.steps, run.seed, **how)


def _proportional(choose):
    return _plain(choose, in_proportion=True)


def _random(choice="random", times=1, again=0):
    return lambda run: run.at_random(choice, times * run.n, run.seed + again)


def _scored(score=None, times=1):
    return lambda run: run.by_stages("utility", times * run.n, score)


def _at_cost(run):
    factor = run.cost_factor()
    rows = run.at_random("random", round(factor * run.n))
    return Plan(rows, round(factor * run.steps), run.seed, cost_factor=factor)


def _again(run):
    return Plan(run.selected(), run.steps, run.seed + 1)


def _all_data(run):
    return Plan(pd.DataFrame({"position": range(len(run.rows)), "cluster": run.cluster}), 0, run.seed, joint=True)


ROW_CHOICES = {
    "chosen": RowChoice(_plain(Run.selected), SCORED),
    "again": RowChoice(_again, SCORED),
    "mix": RowChoice(_plain(Run.selected, joint=True), SCORED),
    "paper_rule": RowChoice(_plain(Run.paper_rule)),
    "paper_rule_k5": RowChoice(_plain(lambda run: run.paper_rule(k=5))),
    "paper_rule_near": RowChoice(_plain(lambda run: run.paper_rule(radius=0.8))),
    "random_like_k5": RowChoice(_plain(lambda run: run.random_like(run.paper_rule(k=5)))),
    "random": RowChoice(_plain(_random())),
    "random_again": RowChoice(_plain(_random(again=1))),
    "random_mix": RowChoice(_plain(_random(), joint=True)),
    "random_at_cost": RowChoice(_at_cost, SCORED),
    "random_even": RowChoice(_plain(_random("random_even"))),
    "random_per_subtask": RowChoice(_proportional(_random("random_per_subtask"))),
    "random_per_subtask_again": RowChoice(_proportional(_random("random_per_subtask", again=1))),
    "random_per_subtask_mix": RowChoice(_plain(_random("random_per_subtask"), joint=True)),
    "spread": RowChoice(_proportional(lambda run: run.spread(run.n))),
    "level": RowChoice(_proportional(lambda run: run.by_stages("level", run.n)), SCORED),
    "scale_100": RowChoice(_plain(_scored(lambda raw, lora: scores.score_llm(raw, lora, 100))), SCORED),
    "lora_alone": RowChoice(_plain(_scored(lambda raw, lora: -lora)), SCORED),
    "no_model": RowChoice(_plain(_scored(lambda raw, lora: 0 * lora)), SCORED),
    "more_rows": RowChoice(_plain(_scored(times=MORE)), SCORED),
    "more_random": RowChoice(_plain(_random(times=MORE))),
    "more_random_even": RowChoice(_plain(_random("random_even", times=MORE))),
    "more_random_per_subtask": RowChoice(_proportional(_random("random_per_subtask", times=MORE))),
    "all_data": RowChoice(_all_data),
}


def count(run, names):
    """What each choice would train on, without training: a row per choice and sub-task.

    Returns
    -------
    DataFrame
        ``choice, subtask, rows, in_common`` (rows that the run itself chose, too).
    """
    own = set(run.selected()["position"])
    pieces = []
    for name in names:
        at = ROW_CHOICES[name].plan(run).rows["position"].to_numpy()
        table = pd.DataFrame({"subtask": run.rows["subtask"].iloc[at].to_numpy(), "own": [p in own for p in at]})
        groups = table.groupby("subtask")["own"]
        pieces.append(groups.agg(rows="size", in_common="sum").reset_index().assign(choice=name))
    return pd.concat(pieces, ignore_index=True)[["choice", "subtask", "rows", "in_common"]]


def make(run, choice, say=print):
    """Train on one choice and ask the questions, or return at once when that is done and up to date.

    Parameters
    ----------
    run : Run
    choice : str
        A key of ``ROW_CHOICES``.

    Returns
    -------
    Path
        Its folder: ``experts/``, ``predictions.parquet``, ``items.parquet`` and, written last, ``choice.json``.
    """
    folder, plan = run.folder / "row_choices" / choice, ROW_CHOICES[choice].plan(run)
    sets, steps = run.training_sets(plan)
    identity = state.as_json({
        "values": {name: state.deciding(run.values[name]) for name in ("06_lora_training", "08_evaluation")},
        "training_sets": {name: training_sets.rows_hash(rows) for name, rows in sets.items()},
        "questions": ids_hash(run.questions["id"]),
        "steps": plan.steps, "seed": plan.seed,
    })  # fmt: skip
    if (shapes.read_if_whole(folder / "choice.json", Choice) or {}).get("identity") == identity:
        say(f"{choice}: up to date")
        return folder
    (folder / "choice.json").unlink(missing_ok=True)
    say(f"{choice}: {len(plan.rows):,} rows, {len(sets)} adapters")
    places = {name: folder / "experts" / name for name in sets}
    experts = ["mix"] * len(run.questions) if plan.joint else run.routed()
    recipe, cache = run.recipe(plan.seed, min_steps=steps), run.folder.parent / "answers"
    answers = train_and_ask(run.values, sets, places, recipe, run.questions, experts, cache, choice)
    predictions = tables.judge(choice, run.questions, answers["answer"])
    store.write_table(predictions, folder / "predictions.parquet")
    known = run.questions["id"].isin(leakage.find(run.rows, run.questions)["eval_id"]).to_numpy()
    items = tables.counted(predictions).assign(known=known, expert=experts)
    store.write_table(items, folder / "items.parquet")
    store.write_json({"identity": identity, **_account(run, choice, plan, places, answers)}, folder / "choice.json")
    say(f"{choice}: {_average(items):.1f} on the mean of CFLEB")
    return folder


def _account(run, choice, plan, places, answers):
    """What was made from what, and what it took; ``given_away`` are the questions that its own rows answer;
    ``cost_factor`` decided its rows and steps, where it is a number."""
    trained = [shapes.read(folder / "training.json", Training) for folder in places.values()]
    rows = run.rows.iloc[plan.rows["position"].to_numpy()]
    ids = pd.Series(rows["id"].to_numpy()).groupby(plan.rows["cluster"].to_numpy())
    six = run.values["06_lora_training"]
    return {
        "choice": choice, "what": CHOICES[choice], "run": run.folder.name, "rows": len(rows),
        "chosen": {str(c): {"rows": len(part), "ids": ids_hash(part)} for c, part in ids},
        "by_subtask": rows["subtask"].value_counts().sort_index().to_dict(),
        "cost_factor": plan.cost_factor,
        "given_away": leakage.find(rows.reset_index(drop=True), run.questions)["eval_id"].nunique(),
        "steps": sum(t["steps"] for t in trained), "tokens": sum(t["tokens"] for t in trained),
        "seconds": {"training": sum(t["seconds"] for t in trained), "answers": float(answers["seconds"].sum())},
        "base": {"name": pretrained.label(six["base_model"]), "content": trained[0]["recipe"]["base"]},
        "finished": now(), "hardware": machine.describe(), "versions": versions(),
    }  # fmt: skip


def _average(items):
    scores = tables.score(items)
    return scores.loc[(scores["benchmark"] == "cfleb") & (scores["task"] == "AVG"), "score"].iloc[0]


def record(root, folder):
    """Keep the numbers of a choice, without its texts, in ``book/recorded/row_choices``.

    Returns
    -------
    Path
        The folder written.
    """
    about = shapes.read(folder / "choice.json", Choice)
    target = Path(root, FOLDER, f"{about['run']}-{about['choice']}")
    items = store.read_table(folder / "items.parquet")
    names = ["model", "benchmark", "task", "subject", "group", "expert"]
    store.write_table(items.astype(dict.fromkeys(names, "category")), target / "items.parquet")
    store.write_json(without_places(about), target / "choice.json")
    return target


def check_names(names):
    """Raise a DataError for a choice that there is not; of a former name it says the new one."""
    for name in names:
        if name in ROW_CHOICES:
            continue
        if FORMER.get(name) in ROW_CHOICES:
            raise DataError(f"the choice {name!r} is called {FORMER[name]!r} now")
        raise DataError(f"there is no choice {name!r}; there are {', '.join(ROW_CHOICES)}")


def open_run(root, resolved, choices, cost_factor=None):
    """The run that ``resolved`` names, its chapters done with these values as far as ``choices`` need them.

    Parameters
    ----------
    root : str or Path
    resolved : params.Resolved
    choices : list of str
    cost_factor : float or None
        How many times as much the chosen tenth cost with its choice; then ``random_at_cost`` needs no chapter 5.

    Raises
    ------
    DataError
        If a chapter has not run, or has run with other values; for a name that is no choice's; or for a factor below 1.
    """
    check_names(choices)
    if cost_factor is not None and not 1 <= cost_factor < float("inf"):
        raise DataError(f"--cost-factor must be a number of at least 1, not {cost_factor:g}: the choice comes on top")
    less = {"random_at_cost": "03_semantic_clustering"} if cost_factor is not None else {}
    folder, last = Path(root, "runs", resolved.run), max(less.get(name, ROW_CHOICES[name].needs) for name in choices)
    for name in (name for name in resolved.values if name <= last):
        way_out = f"make {last[:2]} with the same values first"
        manifest = state.read_manifest(folder / name / state.MANIFEST, ("parameters",))
        if manifest is None:
            raise DataError(f"chapter {name} has not run in runs/{resolved.run}: {way_out}")
        wanted = state.as_json(state.deciding(resolved.values[name]))
        if changed := state.changed_parameters(state.deciding(manifest["parameters"]), wanted):
            raise DataError(f"{name} ran with other values ({'; '.join(changed)}): {way_out}")
    return Run(folder, resolved.values, cost_factor)


def main(arguments=None):
    """Make the choices named, one after the other."""
    parser = option_parser("row_choices", __doc__)
    parser.add_argument("choices", nargs="*", metavar="choice", help="one or several; none with --count: all of them")
    parser.add_argument("--count", action="store_true", help="train nothing, count what each would train on")
    parser.add_argument(
        "--cost-factor", type=float, metavar="TIMES",
        help="for random_at_cost: what the choice multiplied the cost by, as chapter 12 prints; then no chapter 5 is "
        "needed",
    )  # fmt: skip
    return command("row-choices", parser, _make_all, arguments)


def _make_all(root, resolved, options):
    names = options.choices or (list(ROW_CHOICES) if options.count else [])
    if not names:
        raise DataError(f"name a choice of rows; there are {', '.join(ROW_CHOICES)}")
    run = open_run(root, resolved, [*names, "chosen"] if options.count else names, options.cost_factor)
    if options.count:
        table = count(run, names)
        print(table.pivot(index="subtask", columns="choice", values="rows")[names].fillna(0).astype(int).to_string())
        if options.record:
            store.write_table(table, root / FOLDER / f"{run.folder.name}.csv")
        return
    for name in names:
        folder = make(run, name)
        if options.record:
            print(f"{name}: recorded in {record(root, folder).relative_to(root)}")


if __name__ == "__main__":
    sys.exit(main())
