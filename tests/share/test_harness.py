"""The tasks of lm-evaluation-harness: they hold the run's prompts and score as the tables do."""

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from assl_utils import pretrained, store
from assl_utils.errors import DataError
from assl_utils.evaluation import tables
from assl_utils.evaluation.tables import TABLE1, TABLE2
from assl_utils.share import harness
from assl_utils.sources import collect
from assl_utils.tasks import wordings

ROOT = Path(__file__).resolve().parents[2]
UNREAD = ["", "？？", "看不出来，。"]


def save(run, questions):
    store.write_table(questions, run / "01_data_collection" / "eval.parquet")
    return run


@pytest.fixture(scope="module")
def questions():
    rows = collect.embedded(0.001, 1, per_subject=1).evaluation
    place = rows.groupby(["task", "group"]).cumcount()
    few = rows[place < rows["task"].map({"NA": 3, "RE": 5}).fillna(9)]  # tasks of unlike size, as the real ones are
    return wordings.evaluation_instructions(few, 0).reset_index(drop=True)


@pytest.fixture(scope="module")
def run(questions, tmp_path_factory):
    return save(tmp_path_factory.mktemp("runs") / "toy", questions)


@pytest.fixture(scope="module")
def folder(run):
    harness.export(run)
    return run / "harness"


