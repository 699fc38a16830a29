"""Keeps a run's small tables in the repository, and writes the README's numbers from them.

``book/published/<run>/`` holds the tables that ``notebooks/stages.yaml`` names, which `make diff` compares later runs
with; ``costs.json``, what each stage took, which `make plan` estimates from; ``about.json``, the machine and the
versions; ``examples.json``, questions that the run answers well; and under ``measured/`` tables that no second run
repeats, such as training times.
"""

import contextlib
import functools
import shutil
from pathlib import Path

from assl_utils import shapes, store
from assl_utils.runner import diff, pipeline, state
from assl_utils.runner import shapes as runner_shapes
from assl_utils.study import examples, real_rows
from assl_utils.study import seeds as study_seeds
from assl_utils.study.shapes import Published

MEASURED = ("06_lora_training/cost.csv",)
NUMBERS, ANSWER, ANSWER_ZH = "numbers", "answer", "answer-zh"  # marks between which pages are rewritten
TABLES = {"table1.csv": "CFLEB, mean of 7", "table2.csv": "FinEval"}


def publish(root, profile="cpu", run=None, say=print):
    """Copy the small tables of a run to ``book/published/`` and put the numbers of README and front page right.

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
        say("README.md, book/intro.md: numbers rewritten")
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
    """Rewrite what is between the marks of README and front page; returns whether anything changed."""
    root = Path(root)
    changed = _rewrite(root / "README.md", NUMBERS, lambda: numbers(root))
    for page in ("README.md", "book/intro.md"):
        changed |= _rewrite(root / page, ANSWER, lambda: answer(root))
    return changed | _rewrite(root / "book" / "zh.md", ANSWER_ZH, lambda: answer(root, real_rows.in_chinese))


def _rewrite(path, mark, text):
    """Put ``text()`` between the two marks of a page.

    Without any mark there is nothing to do; with one, or in the wrong order, somebody has to look.
    """
    begin, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    if begin not in old and end not in old:
        return False
    if old.count(begin) != 1 or old.count(end) != 1 or old.index(begin) > old.index(end):
        raise ValueError(f"{path.name} needs one {begin} and, after it, one {end}")
    new = f"{old.split(begin)[0]}{begin}\n{text()}\n{end}{old.split(end)[1]}"
    if new == old:
        return False
    with store.atomic_path(path) as part:
        part.write_text(new, encoding="utf-8")
    return True


def answer(root, say=str):
    """What real rows say of the paper's claims, as a Markdown table; the same in the README and on the front pages."""
    found = real_rows.lines(_verdicts(Path(root, "book", "recorded").resolve()), say)
    return "\n".join(found) or "*Nothing has been recorded on real rows yet.*"


@functools.cache  # two or three pages tell the same
def _verdicts(kept):
    return real_rows.verdicts(kept)


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
    tables = [*lines, "", intervals, _took(usual), *_said(usual), *sentences]
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
