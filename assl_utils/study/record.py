"""Keeps what a study found in the repository, small and without a word of its texts.

    python -m assl_utils.study.record runs/small_cpu

``book/recorded/<run>/`` holds ``record.json`` (command, date, device, versions, models and data by hash, what was
chosen by the hash of its ids, costs), the tables that `make publish` keeps, the costs and loss curves of training, the
routing, and ``items.parquet``: per question and model what every score is computed from
(:func:`assl_utils.evaluation.tables.counted`). The chapter on the real study is computed from these files alone.
"""

import argparse
import hashlib
import json
import shutil
import sys
from pathlib import Path

import pandas as pd

from assl_utils import pretrained, shapes, store
from assl_utils.evaluation import tables
from assl_utils.experts.shapes import Training
from assl_utils.runner import pipeline
from assl_utils.study import published

FOLDER = "book/recorded"
COPIED = {  # beside the published tables: a run's file and its name here
    "03_semantic_clustering/sweep.csv": "sweep.csv",
    "05_scoring_mmr/cost.csv": "stage2_cost.csv",
    "06_lora_training/cost.csv": "training_cost.csv",
}
POINTS = 100  # of a loss curve
ROUTED = ["id", "task", "expert", "distance", "margin"]


def record(root, run, say=print):
    """Keep the numbers of the finished run in ``book/recorded``; an earlier record of that name is replaced.

    Parameters
    ----------
    root, run : path
        The repository, and the run's folder from there.

    Returns
    -------
    Path
        The folder written.

    Raises
    ------
    FileNotFoundError
        If a chapter up to the evaluation has not run to its end.
    """
    root, run = Path(root), Path(root, run)
    steps = [step for step in pipeline.load(root).steps if step.name <= "08_evaluation"]
    target = root / FOLDER / run.name
    with published.keeping(steps, run, target, "recorded") as (fresh, manifests):
        for source, name in COPIED.items():
            shutil.copyfile(run / source, fresh / name)
        store.write_table(thinned(store.read_table(run / "06_lora_training/losses.csv")), fresh / "losses.csv")
        routing = store.read_table(run / "07_routing/routing.parquet")
        store.write_table(routing[ROUTED], fresh / "routing.parquet")
        store.write_table(items(run), fresh / "items.parquet")
        store.write_json(account(run, manifests), fresh / "record.json")
    size = sum(path.stat().st_size for path in target.iterdir())
    say(f"recorded: {target.relative_to(root)}, {size / 1e3:.0f} kB")
    return target


def items(run):
    """What the scores of ``run`` are computed from, and whether a question was known from training (``known``)."""
    counts = tables.counted(store.read_table(run / "08_evaluation/predictions.parquet"))
    known = store.read_table(run / "08_evaluation/known.parquet").set_index("id")["known"]
    counts = counts.assign(known=counts["id"].map(known))
    # of few values each, and so a tenth of the size
    return counts.astype(dict.fromkeys(["model", "benchmark", "task", "subject", "group"], "category"))


