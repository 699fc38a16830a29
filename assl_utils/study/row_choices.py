"""One more cell of a study's table: rows chosen in another way, the same recipe, the same questions.

    python -m assl_utils.study.row_choices lot lot_at_cost --profile small_cpu --set "data_root=… encoder=… base_model=…"

A whole run trains everybody and asks everybody everything. To learn what a *choice* is worth, less will do: from a run
whose first chapters stand (3 for what is drawn by lot, 5 for what the model had a say in) a cell takes its rows, trains
an adapter for each cluster (or one for all) by chapter 6's recipe, and puts each question to the one adapter that
routing names. What stands is left alone, so a cell that was stopped goes on. It is kept in ``runs/<run>/cells/<cell>/``
and, with ``--record``, without its texts in ``book/recorded/cells/<run>-<cell>/``.
"""

import argparse
import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import machine, pretrained, store
from assl_utils.errors import DataError
from assl_utils.evaluation import tables
from assl_utils.experts import adapters, generation, models, training, training_sets
from assl_utils.routing.router import Router
from assl_utils.runner import params, pipeline, profiles, state
from assl_utils.runner.run import now, versions
from assl_utils.selection import adbscan, budget, controls, scores, utility
from assl_utils.sources import leakage
from assl_utils.study.record import bare, ids_hash
from assl_utils.tasks.wordings import prompts

FOLDER = "book/recorded/cells"
MORE = 3  # times the rows, in `more_rows`


@dataclass(frozen=True)
class Plan:
    """Who learns from what.

    Attributes
    ----------
    rows : DataFrame
        ``position`` (of a run's row), ``cluster``: in the order of the lessons.
    steps : int
        Optimizer steps of each cluster's expert, at least.
    seed : int
        Of the training.
    joint : bool
        One adapter for all clusters' rows, with as many steps as the experts together.
    in_proportion : bool
        The experts' steps together, dealt in proportion to their rows.
    dearer : float or None
        How many times the rows and steps of the run these are meant to be, where a price decides it.
    """

    rows: pd.DataFrame
    steps: int
    seed: int = 0
    joint: bool = False
    in_proportion: bool = False
    dearer: float | None = None


