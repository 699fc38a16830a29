"""Keeps a run's small tables in the repository, and writes the README's numbers from them.

``book/published/<run>/`` holds the tables that ``notebooks/stages.yaml`` names, which `make diff` compares later runs
with; ``costs.json``, what each stage took, which `make plan` estimates from; ``about.json``, the machine and the
versions; ``examples.json``, questions that the run answers well; and under ``measured/`` tables that no second run
repeats, such as training times.
"""

import contextlib
import shutil
from pathlib import Path

from assl_utils import shapes, store
from assl_utils.runner import diff, pipeline, state
from assl_utils.runner import shapes as runner_shapes
from assl_utils.study import examples, linear_tier
from assl_utils.study import seeds as study_seeds
from assl_utils.study.grid import reading
from assl_utils.study.shapes import Published, Recorded

MEASURED = ("06_lora_training/cost.csv",)
BEGIN, END = "<!-- numbers -->", "<!-- /numbers -->"
REAL = "small_cpu"  # the recorded study that the README tells of
TABLES = {"table1.csv": "CFLEB, mean of 7", "table2.csv": "FinEval"}


def publish(root, profile="cpu", run=None, say=print):
    """Copy the small tables of a run to ``book/published/`` and put the README's numbers right.

    Parameters
    ----------
    root : path
        The repository.
    profile, run
        The run's folder: ``run`` if given, else ``runs/<profile>``.
    say : callable
        Takes a line for the person waiting.

    Returns
    -------
    Path
        The folder written.

    Raises
    ------
    FileNotFoundError
        If a stage has not run to its end: half a run is not published.
    """
    root = Path(root)
    run = Path(root, run or f"runs/{profile}")
    target = root / "book" / "published" / run.name
    with keeping(pipeline.load(root).steps, run, target, "published") as (fresh, manifests):
        for name in MEASURED:
            if (run / name).exists():
                _copy(run / name, fresh / "measured" / Path(name).name)
        store.write_json(costs(manifests), fresh / diff.COSTS)
        store.write_json(_about(list(manifests.values())), fresh / "about.json")
        if found := examples.chosen(run):
            store.write_json({"examples": found}, fresh / examples.FILE)
    say(f"published: {target.relative_to(root)}")
    if update_readme(root):
        say("README.md: numbers rewritten")
    return target


SAID = ("run", "profile", "finished", "hardware", "versions", "seconds", "peak_bytes")  # of a manifest


@contextlib.contextmanager
def keeping(steps, run, target, verb):
    """A folder with the tables that ``steps`` publish, which takes the place of ``target`` when the block ends well.

    Yields the folder and the stages' manifests; a stage that has not run to its end is an error, which says ``verb``.
    """
    manifests = {step.name: state.read_manifest(run / step.name / state.MANIFEST, SAID) for step in steps}
    if unfinished := [name for name, manifest in manifests.items() if manifest is None]:
        raise FileNotFoundError(f"{run.name} is not {verb}: {', '.join(unfinished)} has not run to the end")
    fresh = target.with_name(f".{target.name}.part")
    shutil.rmtree(fresh, ignore_errors=True)
    for step in steps:
        for name in step.publish:
            _copy(run / step.name / name, fresh / Path(name).name)
    yield fresh, manifests
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def costs(manifests):
    """What each stage took."""
    return {name: {key: m[key] for key in ("seconds", "peak_bytes")} for name, m in manifests.items()}


