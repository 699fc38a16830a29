"""lm-evaluation-harness itself, by the command that we print: answer for answer what the run's own models say.

It is no part of the locked environment: ``make test-harness`` installs it beside that and runs this file.
"""

import importlib.util
import json
import os
import re
import shlex
import subprocess
import sys

import numpy as np
import pytest
import tiny_model
import trained_run
from trained_run import edit, folder_of

from assl_utils import store
from assl_utils.evaluation import exam_modes, tables
from assl_utils.evaluation.tables import TABLE1, TABLE2
from assl_utils.experts import adapters, generation, models
from assl_utils.share import harness
from assl_utils.sources import collect
from assl_utils.tasks import wordings

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("lm_eval") is None, reason="lm-evaluation-harness is not installed: make test-harness"
)
LONGEST, EACH = 24, 3  # tokens of an answer, questions of a task
GROUPS = ("cfleb", "fineval", "fineval_likelihood")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny model with room for a whole question: of a longer one we drop the end, the harness the beginning."""
    folder = tiny_model.save(tmp_path_factory.mktemp("a model") / "base")
    edit(folder / "config.json", lambda config: config.update(max_position_embeddings=8192))
    return folder


@pytest.fixture(scope="module")
def run(base, tmp_path_factory):
    """A run with adapters and a few questions of each task, in a folder with a blank."""
    run = trained_run.build(tmp_path_factory.mktemp("a repository") / "runs" / "toy", base)
    rows = collect.embedded(0.001, 1, per_subject=1).evaluation
    few = rows[rows.groupby(["task", "group"]).cumcount() < EACH]
    store.write_table(
        wordings.evaluation_instructions(few, 0).reset_index(drop=True), run / "01_data_collection" / "eval.parquet"
    )
    store.write_json({"parameters": {"max_new_tokens": LONGEST}}, run / "08_evaluation" / "manifest.json")
    return run


@pytest.fixture(scope="module", params=[None, "mix"], ids=["base", "adapter"])
def asked(request, run, base, tmp_path_factory):
    """Who answers in the run (a model, a tokenizer, an adapter's name), and what the printed command left."""
    out = tmp_path_factory.mktemp("answers")
    harness.export(run)
    program, *words = shlex.split(harness.command(run, run / "harness", GROUPS, request.param))
    assert program == "lm_eval"
    more = ["--device", "cpu", "--batch_size", "4", "--log_samples", "--output_path", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", program, *words, *more], env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True,
        encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    [results] = out.rglob("results_*.json")
    samples = {
        re.match(r"samples_(.*)_\d{4}-", file.name)[1]: [json.loads(line) for line in file.open(encoding="utf-8")]
        for file in out.rglob("samples_*.jsonl")
    }
    model, tokenizer = models.load(base, device="cpu")
    with adapters.adapters(model, {"mix": folder_of(run, "mix")}) as (loaded, full):
        yield (loaded, tokenizer, full.get(request.param)), store.read_json(results)["results"], samples


def of_kind(named, likelihood):
    return {name: own for name, own in named.items() if name.endswith("_likelihood") == likelihood}


def rows_of(run, samples):
    """The run's questions in the order of the harness's samples, and their prompts."""
    order = [sample["doc"]["id"] for own in samples.values() for sample in own]
    rows = store.read_table(run / "01_data_collection" / "eval.parquet").set_index("id").loc[order].reset_index()
    return rows, wordings.prompts(rows)


def test_each_task_is_asked_with_the_prompt_of_the_run(run, asked):
    _, _, samples = asked
    written = of_kind(samples, False)
    assert set(written) == {*(f"cfleb_{t.lower()}" for t in TABLE1), *(f"fineval_{g.lower()}" for g in TABLE2)}
    assert {len(own) for own in written.values()} == {EACH}
    _, prompts = rows_of(run, written)
    given = [sample["arguments"]["gen_args_0"]["arg_0"] for own in written.values() for sample in own]
    assert given == [f"<|im_start|>user\n{prompt}<|im_end|>\n<|im_start|>assistant\n" for prompt in prompts]


def test_every_answer_and_every_score_is_that_of_the_run(run, asked):
    (model, tokenizer, name), scores, samples = asked
    written = of_kind(samples, False)
    rows, prompts = rows_of(run, written)
    found = generation.answer(model, tokenizer, prompts, adapters=name, max_new_tokens=LONGEST)
    expected = found["answer"].tolist()
    said = [sample["resps"][0][0].strip() for own in written.values() for sample in own]
    assert said == expected and len(set(said)) > 10
    if name:  # it was trained to end, and not all at the same length: without the end a batch would go on
        assert 1 < found["answer_tokens"].nunique() and found["answer_tokens"].min() < LONGEST
        raw = generation.generate(model, tokenizer, prompts, max_new_tokens=LONGEST)
        assert sum(one != other for one, other in zip(said, raw, strict=True)) > len(raw) / 2, "the adapter answered"
    assert worst(tables.score(tables.judge("m", rows, expected)), scores, "score", "unparsed") <= 1e-12


def test_the_likeliest_letter_and_its_score_are_those_of_the_run(run, asked):
    (model, tokenizer, name), scores, samples = asked
    likely = of_kind(samples, True)
    rows, prompts = rows_of(run, likely)
    letters = exam_modes.by_likelihood(model, tokenizer, prompts, name)
    options = [[float(r[0][0]) for r in sample["resps"]] for own in likely.values() for sample in own]
    assert ["ABCD"[i] for i in np.argmax(options, axis=1)] == letters and len(set(letters)) > 1
    assert worst(tables.score(tables.judge("m", rows, letters)), scores, "score", end="_likelihood") <= 1e-12


def worst(table, scores, *metrics, end=""):
    """Largest difference between the harness's numbers (0 to 1) and a table's (0 to 100), averages too."""
    off = [0.0]
    for line in table.itertuples():
        name = line.benchmark if line.task == "AVG" else f"{line.benchmark}_{line.task.lower()}"
        off += [abs(scores[f"{name}{end}"][f"{metric},none"] - getattr(line, metric) / 100) for metric in metrics]
    assert len(off) > 2
    return max(off)