def utils(folder):
    spec = importlib.util.spec_from_file_location("harness_utils", folder / "utils.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def read(folder, name):
    """A task's file as the harness reads it: ``!function`` is a function of the module beside it."""

    class Loader(yaml.SafeLoader):
        pass

    def function(loader, node):
        module, name = loader.construct_scalar(node).split(".")
        assert module == "utils"
        return getattr(utils(folder), name)

    Loader.add_constructor("!function", function)
    return yaml.load((folder / f"{name}.yaml").read_text(encoding="utf-8"), Loader)


def docs(folder, name):
    with (folder / read(folder, name)["dataset_kwargs"]["file"]).open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def asked(folder, kind=""):
    """All questions of the tasks that end in ``kind``, in their order: task file's name and question."""
    names = [name for group in ("cfleb", "fineval") if (folder / f"{group}{kind}.yaml").exists()
             for name in read(folder, f"{group}{kind}")["task"]]  # fmt: skip
    return [(name, doc) for name in names for doc in docs(folder, name)]


def test_every_question_is_there_with_the_prompt_of_chapter_8(folder, questions):
    found = pd.DataFrame([doc for _, doc in asked(folder)]).sort_values("id", ignore_index=True)
    expected = questions.sort_values("id", ignore_index=True)
    prompts = [wordings.prompt(i, x) for i, x in zip(expected["instruction"], expected["input"], strict=True)]
    assert found["prompt"].tolist() == prompts
    for column in ("id", "task", "reference", "subject", "group"):
        assert found[column].tolist() == expected[column].tolist()
    exams = found[found["task"] == "exam"]
    assert ["ABCD"[int(gold)] for gold in exams["gold"]] == exams["reference"].tolist()


def test_a_text_with_line_marks_of_every_kind_stays_one_line(tmp_path, questions):
    odd = "甲\n乙\r丙\u2028丁\x0c戊\x85己 “{{ prompt }}” \\ 𠮷"
    run = save(tmp_path, questions.assign(input=odd))
    harness.export(run)
    for _, doc in asked(run / "harness"):
        assert doc["prompt"].endswith("\n" + odd)


def test_task_files_name_functions_that_are_there(folder):
    tasks = [name for name, _ in dict(asked(folder)).items()]
    assert tasks == [*(f"cfleb_{t.lower()}" for t in TABLE1), *(f"fineval_{g.lower()}" for g in TABLE2)]
    for name in tasks:
        task = read(folder, name)
        assert task["task"] == name and task["output_type"] == "generate_until"
        assert (task["doc_to_text"], task["doc_to_target"], task["test_split"]) == ("prompt", "reference", "test")
        assert callable(task["process_results"]) and callable(task["custom_dataset"])
        micro = task["metric_list"][0]["aggregation"]
        assert callable(micro) == (name in ("cfleb_re", "cfleb_nsp2", "cfleb_nl"))
        assert [metric["metric"] for metric in task["metric_list"]] == ["score", "unparsed"]
        assert task["generation_kwargs"] == {
            "until": [], "do_sample": False, "temperature": 0.0, "max_gen_toks": harness.MAX_NEW_TOKENS,
        }  # fmt: skip
    assert read(folder, "cfleb_qa")["metadata"]["metric"] == tables.METRICS["QA"]
    choice = read(folder, "fineval_finance_likelihood")
    assert (choice["output_type"], choice["doc_to_choice"], choice["doc_to_target"], choice["target_delimiter"]) == (
        "multiple_choice", list("ABCD"), "gold", "",
    )  # fmt: skip
    assert docs(folder, "fineval_finance_likelihood") == docs(folder, "fineval_finance")


def harness_scores(folder, kind, results):
    """What the harness makes of one result a question: each item, then each task, then each group."""
    scores, unread, sizes = {}, {}, {}
    for name in dict(asked(folder, kind)):
        task = read(folder, name)
        own = [task["process_results"](doc, [*given]) for (at, doc), given in results if at == name]
        for metric, out in (("score", scores), ("unparsed", unread)):
            if found := [item for item in task["metric_list"] if item["metric"] == metric]:
                values = [item[metric] for item in own]
                how = found[0]["aggregation"]
                out[name] = how(json.loads(json.dumps(values))) if callable(how) else sum(values) / len(values)
        sizes[name] = len(own)
    for group in ("cfleb", "fineval"):
        if not (folder / f"{group}{kind}.yaml").exists():
            continue
        content = read(folder, f"{group}{kind}")
        for metric in content["aggregate_metric_list"]:
            out = scores if metric["metric"] == "score" else unread
            weights = [sizes[name] if metric["weight_by_size"] else 1 for name in content["task"]]
            out[content["group"]] = np.average([out[name] for name in content["task"]], weights=weights)
    return scores, unread


def same_as_tables(scored, table, kind=""):
    """Largest difference between the harness's scores and the tables', both 0 to 1."""
    names = [
        f"{line.benchmark}{kind}" if line.task == "AVG" else f"{line.benchmark}_{line.task.lower()}{kind}"
        for line in table.itertuples()
    ]
    scores, unread = scored
    assert set(scores) == set(names)
    worst = max(abs(scores[name] - score / 100) for name, score in zip(names, table["score"], strict=True))
    if unread:
        worst = max(worst, *(abs(unread[n] - share / 100) for n, share in zip(names, table["unparsed"], strict=True)))
    return worst


@pytest.mark.parametrize("seed", range(5))
def test_scores_are_those_of_the_tables(folder, questions, seed):
    rng = np.random.default_rng(seed)
    rows = questions.set_index("id")
    given = []
    for name, doc in asked(folder):
        others = rows.loc[rows["task"] == doc["task"], "reference"].tolist()
        answer = rng.choice([doc["reference"], *rng.choice(others, 2), rng.choice(UNREAD)])
        given.append(((name, doc), [str(answer)]))
    order = [doc["id"] for (_, doc), _ in given]
    judged = tables.judge("m", rows.loc[order].reset_index(), [answer for _, (answer,) in given])
    table = tables.score(judged)
    assert 0 < judged["correct"].mean() < 1 and judged["parsed"].eq("").any() and len(table) == 13
    assert same_as_tables(harness_scores(folder, "", given), table) <= 1e-12


def test_the_likeliest_letter_is_scored_as_the_answer_it_is(folder, questions):
    rng = np.random.default_rng(0)
    exams = asked(folder, "_likelihood")
    likelihoods = rng.integers(-3, 0, size=(len(exams), 4)).astype(float)  # many ties: the first letter is taken
    given = [(pair, [(value, False) for value in row]) for pair, row in zip(exams, likelihoods, strict=True)]
    rows = questions.set_index("id").loc[[doc["id"] for _, doc in exams]].reset_index()
    letters = ["ABCD"[i] for i in likelihoods.argmax(axis=1)]
    table = tables.score(tables.judge("m", rows, letters))
    assert same_as_tables(harness_scores(folder, "_likelihood", given), table, "_likelihood") <= 1e-12


def test_answers_are_as_long_as_chapter_8_of_the_run_allowed(tmp_path, questions):
    run = save(tmp_path, questions)
    store.write_json({"parameters": {"max_new_tokens": 48}}, run / "08_evaluation" / "manifest.json")
    found = harness.export(run)
    assert found["cfleb_fe"]["generation_kwargs"]["max_gen_toks"] == 48


def test_a_part_has_no_score_of_the_whole_and_leaves_nothing_of_an_earlier_export(tmp_path, questions):
    run, out = save(tmp_path / "run", questions), tmp_path / "out"
    harness.export(run, out)
    (out / "notes.yaml").write_text("mine: true")
    save(run, questions[(questions["task"].isin(["FE", "NL"])) | (questions["group"] == "Finance")])
    found = harness.export(run, out)
    groups = ["cfleb", "fineval", "fineval_likelihood"]
    assert list(found) == ["cfleb_fe", "cfleb_nl", "fineval_finance", "fineval_finance_likelihood", *groups]
    assert not any("aggregate_metric_list" in found[group] for group in groups)
    files = {path.name for path in out.iterdir()}
    data = {"cfleb_fe.jsonl", "cfleb_nl.jsonl", "fineval_finance.jsonl"}
    assert files == data | {f"{name}.yaml" for name in found} | {
        "utils.py", "README.md", "notes.yaml", "requirements.txt", "assl_utils",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("reference", "AB", "fineval-exam-00000: the reference 'AB' is not one of A, B, C, D"),
        ("group", "Law", "fineval-exam-00000: there is no column for task 'exam', group 'Law'"),
        ("task", "FX", "fineval-exam-00000: there is no column for task 'FX'"),
    ],
)
def test_a_question_without_a_place_is_named(tmp_path, questions, column, value, message):
    rows = questions.copy()
    rows.loc[rows["id"] == "fineval-exam-00000", column] = value
    with pytest.raises(DataError, match=message):
        harness.export(save(tmp_path, rows))
    assert not (tmp_path / "harness").exists()