@dataclass(frozen=True)
class Run:
    """What a run's first chapters left, and the values of all chapters.

    Attributes
    ----------
    dearer_by : float or None
        Taken for `dearer`, where chapter 5 has not run but a record tells what it cost.
    """

    folder: Path
    values: dict
    dearer_by: float | None = None

    @functools.cached_property
    def rows(self):
        return self._table("02_instruction_expansion/rows.parquet")

    @functools.cached_property
    def questions(self):
        return self._table("01_data_collection/eval.parquet")

    @functools.cached_property
    def cluster(self):
        return self._table("03_semantic_clustering/clusters.parquet")["cluster"].to_numpy()

    @functools.cached_property
    def vectors(self):
        return store.read_array(self.folder / "03_semantic_clustering/vectors.npy")

    @property
    def n(self):
        return self.values["05_scoring_mmr"]["n_selected"]

    @property
    def n_clusters(self):
        return len(np.unique(self.cluster))

    @property
    def weights(self):
        five = self.values["05_scoring_mmr"]
        return five["lambda_center"], five["lambda_diversity"], five["lambda_model"]

    @property
    def steps(self):
        return self.values["06_lora_training"]["min_steps"]

    @property
    def seed(self):
        return self.values["06_lora_training"]["seed"]

    def selected(self):
        """What the run itself chose."""
        found = self._table("05_scoring_mmr/selected.parquet")
        place = pd.Series(range(len(self.rows)), index=self.rows["id"])
        return pd.DataFrame({"position": place[found["id"]].to_numpy(), "cluster": found["cluster"]})

    def filled(self, n, score=None):
        """Stage 2 with another number of rows, or with another score of what raw model and first expert answered."""
        centroids = store.read_array(self.folder / "03_semantic_clustering/centroids.npy")
        first = self._table("04_adbscan/chosen.parquet")["chosen"]
        return utility.fill(self.vectors, self.cluster, centroids, self._need(score), first, n, self.weights)

    def level(self, n):
        """Stage 2 with the run's own scores, but for sub-tasks: filled until each has as many rows as the next."""
        kind, total = self.rows["subtask"], n * self.n_clusters
        first = self._table("04_adbscan/chosen.parquet")["chosen"]
        return utility.fill_level(self.vectors, self.cluster, kind, self._need(), first, total, self.weights)

    def _need(self, score=None):
        heard = self._table("05_scoring_mmr/scores.parquet").set_index("id")
        scores = heard["score"] if score is None else score(heard["raw"].to_numpy(), heard["lora"].to_numpy())
        # what stage 1 chose has no score and needs none
        return pd.Series(scores, index=heard.index).reindex(self.rows["id"]).fillna(0.0).to_numpy()

    def letter(self, k=None, radius=1.0):
        """Stage 1 by the paper's own rule: sub-clusters above the mean size are sampled down to it, noise goes."""
        four = self.values["04_adbscan"]
        k = k or four["k"]
        pieces = []
        for c in np.unique(self.cluster):
            members = np.flatnonzero(self.cluster == c)
            members = members[adbscan.unique_points(self.vectors[members])[0]]
            found = adbscan.adbscan(self.vectors[members], k, four["minpts_rule"])
            if radius != 1:
                found = adbscan.adbscan(self.vectors[members], k, four["minpts_rule"], eps=radius * found.eps)
            kept = budget.redistribute(self.vectors[members], found, None, four["seed"])
            pieces.append(pd.DataFrame({"position": members[kept], "cluster": c}))
        return pd.concat(pieces, ignore_index=True)

    def lot_like(self, rows):
        """As many rows of each cluster as another choice has, by lot."""
        sizes = rows.groupby("cluster").size().reindex(range(self.n_clusters), fill_value=0)
        return controls.random_per_cluster(self.cluster, sizes.to_numpy(), self.seed)

    def lot(self, n, seed=0):
        return controls.random_per_cluster(self.cluster, n, seed)

    def even(self, n):
        return controls.random_per_cluster(self.cluster, n, self.seed, self.rows["subtask"])

    def by_subtask(self, n, seed=0):
        """As many rows in all as n of each cluster, of every sub-task as many as of the next."""
        return controls.random_per_subtask(self.cluster, self.rows["subtask"], n * self.n_clusters, seed)

    def spread(self, n):
        """Stage 1's way to thin, not in clusters but in sub-tasks, until there are as many rows; no model is asked."""
        four = self.values["04_adbscan"]
        codes, kinds = pd.factorize(self.rows["subtask"], sort=True)
        pieces = [np.flatnonzero(codes == c) for c in range(len(kinds))]
        pieces = [piece[adbscan.unique_points(self.vectors[piece])[0]] for piece in pieces]
        found = [adbscan.adbscan(self.vectors[piece], four["k"], four["minpts_rule"]) for piece in pieces]
        quota, _ = budget.water_level([(f.labels >= 0).sum() for f in found], n * self.n_clusters)
        kept = [
            piece[budget.redistribute(self.vectors[piece], f, wanted, four["seed"], four["thinning"])]
            for piece, f, wanted in zip(pieces, found, quota.tolist(), strict=True)
        ]
        at = np.concatenate(kept)
        return pd.DataFrame({"position": at, "cluster": self.cluster[at]})

    def dearer(self):
        r"""How many times as much the chosen tenth costs once its choice is counted.

        .. math:: 1 + \frac{T_{first} + \tfrac12 T_{answers}}{T_{experts}}

        in tokens; one that is trained on takes twice the operations of one that is read or written.
        """
        if self.dearer_by is not None:
            return self.dearer_by
        spent = self._table("05_scoring_mmr/tokens.csv").set_index("work")["tokens"]
        heard = spent[spent.index.str.startswith("answers of")].sum()
        return 1 + (spent["first experts"] + heard / 2) / self.taught(Plan(self.selected(), self.steps))

    def taught(self, plan):
        """Tokens that a plan's lessons hold, all repetitions counted."""
        tokenizer = pretrained.load_tokenizer(self.values["06_lora_training"]["base_model"])
        lessons, steps = self.lessons(plan)
        how = {key: self.recipe(plan.seed)[key] for key in ("epochs", "batch_size", "max_length", "seed")}
        return sum(
            sum(training_sets.prepare(tokenizer, lesson, min_steps=steps[name], **how).tokens())
            for name, lesson in lessons.items()
        )

    def lessons(self, plan):
        """Rows and least steps of each adapter, by its name."""
        at = plan.rows["position"].to_numpy()
        if plan.joint:
            return {"mix": self.rows.iloc[at]}, {"mix": plan.steps * self.n_clusters}
        groups = plan.rows.groupby("cluster")["position"]
        lessons = {f"lora-{c}": self.rows.iloc[group.to_numpy()] for c, group in groups}
        steps = dict.fromkeys(lessons, plan.steps)
        if plan.in_proportion:
            each = plan.steps * self.n_clusters / len(plan.rows)
            steps = {name: round(each * len(lesson)) for name, lesson in lessons.items()}
        return lessons, steps

    def recipe(self, seed):
        return recipe(self.values, seed)

    def routed(self):
        """The expert of each question, as in chapter 7."""
        folder, seven = self.folder / "03_semantic_clustering", self.values["07_routing"]
        source = folder / "encoder" if seven["encoder"] == "embedded" else seven["encoder"]
        centroids, fitted = store.read_array(folder / "centroids.npy"), store.read_json(folder / "encoder.json")
        names = [f"lora-{c}" for c in range(len(centroids))]
        router = Router(centroids, source, names, seven["metric"], fitted["prompt"], fitted)
        return router.route(prompts(self.questions))["expert"].tolist()

    def _table(self, name):
        return store.read_table(self.folder / name)


