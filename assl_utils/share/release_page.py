"""The page of a release, and the tables that go along: what it holds, how it is used, what it scored, what it may.

What is said comes from the run, as on the adapters' cards; where the run is silent, the page says so.
"""

import pandas as pd

from assl_utils import store
from assl_utils.share.model_card import (
    MADE_UP,
    QUESTION,
    about_limits,
    about_terms,
    as_list,
    as_table,
    front,
    made_with,
    origin,
)
from assl_utils.share.provenance import OURS, STAGES
from assl_utils.study import examples

ROUTED, JUDGED = "07_routing/routing.parquet", "08_evaluation"
BENCHMARKS = {"CFLEB": "table1.csv", "FinEval": "table2.csv"}
PACKAGES = ("python", "torch", "transformers", "peft", "sentence-transformers", "numpy")


def tables_of(system):
    """The run's tables as files of the release, and a sentence about those that are left out.

    Returns
    -------
    (dict, str)
        Name: path to copy, or DataFrame. Tables made with other weights, or another router, are left out.
    """
    run, given = system.run, {}
    routed = run.table(ROUTED)
    if routed is not None:
        given["routing.csv"] = _summary(routed, system.router.names)
    judged = run.manifest(JUDGED).get("inputs")
    wanted = {f"{STAGES[-1]}/experts/{n}/adapter_model.safetensors": run.account(n)[0]["adapter"]
              for n in system.router.names}  # fmt: skip
    wanted |= {ROUTED: store.sha256(run.folder / ROUTED)} if routed is not None else {}
    if judged is not None and any(judged.get(file) != digest for file, digest in wanted.items()):
        return given, "The run's tables of chapter 8 were made with other weights or routes, so they are left out."
    names = ("table1.csv", "table2.csv", "comparisons.csv")
    found = {name: run.folder / JUDGED / name for name in names if (run.folder / JUDGED / name).exists()}
    if not found:
        return given, "The run has no tables of chapter 8, so there are no scores."
    proof = "Chapter 8 left no manifest: nothing proves that these are the weights it judged."
    return given | found, proof if judged is None else ""


def _summary(routed, names):
    """How many questions of each task went to each expert."""
    counts = pd.crosstab(routed["task"], routed["expert"])
    others = [name for name in counts.columns if name not in names]
    return counts.reindex(index=routed["task"].unique(), columns=[*names, *others], fill_value=0).reset_index()


def page(system, facts, tables, note, digests):
    """The text of the release's README.md.

    Parameters
    ----------
    system : release.System
    facts : dict
        What ``use.py`` reads.
    tables, note
        As `tables_of` gives them.
    digests : dict
        SHA-256 of each file that the release holds besides this page and the list of digests.
    """
    run, names = system.run, system.router.names
    about = (
        f"{len(names)} adapters for one base model and a router that sends each question to one of them, from a "
        "reproduction of *SilverSight* (arXiv:2404.04949), language models for Chinese finance."
    )
    sections = {
        "# SilverSight: experts and router": [about, as_list(origin(run, STAGES[-1]) | _models(system))],
        "## Use": _use(system, facts, [] if note else examples.chosen(run.folder)),
        "## Experts": [_experts(system), "Rows, recipe and identity of each are on its card."],
        "## Scores": [*_scores(system, tables), *([note] if note else [])],
        "## Terms": _terms(system),
        "## Limits": about_limits(system.base),
        "## Files": _files(digests),
    }
    blocks = [front(system.base, system.parts), *(b for title, text in sections.items() for b in (title, *text))]
    return "\n\n".join(blocks) + "\n"


def _models(system):
    """Base, encoder and router in a line each."""
    named = {}
    for what, model in (("Base model", system.base), ("Encoder", system.encoder)):
        where = {"embedded": "in this folder", "hub": "on the hub", "folder": "not in this folder"}[model.kind]
        pin = f", revision `{model.revision or 'not known'}`" if model.kind == "hub" else ""
        name = {"Base model": "base", "Encoder": "encoder"}[what] if model.kind == "embedded" else model.name
        named[what] = f"`{name}`, {where}{pin}; identity `{model.digest}`"
    how = f"the nearest of {len(system.router.names)} centroids, {system.router.metric}"
    if system.router.reject is not None:
        how += f"; farther than {system.router.reject:.4g} from all of them the base model answers"
    return named | {"Router": how}