def test_nothing_is_written_into_the_repository_but_below_its_runs(tmp_path, questions, monkeypatch):
    monkeypatch.setenv("ASSL_ROOT", str(tmp_path))
    save(tmp_path / "runs" / "toy", questions)
    for out in (tmp_path / "book" / "tasks", tmp_path, tmp_path / "runs" / ".." / "assl_utils"):
        with pytest.raises(DataError, match="inside the repository"):
            harness.export("runs/toy", out)
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]
    harness.export("runs/toy")
    assert (tmp_path / "runs" / "toy" / "harness" / "cfleb.yaml").is_file()


def test_the_command_says_what_it_wrote_and_what_is_missing(tmp_path, run, capsys):
    assert harness.main([str(run), "--out", str(tmp_path / "tasks")]) == 0
    said = capsys.readouterr().out
    assert "15 tasks in 3 groups" in said and "--tasks cfleb fineval fineval_likelihood" in said
    assert harness.main([str(tmp_path / "none")]) == 1
    assert "eval.parquet: there is no such file: run chapter 1 first" in capsys.readouterr().err


def test_the_command_asks_the_models_of_the_run_as_the_tables_did(run, tmp_path, tiny_folder, monkeypatch):
    plain = harness.command(run, tmp_path / "two words", ["cfleb"])
    assert shlex.split(plain)[:6] == [*"lm_eval run --model hf --model_args pretrained=MODEL,dtype=float32".split()]
    trained = shutil.copytree(run, tmp_path / "a run")
    base = shutil.copytree(tiny_folder, tmp_path / "a base")
    adapter = trained / "06_lora_training" / "experts" / "mix"
    named = pretrained.reference(base)
    assert named["base_model_name_or_path"] == os.path.relpath(base, store.root()) and named["revision"] is None
    store.write_json(named, adapter / "adapter_config.json")
    store.write_json({"dtype": "torch.float32"}, adapter / "training.json")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(harness.command(trained, tmp_path / "two words", ["cfleb", "fineval"], "mix"))
    assert words[5] == "pretrained=a base,dtype=float32,peft=a run/06_lora_training/experts/mix"
    assert words[6:] == [
        "--include_path", "two words", "--tasks", "cfleb", "fineval", "--apply_chat_template", "--gen_kwargs",
        "eos_token_id=2",
    ]  # fmt: skip


def test_the_folder_reads_answers_where_nothing_else_of_this_project_is(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "tasks")
    code = f"""
import importlib.util, sys
sys.meta_path = [f for f in sys.meta_path if "editable" not in getattr(f, "__module__", "").lower()
                 and "editable" not in getattr(f, "__name__", "").lower()]
sys.path = [p for p in sys.path if p and not p.startswith({str(ROOT)!r} + "/assl")]
spec = importlib.util.spec_from_file_location("utils", "utils.py")
utils = importlib.util.module_from_spec(spec)
spec.loader.exec_module(utils)
import assl_utils
print(assl_utils.__file__)
print(utils.process_results({{"task": "FE", "reference": "积极"}}, ["积极"]))
print(sorted({{"IPython", "torch", "papermill"}} & set(sys.modules)))
"""
    bare = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "ASSL_ROOT")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "tasks", env=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    place, score, heavy = done.stdout.splitlines()
    assert place.startswith(str(tmp_path)) and heavy == "[]"
    assert score == str({"score": 1.0, "unparsed": 0.0})