def recipe(values, seed):
    """Chapter 6's, without the least steps, which differ from adapter to adapter."""
    six = values["06_lora_training"]
    taken = ("r", "alpha", "dropout", "warmup", "epochs", "batch_size", "max_length", "quantize", "dtype")
    rate = six["learning_rate"]
    return {key: six[key] for key in taken} | {"lr": rate, "min_lr": rate / 10, "seed": seed}


def _at_cost(run, choose):
    factor = run.dearer()
    return Plan(choose(round(factor * run.n)), round(factor * run.steps), run.seed, dearer=factor)


def _proportional(run, rows):
    return Plan(rows, run.steps, run.seed, in_proportion=True)


@dataclass(frozen=True)
class RowChoice:
    """What a cell is, its plan from a `Run`, and the last chapter that it needs of it."""

    what: str
    plan: Callable
    needs: str = "03_semantic_clustering"


ROW_CHOICES = {
    "chosen": RowChoice("the run's own choice", lambda run: Plan(run.selected(), run.steps, run.seed), "05_scoring_mmr"),
    "again": RowChoice("the run's own choice, another start of the training",
                  lambda run: Plan(run.selected(), run.steps, run.seed + 1), "05_scoring_mmr"),
    "mix": RowChoice("the run's own choice, one adapter",
                lambda run: Plan(run.selected(), run.steps, run.seed, joint=True), "05_scoring_mmr"),
    "letter": RowChoice("stage 1 by the paper's own rule, to which nothing is added",
                   lambda run: Plan(run.letter(), run.steps, run.seed)),
    "letter_k5": RowChoice("stage 1 by the paper's own rule with k = 5",
                      lambda run: Plan(run.letter(k=5), run.steps, run.seed)),
    "letter_near": RowChoice("stage 1 by the paper's own rule with four fifths of its radius",
                        lambda run: Plan(run.letter(radius=0.8), run.steps, run.seed)),
    "lot_like_k5": RowChoice("as many rows of each cluster as letter_k5 has, by lot",
                        lambda run: Plan(run.lot_like(run.letter(k=5)), run.steps, run.seed)),
    "lot": RowChoice("as many rows of each cluster by lot", lambda run: Plan(run.lot(run.n, run.seed), run.steps, run.seed)),
    "lot_again": RowChoice("another lot", lambda run: Plan(run.lot(run.n, run.seed + 1), run.steps, run.seed)),
    "lot_mix": RowChoice("as many rows by lot, one adapter",
                    lambda run: Plan(run.lot(run.n, run.seed), run.steps, run.seed, joint=True)),
    "lot_at_cost": RowChoice("rows by lot and steps for what choosing and training cost together",
                        lambda run: _at_cost(run, lambda n: run.lot(n, run.seed)), "05_scoring_mmr"),
    "even": RowChoice("as many rows by lot, sub-tasks of a cluster alike",
                 lambda run: Plan(run.even(run.n), run.steps, run.seed)),
    "by_subtask": RowChoice("as many rows in all by lot, of every sub-task as many, and steps in proportion",
                       lambda run: _proportional(run, run.by_subtask(run.n, run.seed))),
    "by_subtask_again": RowChoice("another lot by sub-task",
                             lambda run: _proportional(run, run.by_subtask(run.n, run.seed + 1))),
    "by_subtask_mix": RowChoice("the rows of by_subtask, one adapter",
                           lambda run: Plan(run.by_subtask(run.n, run.seed), run.steps, run.seed, joint=True)),
    "spread": RowChoice("stage 1's spread alone, of every sub-task as many, and steps in proportion",
                   lambda run: _proportional(run, run.spread(run.n))),
    "level": RowChoice("stage 1 as it is, stage 2 by its scores until every sub-task has as many, and steps in proportion",
                  lambda run: _proportional(run, run.level(run.n)), "05_scoring_mmr"),
    "scale_100": RowChoice("stage 2 with ROUGE on [0, 100] in (12)",
                      lambda run: Plan(run.filled(run.n, lambda raw, lora: scores.score_llm(raw, lora, 100)),
                                       run.steps, run.seed), "05_scoring_mmr"),
    "lora_alone": RowChoice("stage 2 by what the first expert cannot answer, whatever the raw model could",
                       lambda run: Plan(run.filled(run.n, lambda raw, lora: -lora), run.steps, run.seed),
                       "05_scoring_mmr"),
    "no_model": RowChoice("stage 2 by nearness and redundancy alone",
                     lambda run: Plan(run.filled(run.n, lambda raw, lora: 0 * lora), run.steps, run.seed),
                     "05_scoring_mmr"),
    "more_rows": RowChoice(f"stage 2 goes on to {MORE} times the rows, in as many steps",
                      lambda run: Plan(run.filled(MORE * run.n), run.steps, run.seed), "05_scoring_mmr"),
    "more_by_lot": RowChoice(f"{MORE} times the rows by lot, in as many steps",
                        lambda run: Plan(run.lot(MORE * run.n, run.seed), run.steps, run.seed)),
    "more_even": RowChoice(f"{MORE} times the rows by lot, sub-tasks of a cluster alike, in as many steps",
                      lambda run: Plan(run.even(MORE * run.n), run.steps, run.seed)),
    "more_by_subtask": RowChoice(f"{MORE} times the rows by lot, of every sub-task as many, in as many steps",
                            lambda run: _proportional(run, run.by_subtask(MORE * run.n, run.seed))),
    "all_data": RowChoice("every row, one adapter, the recipe's own epochs",
                     lambda run: Plan(pd.DataFrame({"position": range(len(run.rows)), "cluster": run.cluster}),
                                      0, run.seed, joint=True)),
}  # fmt: skip