def _use(system, facts, found):
    """How it is asked, with questions that it answers well where the run has such; ``found`` as `examples.chosen`."""
    question = found[0]["question"] if found else QUESTION
    said = [
        "```sh\npip install torch peft transformers sentence-transformers\n"
        f"python use.py {examples.quoted(question)}\n```",
        examples.as_text(found, "python use.py ") if found else MADE_UP,
        "A question is an instruction, a line break and the text it is about. Printed are who answers, in the first "
        f"line, and the answer: the likeliest token each time, {facts['write']['max_new_tokens']} at most. Of a "
        f"question that takes more than {facts['room']} tokens, the chat format included, the end is not read. "
        "`release.json` holds what `use.py` reads. It loads the expert it needs; to keep several, peft has "
        "`model.load_adapter(folder, name)` and `model.set_adapter(name)`.",
        made_with(system.run.manifest(STAGES[-1]).get("versions", {}), *PACKAGES),
    ]
    for model, name in ((system.base, "BASE"), (system.encoder, "ENCODER")):
        if model.kind == "folder":
            said.append(
                f"`{model.name}` is not part of this folder: put its full path into the variable `SILVERSIGHT_{name}`."
            )
    if system.base.kind == "embedded":
        said.append("The adapters' cards name the base by its place in the project's repository; here it is `base`.")
    return said


def _experts(system):
    routed = system.run.table(ROUTED)
    counts = {} if routed is None else routed["expert"].value_counts().to_dict()
    lines = []
    for name in system.router.names:
        account, _ = system.run.account(name)
        sent = "not recorded" if routed is None else f"{counts.get(name, 0):,}"
        lines.append((f"[{name}](adapters/{name}/README.md)", f"{account['rows']:,}", sent))
    return as_table(("expert", "rows trained on", "questions of the evaluation it was sent"), lines)


def _scores(system, tables):
    """The mean of each benchmark, for all models that were judged."""
    read = {title: store.read_table(tables[file]).set_index("model")
            for title, file in BENCHMARKS.items() if file in tables}  # fmt: skip
    if not read:
        return []
    models = dict.fromkeys(model for table in read.values() for model in table.index)
    lines = [(model, *(_mean(table, model) for table in read.values())) for model in models]
    said = "Mean over the tasks in percent; in brackets 95 %, a bootstrap over the questions. All of it is in `tables`."
    generated = "Rows and questions are generated: these are no scores on the published benchmarks."
    return [said, as_table(("model", *read), lines), *([generated] if _generated(system) else [])]


def _mean(table, model):
    if model not in table.index or pd.isna(table.at[model, "AVG"]):
        return "–"
    value, low, high = (table.at[model, f"AVG{end}"] for end in ("", "_lo", "_hi"))
    return f"{value:.1f} ({low:.1f} – {high:.1f})"


def _generated(system):
    """Whether the run's rows, and with them its questions, are the project's own."""
    return any(licence == OURS for _, licence in system.parts)


def _terms(system):
    """What all parts are made of: experts of their rows, centroids and a fitted encoder of all rows of the run."""
    lines = []
    for part, (count, _) in system.parts.items():
        learnt = sum(parts.get(part, (0, ()))[0] for parts in system.learnt.values())
        lines.append((f"`{part[0]}`", f"{learnt:,}", f"{count:,}", part[1].name, part[1].commercial))
    behind = "router and encoder" if system.encoder.kind == "embedded" else "router"
    said = [
        f"The experts were trained on some rows of the run; all rows are behind the {behind}.",
        as_table(("source", "rows of the experts", "rows of the run", "licence", "commercial use"), lines),
    ]
    if _generated(system):
        said.append("Generated rows imitate the published source named beside them and are no rows of it.")
    covered = "`use.py` and `base`" if system.base.kind == "embedded" else "`use.py`"
    return [
        *said,
        *about_terms(system.parts, system.base),
        f"`LICENSE` is the licence of the project's code; of this folder it covers {covered}.",
    ]


def _files(digests):
    return [
        "`sha256sum -c SHA256SUMS` checks them all, this page too.",
        as_table(("file", "SHA-256"), [(f"`{file}`", f"`{digest}`") for file, digest in digests.items()]),
    ]
