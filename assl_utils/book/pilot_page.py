"""The pilot on real rows, and the faults of the data, from their records: two pages of tables."""

from pathlib import Path

import pandas as pd

from assl_utils import store
from assl_utils.book.markdown import table
from assl_utils.evaluation import statistics, tables
from assl_utils.study import pilot, recorded

PILOT, FAULTS = "pilot", "data_faults"
N_BOOT, SEED = 1000, 0

_OPENING = """\
(pilot)=
# The pilot with a language model on real rows

The first study with a pretrained language model trained one adapter of forty rows for each of six clusters, nearly
always with one seed. So it is a pilot: it shows where effects may lie, not that they are there. {ref}`ch-real`
takes a few of its numbers; this page keeps all of them, computed from `book/recorded` when the book is built.
Differences are in points, on the same questions for both sides. A star stands where the 95 % interval, over the
questions alone, leaves 0 out. With so many comparisons, about one in twenty would have a star by chance if nothing
differed.

The scores: FE is the sentiment of messages, QA question answering, NA the summary of news, RE the relation of two
companies, NSP1 whether news is negative and NSP2 about whom, NL the class of news; AVG is their mean."""

_SECTIONS = {
    "models": ("The system against other models", """\
`mix` is one adapter on the same chosen rows, `all-data` one on all rows, `cluster-data` one per cluster on all its
rows. `lead-1` and `majority` ask no model."""),
    "choices": ("Other choices of as many rows", """\
Each takes other rows and keeps clusters, recipe, router and questions. `random` draws as many of each cluster,
`random_even` lets the sub-tasks of a cluster take turns, `random_per_subtask` draws as many of each sub-task.
`level` is the method's own choice with as many rows of each sub-task, `spread` stage 1 alone with as many.
`random_at_cost` takes as many random rows and steps as choosing and training cost together. `paper_rule` is the
paper's sampling rule with nothing added; it keeps most rows. A name with `_mix` is one adapter instead of six."""),
    "trials": ("Another encoder, one wording", """\
`static` clusters and routes with the small encoder of the embedded corpus. `one_wording` gives all rows of a
sub-task the same instruction. These runs were made in float32, those that they are compared with in bfloat16: a
part of a difference may come from that."""),
    "seeds": ("A second seed", """\
With `SEED=1` questions, wordings, clusters, random samples and first weights are drawn again. Read the pairs of
lines: where the two seeds disagree, the first seed's verdict is no finding."""),
    "protocols": ("As published", """\
The protocol `paper` keeps training rows that are asked as questions, as the paper does. Two models, once leak-free
and once as published."""),
}  # fmt: skip

_FAULTS = """\
(data-faults)=
# What the faults of the data do to a model

Three faults of the published files, each in the training set of one small language model, three passes each (`make
consequences`). `finfe`: FinFE's own training list holds many of its evaluation texts; one model sees the asked
texts in training, one does not. `afqmc`: both matching sources, with AFQMC's labels as published (they are swapped)
and corrected; the questions are pairs that nobody trains on. `fineval`: `fingpt-fineval` is a part of FinEval's
public questions; some of the questions are in it, some are not. `lookup` and `majority` are read off the first list
of each case. The numbers come from `book/recorded/consequences`."""
_KNOWN, _UNKNOWN = "text known from training", "text unknown"
_GAPS = (
    ("finfe", _KNOWN, "with the texts", "without them"), ("finfe", _UNKNOWN, "with the texts", "without them"),
    ("finfe", _KNOWN, "with the texts", "lookup"), ("afqmc", "AFQMC", "as published", "corrected"),
    ("afqmc", "BQ", "as published", "corrected"),
)  # fmt: skip


def write(name, book, out):
    """Write one of the two pages from what is recorded below ``book`` into the folder ``out``."""
    kept = Path(book, "recorded")
    text = _pilot(kept) if name == PILOT else _faults(kept / "consequences")
    Path(out, f"{name}.md").write_text(text, encoding="utf-8")


def _pilot(kept):
    try:
        usual = recorded.studies(kept, pilot.STUDY)[pilot.STUDY]
    except FileNotFoundError:
        return f"{_OPENING}\n\nNothing is recorded yet: `make record PROFILE={pilot.STUDY}`.\n"
    who = recorded.respondents(kept, pilot.STUDY)
    facts = "\n".join(f"- {name}: `{text}`" for name, text in usual.facts().items())
    table1 = tables.shown(tables.table1(usual.items, N_BOOT, SEED))
    blocks = [_OPENING, facts, "## All scores", table(table1, "model")]
    for name, (title, text) in _SECTIONS.items():
        blocks += [f"## {title}", text, table(pilot.by_task(pilot.differences(who, name, N_BOOT, SEED)), "pair")]
    chosen = usual.by_subtask().round(1)
    blocks += [
        "## What the selection did to each sub-task", "Rows before and after both stages; `score` is the mean of (12) "
        "over the rows that stage 1 left out.", table(chosen, "sub-task"),
        "## What it cost", "The estimate was made before each work began; the floor is its arithmetic at the rate of a "
        "plain matrix product.", table(_bill(usual), "work"),
    ]  # fmt: skip
    return "\n\n".join(blocks) + "\n"


def _bill(usual):
    bill = pd.concat([usual.table("stage2_cost.csv"), usual.table("training_cost.csv")])
    bill["work"] = bill["work"].str.replace(r"-\d+$", "-N", regex=True)
    columns = {"estimated_s": "estimated, s", "seconds": "took, s", "floor_s": "floor, s"}
    return bill.groupby("work", sort=False)[["rows", "tokens", *columns]].sum().round(1).rename(columns=columns)


def _faults(kept):
    cases = {p.name: store.read_table(p / "items.parquet") for p in sorted(kept.glob("*/"))} if kept.is_dir() else {}
    if not cases:
        return f"{_FAULTS}\n\nNothing is recorded yet: `make consequences`.\n"
    scores = [statistics.table(items, N_BOOT, SEED).assign(case=case) for case, items in cases.items()]
    scores = pd.concat(scores).rename(columns={"n": "questions", "lo": "from", "hi": "to"})
    scores = scores[["case", "group", "model", "questions", "score", "from", "to"]].round(1)
    blocks = [_FAULTS, "## Scores", table(scores), "## Differences", table(_contrasts(cases))]
    return "\n\n".join(blocks) + "\n"


def _contrasts(cases):
    asked = {
        f"{case}, {group}: {one} – {two}": (case, [(1, one, group), (-1, two, group)])
        for case, group, one, two in _GAPS
    }
    asked["fineval: trained on – not trained on"] = (
        "fineval", [(1, "the leak", "trained on"), (-1, "the leak", "not trained on")]
    )  # fmt: skip
    found = {
        name: statistics.contrast(cases[case], sides, 2 * N_BOOT, SEED)
        for name, (case, sides) in asked.items() if case in cases
    }  # fmt: skip
    gaps = pd.DataFrame(found, index=["points", "from", "to"]).T.round(1)
    return gaps.rename_axis("difference").reset_index()