def count(run, names):
    """What each cell would learn from, without training any: a row per cell and sub-task.

    Returns
    -------
    DataFrame
        ``cell, subtask, rows, in_common`` (rows that the run itself chose, too).
    """
    own = set(run.selected()["position"])
    pieces = []
    for name in names:
        at = ROW_CHOICES[name].plan(run).rows["position"].to_numpy()
        table = pd.DataFrame({"subtask": run.rows["subtask"].iloc[at].to_numpy(), "own": [p in own for p in at]})
        groups = table.groupby("subtask")["own"]
        pieces.append(groups.agg(rows="size", in_common="sum").reset_index().assign(cell=name))
    return pd.concat(pieces, ignore_index=True)[["cell", "subtask", "rows", "in_common"]]


def make(run, cell, say=print):
    """Train and ask one cell, or return at once when it stands.

    Parameters
    ----------
    run : Run
    cell : str
        A key of ``CELLS``.

    Returns
    -------
    Path
        Its folder: ``experts/``, ``predictions.parquet``, ``items.parquet`` and, written last, ``cell.json``.
    """
    folder, plan = run.folder / "cells" / cell, ROW_CHOICES[cell].plan(run)
    lessons, steps = run.lessons(plan)
    identity = {
        "values": {name: state.deciding(run.values[name]) for name in ("06_lora_training", "08_evaluation")},
        "lessons": {name: training_sets.rows_hash(lesson) for name, lesson in lessons.items()},
        "questions": ids_hash(run.questions["id"]),
        "steps": plan.steps, "seed": plan.seed,
    }  # fmt: skip
    identity = state.as_json(identity)
    if (state.read_manifest(folder / "cell.json") or {}).get("identity") == identity:
        say(f"{cell}: stands")
        return folder
    (folder / "cell.json").unlink(missing_ok=True)
    say(f"{cell}: {len(plan.rows):,} rows, {len(lessons)} adapters")
    places = {name: folder / "experts" / name for name in lessons}
    asked = ["mix"] * len(run.questions) if plan.joint else run.routed()
    recipe = run.recipe(plan.seed) | {"min_steps": steps}
    answers = taught(run.values, lessons, places, recipe, run.questions, asked, run.folder.parent / "answers", cell)
    predictions = tables.judge(cell, run.questions, answers["answer"])
    store.write_table(predictions, folder / "predictions.parquet")
    known = run.questions["id"].isin(leakage.find(run.rows, run.questions)["eval_id"]).to_numpy()
    items = tables.counted(predictions).assign(known=known, expert=asked)
    store.write_table(items, folder / "items.parquet")
    store.write_json({"identity": identity, **_account(run, cell, plan, places, answers)}, folder / "cell.json")
    say(f"{cell}: {_average(items):.1f} on the mean of CFLEB")
    return folder