def thinned(losses, points=POINTS):
    """At most ``points`` places of each expert's curve, each the mean of the steps since the one before."""
    pieces = []
    for expert, curve in losses.groupby("expert", sort=False):
        size = -(-len(curve) // points)
        part = (curve["step"] - 1) // size
        mean = curve.groupby(part)[["loss", "lr"]].mean().round(5)
        pieces.append(mean.assign(expert=expert, step=curve.groupby(part)["step"].max()))
    return pd.concat(pieces, ignore_index=True)[["expert", "step", "loss", "lr"]]


def account(run, manifests):
    """``record.json``: who made what from what, where, when, with which command and at which cost."""
    last = manifests["08_evaluation"]
    rows = store.read_table(run / "02_instruction_expansion/rows.parquet")
    chosen = store.read_table(run / "04_adbscan/chosen.parquet")
    selected = store.read_table(run / "05_scoring_mmr/selected.parquet")
    trained = shapes.read(next((run / "06_lora_training/experts").glob("*/training.json")), Training)
    base = manifests["06_lora_training"]["parameters"]["base_model"]
    return {
        "run": run.name,
        "command": command(last["profile"], run.name, manifests),
        "finished": last["finished"],
        "hardware": last["hardware"],
        "versions": last["versions"],
        "parameters": {
            name: {key: bare(value) for key, value in manifest["parameters"].items()}
            for name, manifest in manifests.items()
        },
        "encoder": bare(manifests["03_semantic_clustering"]["parameters"]["encoder"]),
        "base": {"name": pretrained.label(base), "content": trained["recipe"]["base"], "dtype": trained["dtype"]},
        "data": store.read_json(run / store.DATA_NOTE),
        "rows": {"collected": len(rows), "by_source": rows["source"].value_counts().to_dict(),
                 "by_task": rows["task"].value_counts().to_dict()},
        "chosen": {
            "stage 1": _chosen(chosen[chosen["chosen"]]), "stage 2": _chosen(selected), "clusters": _chosen(chosen),
        },
        "by_subtask": _by_subtask(rows, chosen, selected, store.read_table(run / "05_scoring_mmr/scores.parquet")),
        "costs": published.costs(manifests),
    }  # fmt: skip


def _chosen(rows):
    """Cluster by cluster how many rows, and a hash by which another run can be compared with this one."""
    groups = rows.groupby("cluster")["id"]
    return {str(c): {"rows": len(ids), "ids": ids_hash(ids)} for c, ids in groups}


def _by_subtask(rows, chosen, selected, scores):
    """Sub-task by sub-task: rows, how many each stage chose, and the mean score (12) of those that stage 1 left out."""
    subtask = rows.set_index("id")["subtask"]
    table = pd.DataFrame({
        "rows": subtask.value_counts(),
        "stage 1": chosen.loc[chosen["chosen"], "id"].map(subtask).value_counts(),
        "stage 2": selected["id"].map(subtask).value_counts(),
        "score": scores["score"].groupby(scores["id"].map(subtask)).mean().round(4),
    }).sort_index()  # fmt: skip
    counts = ["rows", "stage 1", "stage 2"]
    table[counts] = table[counts].fillna(0).astype(int)
    return table.astype(object).where(table.notna(), None).to_dict("index")


def ids_hash(ids):
    """sha256 of the ids in order, as one JSON list."""
    return hashlib.sha256(json.dumps(sorted(map(str, ids))).encode()).hexdigest()


def command(profile, run, manifests):
    """The line that makes the run again; of folders only the last name: they are elsewhere on another machine."""
    given = {}
    for name, manifest in manifests.items():
        for key in (key for key, origin in manifest["given"].items() if origin == "SET"):
            given.setdefault((key, bare(manifest["parameters"][key])), []).append(name[:2])
    names = [key for key, _ in given]
    settings = [
        f"{key}={value}" if names.count(key) == 1 else " ".join(f"{stage}.{key}={value}" for stage in stages)
        for (key, value), stages in given.items()
    ]
    which = run.removeprefix(profile).removeprefix("-").split("-")
    extra = []
    if which[:1] in (["clean"], ["paper"]):
        extra += [f"PROTOCOL={which[0]}", f"SEED={which[1].removeprefix('s')}"]
        which = which[2:]
    extra += [f"TRIAL={which[0]}"] if which and which[0] else []
    return " ".join(["make 08", f"PROFILE={profile}", *extra, *([f'SET="{" ".join(settings)}"'] if settings else [])])


def bare(value):
    """A folder's last name; anything else as it is."""
    return Path(value).name if isinstance(value, str) and "/" in value and Path(value).is_absolute() else value


def without_places(about):
    """An account whose values name folders by their last name alone."""
    values = {
        stage: {key: bare(value) for key, value in part.items()} for stage, part in about["identity"]["values"].items()
    }
    return about | {"identity": about["identity"] | {"values": values}}


def main(arguments=None):
    """Record one run."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.study.record", description=__doc__.split("\n")[0])
    parser.add_argument("run", help="the run's folder, runs/<run>")
    options = parser.parse_args(arguments)
    try:
        record(store.root(), options.run)
    except (OSError, ValueError, pipeline.RunnerError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
