"""A run's questions as tasks of lm-evaluation-harness, so that others can put them to their models.

``python -m assl_utils.share.harness RUN_DIR`` writes a folder: questions (JSONL) and tasks (YAML), groups of them, and
beside them ``utils.py``, which reads and scores answers with the modules of this package that it needs; these lie in
the folder too, so that ``pip install -r requirements.txt`` there is all it takes. The prompts are the run's own, word
for word, and the scores those of the tables, from 0 to 1. `command` gives the line that asks the run's own model.
"""

import argparse
import json
import os
import shlex
import shutil
import sys
from pathlib import Path

import yaml

from assl_utils import pretrained, store
from assl_utils.errors import DataError
from assl_utils.evaluation.metrics import SETS
from assl_utils.evaluation.tables import METRICS, TABLE1, TABLE2
from assl_utils.experts import models
from assl_utils.hub import snapshots
from assl_utils.runner import state
from assl_utils.tasks import parsing, wordings

FILES = Path(__file__).parents[1] / "data" / "harness"  # what every folder gets as it is
# what ``utils.py`` needs of this package; the rest of it wants a notebook's environment
MODULES = ("evaluation/metrics.py", "evaluation/statistics.py", "tasks/catalog.py", "tasks/parsing.py", "text/rouge.py")
LETTERS = ["A", "B", "C", "D"]
LIKELIHOOD = "_likelihood"
MAX_NEW_TOKENS = 128  # chapter 8's default, for a run in which it has not run


class Function(str):
    """The name of a function beside a YAML file, which is written there as ``!function utils.name``."""


class _Dumper(yaml.SafeDumper):
    """SafeDumper that knows `Function`."""


_Dumper.add_representer(Function, lambda dumper, name: dumper.represent_scalar("!function", str(name)))


def export(run_dir, out=None):
    """Write the tasks of a run's evaluation questions.

    Parameters
    ----------
    run_dir : path
        The run's folder, absolute or relative to the repository.
    out : path, optional
        The folder to write; ``harness`` in the run's folder if left out. Inside the repository only ``runs/`` is
        allowed, for the questions are others' data.

    Returns
    -------
    dict
        Name of each task file's task or group: what is in the file, the groups last.

    Notes
    -----
    A group has a score of its own where all its parts are there, as the tables have an average. What an earlier export
    left in the folder and this one does not write is removed.
    """
    run = store.root() / run_dir
    out = Path(out) if out else run / "harness"
    _refuse_repository(out)
    questions = _by_task(_read(run / "01_data_collection" / "eval.parquet"))
    longest = _max_new_tokens(run)
    found = {name: _generation(name, rows[0], longest) for name, rows in questions.items()}
    found |= {
        f"{name}{LIKELIHOOD}": _likelihood(name, rows[0]) for name, rows in questions.items() if "gold" in rows[0]
    }
    found |= _groups(found)
    for name in _names() - set(found):
        for suffix in (".yaml", ".jsonl"):
            (out / f"{name}{suffix}").unlink(missing_ok=True)
    for name, rows in questions.items():
        with store.atomic_path(out / f"{name}.jsonl") as part:
            part.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    for name, content in found.items():
        with store.atomic_path(out / f"{name}.yaml") as part:
            part.write_text(yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False), encoding="utf-8")
    for file in FILES.glob("*.*"):
        with store.atomic_path(out / file.name) as part:
            shutil.copyfile(file, part)
    for name in MODULES:
        for file in (name, f"{Path(name).parent}/__init__.py", "__init__.py"):
            with store.atomic_path(out / "assl_utils" / file) as part:
                shutil.copyfile(FILES.parents[1] / file, part)
    return found


def command(run_dir, folder, groups, adapter=None):
    """The command line that puts the tasks to the run's own base model, or to one of its adapters.

    Parameters
    ----------
    run_dir : path
    folder : path
        Where the tasks are.
    groups : sequence of str
        Which of them.
    adapter : str, optional
        An adapter of chapter 6, such as ``"mix"``; without one the base model alone is asked.

    Returns
    -------
    str
        For a shell, places seen from here. Precision and end of an answer are the run's: a model whose
        ``generation_config.json`` names no end would go on in a batch, and in another precision other words win. Of a
        run that has trained nothing the model is ``MODEL``, for whoever reads it to fill in.
    """
    trained = sorted((store.root() / run_dir).glob("06_lora_training/experts/*/training.json"))
    arguments, end = {"pretrained": "MODEL", "dtype": "float32"}, None
    if trained:
        config = store.read_json(trained[0].with_name("adapter_config.json"))
        base = pretrained.referred(config)
        named = snapshots.parse(base)
        arguments = {"pretrained": named.repo if named else os.path.relpath(base)}
        arguments |= {"revision": named.revision} if named and named.revision else {}
        arguments["dtype"] = store.read_json(trained[0])["dtype"].removeprefix("torch.")
        end = models.end_of_answer(pretrained.load_tokenizer(base))
        if adapter:
            arguments["peft"] = os.path.relpath(trained[0].parents[1] / adapter)
    words = ["lm_eval", "run", "--model", "hf", "--model_args", ",".join(f"{k}={v}" for k, v in arguments.items())]
    words += ["--include_path", os.path.relpath(folder), "--tasks", *groups, "--apply_chat_template"]
    return shlex.join(words + ([] if end is None else ["--gen_kwargs", f"eos_token_id={end}"]))