def taught(values, lessons, places, recipe, questions, asked, cache, label):
    """Train adapters and let each question be answered by one of them, as chapters 6 and 8 do; what stands is taken.

    Parameters
    ----------
    values : dict
        All chapters' values.
    lessons, places : dict
        Rows and folder of each adapter, by its name.
    recipe : dict
        As for :func:`assl_utils.experts.training.train_experts`.
    questions : DataFrame
        ``instruction, input``.
    asked : sequence of str
        The adapter that answers each question.
    cache, label
        As for :func:`assl_utils.experts.generation.answer`, whose result comes back.
    """
    base, eight = values["06_lora_training"]["base_model"], values["08_evaluation"]
    training.train_experts(base, lessons, places, **recipe)
    model, tokenizer = models.load_once(base, dtype=eight["dtype"])
    with adapters.adapters(model, places) as (loaded, full):
        return generation.answer(
            loaded, tokenizer, prompts(questions), [full[name] for name in asked], eight["max_new_tokens"],
            eight["generation_batch"], cache=cache, label=label,
        )  # fmt: skip


def _account(run, cell, plan, places, answers):
    """What was made of what, and what it took; ``given_away`` are the questions that its own rows answer; ``dearer``
    is the price that decided its rows and steps, where one did."""
    trained = [store.read_json(folder / "training.json") for folder in places.values()]
    rows = run.rows.iloc[plan.rows["position"].to_numpy()]
    ids = pd.Series(rows["id"].to_numpy()).groupby(plan.rows["cluster"].to_numpy())
    six = run.values["06_lora_training"]
    return {
        "cell": cell, "what": ROW_CHOICES[cell].what, "run": run.folder.name, "rows": len(rows),
        "chosen": {str(c): {"rows": len(part), "ids": ids_hash(part)} for c, part in ids},
        "by_subtask": rows["subtask"].value_counts().sort_index().to_dict(),
        "dearer": plan.dearer,
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
    """Keep a cell's numbers, without its texts, in ``book/recorded/cells``.

    Returns
    -------
    Path
        The folder written.
    """
    about = store.read_json(folder / "cell.json")
    target = Path(root, FOLDER, f"{about['run']}-{about['cell']}")
    items = store.read_table(folder / "items.parquet")
    names = ["model", "benchmark", "task", "subject", "group", "expert"]
    store.write_table(items.astype(dict.fromkeys(names, "category")), target / "items.parquet")
    store.write_json(without_places(about), target / "cell.json")
    return target


def without_places(about):
    """An account whose values name folders by their last name alone."""
    values = {
        stage: {key: bare(value) for key, value in part.items()} for stage, part in about["identity"]["values"].items()
    }
    return about | {"identity": about["identity"] | {"values": values}}


def open_run(root, resolved, cells, dearer_by=None):
    """The run that ``resolved`` names, as far as ``cells`` need it, its chapters standing with these values.

    Parameters
    ----------
    root : str or Path
    resolved : params.Resolved
    cells : list of str
    dearer_by : float or None
        How many times as much the chosen tenth cost with its choice; then ``lot_at_cost`` needs no chapter 5.

    Raises
    ------
    DataError
        If a chapter has not run, or has run with other values; for a name that is no cell's; or for a price below one.
    """
    for cell in cells:
        if cell not in ROW_CHOICES:
            raise DataError(f"there is no cell {cell!r}; there are {', '.join(ROW_CHOICES)}")
    if dearer_by is not None and not 1 <= dearer_by < float("inf"):
        raise DataError(f"--dearer-by must be a number of at least 1, not {dearer_by:g}: the choice comes on top")
    told = {"lot_at_cost": "03_semantic_clustering"} if dearer_by is not None else {}
    folder, last = Path(root, "runs", resolved.run), max(told.get(cell, ROW_CHOICES[cell].needs) for cell in cells)
    for name in (name for name in resolved.values if name <= last):
        way_out = f"make {last[:2]} with the same values first"
        manifest = state.read_manifest(folder / name / "manifest.json")
        if manifest is None:
            raise DataError(f"chapter {name} has not run in runs/{resolved.run}: {way_out}")
        wanted = state.as_json(state.deciding(resolved.values[name]))
        if changed := state.changed_parameters(state.deciding(manifest["parameters"]), wanted):
            raise DataError(f"{name} ran with other values ({'; '.join(changed)}): {way_out}")
    return Run(folder, resolved.values, dearer_by)


def main(arguments=None):
    """Make the cells named, one after the other."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.study.row_choices", description=__doc__.split("\n")[0])
    parser.add_argument("cells", nargs="*", help=f"{', '.join(ROW_CHOICES)}; none with --count: all", metavar="cell")
    parser.add_argument("--count", action="store_true", help="train nothing, count what each would learn from")
    parser.add_argument(
        "--dearer-by", type=float, metavar="TIMES",
        help="for lot_at_cost: times the choice made the price, as chapter 10 prints; then no chapter 5 is needed",
    )  # fmt: skip
    return command("cells", parser, _make_all, arguments)


def command(name, parser, work, arguments=None):
    """Read a command line that names a run, do ``work(root, resolved, options)``, say in a line what went wrong.

    Returns
    -------
    int
        The exit status: 0, 1 (a mistake) or 130 (stopped).
    """
    parser.add_argument("--record", action="store_true", help="keep the numbers in book/recorded, too")
    params.add_options(parser)
    options = parser.parse_args(arguments)
    root = store.root()
    try:
        profile, _ = profiles.choose_profile(root, options.profile or None)
        work(root, params.from_options(pipeline.load(root), profile, options), options)
    except (DataError, pipeline.RunnerError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def _make_all(root, resolved, options):
    names = options.cells or (list(ROW_CHOICES) if options.count else [])
    if not names:
        raise DataError(f"name a cell; there are {', '.join(ROW_CHOICES)}")
    run = open_run(root, resolved, [*names, "chosen"] if options.count else names, options.dearer_by)
    if options.count:
        table = count(run, names)
        print(table.pivot(index="subtask", columns="cell", values="rows")[names].fillna(0).astype(int).to_string())
        if options.record:
            store.write_table(table, root / FOLDER / f"{run.folder.name}.csv")
        return
    for cell in names:
        folder = make(run, cell)
        if options.record:
            print(f"{cell}: recorded in {record(root, folder).relative_to(root)}")


if __name__ == "__main__":
    sys.exit(main())