def _copy(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _about(manifests):
    """Where and with what a run was made; the last stage speaks for all."""
    last = manifests[-1]
    return {key: last[key] for key in ("run", "profile", "finished", "hardware", "versions")}


def update_readme(root):
    """Rewrite what is between the README's two marks; returns whether anything changed.

    With both marks missing there is nothing to do; with one, or in the wrong order, somebody has to look.
    """
    path = Path(root) / "README.md"
    if not path.exists():
        return False
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text and END not in text:
        return False
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise ValueError(f"README.md needs one {BEGIN} and, after it, one {END}")
    before, rest = text.split(BEGIN)
    new = f"{before}{BEGIN}\n{numbers(root)}\n{END}{rest.split(END)[1]}"
    if new == text:
        return False
    with store.atomic_path(path) as part:
        part.write_text(new, encoding="utf-8")
    return True


def numbers(root):
    """The README's numbers: a row a model, its scores in the ``cpu`` run with their 95 % interval, and over the seeds.

    The experts one by one stay in the book; here stand the base model, the baselines and what is trained on all of it.
    """
    folder = Path(root) / "book" / "published"
    usual = folder / "cpu"
    if not (usual / diff.COSTS).exists():
        return "*No run has been published yet.*"
    columns, models = {}, []
    for table, title in TABLES.items():
        if (usual / table).exists():
            scores = store.read_table(usual / table).set_index("model")
            models += [m for m in scores.index if m not in models and not m.startswith("lora-")]
            columns[title] = {model: _score(scores, model) for model in models}
    again, sentences = study_seeds.scores(folder), []
    if len(study_seeds.runs(folder)) > 1:
        sentences = [
            "",
            "Over the seeds:",
            "",
            *[f"- {g.protocol}: {g.sentence}" for g in study_seeds.gaps(again).itertuples()],
        ]
        for protocol, part in study_seeds.spread(again).groupby("protocol", sort=False):
            seeds = int(part["seeds"].max())
            title = f"{TABLES['table1.csv']}, `{protocol}`, {seeds} seed{'s' if seeds > 1 else ''}"
            columns[title] = {row.model: _spread(row) for row in part.itertuples()}
    lines = ["| model | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for model in models:
        cells = [found.get(model, "–") for found in columns.values()]
        if any(cell != "–" for cell in cells):
            lines.append(f"| {model} | " + " | ".join(cells) + " |")
    intervals = "In brackets: 95 % interval, bootstrap over the questions of the run `cpu` (protocol `clean`, seed 0)."
    intervals += " Behind ±: standard deviation over the seeds." if sentences else ""
    tables = [*lines, "", intervals, _took(usual), *_said(usual), *sentences, *_tier1(root), *_real(root)]
    return "\n".join([*tables, *_examples(usual)])


def _spread(row):
    """``41.2 ± 1.3``, or the number alone where there is one run."""
    return f"{row.mean:.1f} ± {row.sd:.1f}" if row.seeds > 1 else f"{row.mean:.1f}"


def _score(scores, model):
    """``41.2 (38.0–44.1)``, or a dash where the model has no mean."""
    if model not in scores.index or scores.loc[model, "AVG"] != scores.loc[model, "AVG"]:
        return "–"
    value, low, high = (scores.loc[model, key] for key in ("AVG", "AVG_lo", "AVG_hi"))
    return f"{value:.1f} ({low:.1f}–{high:.1f})"


def _said(folder):
    """The sentences that the last chapter made from its numbers, on the mean of CFLEB, as a list."""
    if not (folder / "comparisons.csv").exists():
        return []
    compared = store.read_table(folder / "comparisons.csv")
    means = compared[(compared["benchmark"] == "cfleb") & (compared["task"] == "AVG")]
    return ["", f"On the mean of CFLEB, `{folder.name}`:", "", *[f"- {sentence}" for sentence in means["sentence"]]]


def _tier1(root):
    """What all real rows say of the paper's claims with a linear learner, a line a claim; empty without the record."""
    record = reading.read(root, f"{linear_tier.RUN}-{linear_tier.GRID}")
    if record is None:
        return []
    rows = linear_tier.arms(record).loc["random", "rows"]
    head = f"With {rows:,.0f} published rows, a tenth of all, and a linear learner in place of the language model "
    head += f"(`{linear_tier.RUN}`, chapter 12):"
    judged = linear_tier.judged(record)
    lines = [f"- {row.source}, {row.claim}: {row.verdict}; {row.measured}" for row in judged.itertuples()]
    return ["", head, "", *lines]


def _real(root):
    """What the recorded study on real data gave, in a few lines, as a list; empty where there is none."""
    folder = Path(root) / "book" / "recorded" / REAL
    if not (folder / "table1.csv").exists():
        return []
    scores = store.read_table(folder / "table1.csv").set_index("model")
    rows = shapes.read(folder / "record.json", Recorded)["rows"]["collected"]
    means = [f"{model} {_score(scores, model)}" for model in scores.index if not model.startswith(("lora-", "two-"))]
    return ["", f"On {rows:,} published rows (`{REAL}`, chapter 12): {', '.join(means)}.", *_said(folder)]


def _examples(folder):
    """Questions that the run answers well, as a list of lines; empty where none is kept."""
    found = [one | {"question": one["question"].replace("$", "$$")} for one in examples.read(folder)]  # for make
    return ["", f"What `{folder.name}` answers. {examples.as_text(found, 'make ask Q=')}"] if found else []


def _took(folder):
    costs = runner_shapes.read(folder / diff.COSTS, runner_shapes.COSTS)
    about = shapes.read(folder / "about.json", Published)
    minutes = sum(stage["seconds"] for stage in costs.values()) / 60
    peak = max(stage["peak_bytes"] for stage in costs.values()) / 1e9
    machine = about["hardware"]
    cards = " + ".join(card["name"] for card in machine["gpus"]) or "no GPU"
    return (
        f"`{folder.name}` took {minutes:.1f} minutes and at most {peak:.1f} GB of memory on {machine['cores']} cores "
        f"({machine['cpu']}), {cards}; of the time, {_shares(costs)}."
    )


def _shares(costs):
    """``01 1 %, 02 3 %, …``: what each chapter took of the whole."""
    whole = sum(stage["seconds"] for stage in costs.values()) or 1
    return ", ".join(f"{name[:2]} {100 * stage['seconds'] / whole:.0f} %" for name, stage in costs.items())