def _refuse_repository(out):
    root, out = store.root().resolve(), out.resolve()
    if out.is_relative_to(root) and not out.is_relative_to(root / "runs"):
        raise DataError(f"{out} is inside the repository, where no data of others may lie; choose a folder below runs/")


def _read(path):
    if not path.is_file():
        raise DataError("there is no such file: run chapter 1 first (make 01)", path)
    return store.read_table(path)


def _max_new_tokens(run):
    """The longest answer that chapter 8 of the run allowed."""
    manifest = state.read_manifest(run / "08_evaluation" / state.MANIFEST, ("parameters",)) or {"parameters": {}}
    return manifest["parameters"].get("max_new_tokens", MAX_NEW_TOKENS)


def _names():
    """Every task and group that can be."""
    exams = [_name("exam", group) for group in TABLE2]
    return {*(_name(task, "") for task in TABLE1), *exams, *(exam + LIKELIHOOD for exam in exams)} | {
        "cfleb", "fineval", f"fineval{LIKELIHOOD}",
    }  # fmt: skip


def _name(task, group):
    return f"fineval_{group.lower()}" if task == "exam" else f"cfleb_{task.lower()}"


def _by_task(questions):
    """The harness's rows of each task, the tasks in the order of the tables."""
    found = {_name(task, group): [] for task, group in [*((t, "") for t in TABLE1), *(("exam", g) for g in TABLE2)]}
    for row in questions.itertuples():
        name = _name(row.task, row.group)
        if name not in found:
            raise DataError(f"{row.id}: there is no column for task {row.task!r}, group {row.group!r} in the tables")
        about = {"id": row.id, "task": row.task, "prompt": wordings.prompt(row.instruction, row.input)}
        about |= {"reference": row.reference, "subject": row.subject, "group": row.group}
        if row.task == "exam":
            letter, _ = parsing.parse("exam", row.reference)
            if letter not in LETTERS:
                raise DataError(f"{row.id}: the reference {row.reference!r} is not one of {', '.join(LETTERS)}")
            about["gold"] = LETTERS.index(letter)
        found[name].append(about)
    return {name: rows for name, rows in found.items() if rows}


def _common(name, file, first):
    return {
        "task": name,
        "custom_dataset": Function("utils.load"),
        "dataset_kwargs": {"file": f"{file}.jsonl"},
        "test_split": "test",
        "doc_to_text": "prompt",
        "metadata": {"version": 1.0, "metric": METRICS[first["group"] if first["task"] == "exam" else first["task"]]},
    }


def _generation(name, first, max_new_tokens):
    micro = Function("utils.micro_f1") if first["task"] in SETS else "mean"
    return _common(name, name, first) | {
        "output_type": "generate_until",
        "doc_to_target": "reference",
        "process_results": Function("utils.process_results"),
        # nothing but the model's own end ends an answer: lists of entities have lines
        "generation_kwargs": {"until": [], "do_sample": False, "temperature": 0.0, "max_gen_toks": max_new_tokens},
        "metric_list": [
            {"metric": "score", "aggregation": micro, "higher_is_better": True},
            {"metric": "unparsed", "aggregation": "mean", "higher_is_better": False},
        ],
    }


def _likelihood(name, first):
    return _common(f"{name}{LIKELIHOOD}", name, first) | {
        "output_type": "multiple_choice",
        "doc_to_choice": LETTERS,
        "doc_to_target": "gold",
        "target_delimiter": "",
        "process_results": Function("utils.process_likelihoods"),
        "metric_list": [{"metric": "score", "aggregation": "mean", "higher_is_better": True}],
    }


def _groups(found):
    """CFLEB's average is a mean of scores, FinEval's an accuracy over questions; unread answers are counted by item."""
    out = {}
    for group, size in (("cfleb", len(TABLE1)), ("fineval", len(TABLE2)), (f"fineval{LIKELIHOOD}", len(TABLE2))):
        kind = LIKELIHOOD if group.endswith(LIKELIHOOD) else ""
        start = group.removesuffix(LIKELIHOOD) + "_"
        tasks = [name for name in found if name.startswith(start) and name.endswith(LIKELIHOOD) == bool(kind)]
        if not tasks:
            continue
        out[group] = {"group": group, "task": tasks, "metadata": {"version": 1.0}}
        if len(tasks) == size:
            weighed = [("score", group != "cfleb")] + [("unparsed", True)] * (not kind)
            out[group]["aggregate_metric_list"] = [
                {"metric": metric, "aggregation": "mean", "weight_by_size": by_size} for metric, by_size in weighed
            ]
    return out


def main(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.share.harness", description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", metavar="RUN_DIR", help="the run's folder, such as runs/cpu")
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="where the files go; default RUN_DIR/harness")
    given = parser.parse_args(arguments)
    try:
        found = export(given.run_dir, given.out)
    except (DataError, OSError) as error:
        print(f"harness: {error}", file=sys.stderr)
        return 1
    folder = given.out or store.root() / given.run_dir / "harness"
    groups = [name for name, content in found.items() if "group" in content]
    print(f"written: {os.path.relpath(folder)}, {len(found) - len(groups)} tasks in {len(groups)} groups")
    print(f"to install: pip install -r {shlex.quote(os.path.join(os.path.relpath(folder), 'requirements.txt'))}")
    print(f"the base model's row of the tables: {command(given.run_dir, folder, groups)}")
    if (store.root() / given.run_dir / "06_lora_training" / "experts" / "mix").is_dir():
        print(f"the row of mix: {command(given.run_dir, folder, groups, 'mix')}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
