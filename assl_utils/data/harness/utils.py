"""Answers read and scored as assl_utils.evaluation.tables does it; the YAML files here name these functions."""

import importlib.util
import json
import sys
from pathlib import Path

if importlib.util.find_spec("assl_utils") is None:
    sys.path.append(str(Path(__file__).parent))  # the modules that are needed lie here

from assl_utils.evaluation import metrics
from assl_utils.evaluation.statistics import ratio
from assl_utils.tasks import parsing

LETTERS = "ABCD"


def load(file, **_):
    """The questions of a JSONL file beside this one; the harness passes the task's ``metadata``, too."""
    from datasets import Dataset  # the harness brings it

    with Path(__file__).with_name(file).open(encoding="utf-8") as lines:
        return {"test": Dataset.from_list([json.loads(line) for line in lines])}


def process_results(doc, results):
    """The score of a written answer, and whether it could be read."""
    parsed, read = parsing.parse(doc["task"], results[0])
    return {"score": _score(doc, parsed), "unparsed": float(not read)}


def process_likelihoods(doc, results):
    """The score of the likeliest letter, of equals the first; a result is a log-likelihood and whether it is greedy."""
    likelihoods = [float(value) for value, _ in results]
    return {"score": _score(doc, LETTERS[likelihoods.index(max(likelihoods))])}


def micro_f1(items):
    """Micro-F1 of a task from its items' pairs."""
    hits, total = (sum(part) for part in zip(*items, strict=True))
    return float(ratio(hits, total))


def _score(doc, parsed):
    """A number between 0 and 1; of a set the pair (2 tp, 2 tp + fp + fn), for micro-F1 is no mean of items."""
    task, reference = doc["task"], doc["reference"]
    if task in metrics.SETS:
        hits, false, missed = metrics.set_counts(task, [parsed], [reference])[0].tolist()
        return [2 * hits, 2 * hits + false + missed]
    return float(metrics.item_scores(task, [parsed], [reference])[0])
