"""A study's record holds its numbers and none of its texts, and says how the run is made again."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from answered import evaluation_rows, noisy

from assl_utils import store
from assl_utils.evaluation import tables
from assl_utils.runner import pipeline
from assl_utils.study import choice_names, record, recorded

STAGES = [
    "01_data_collection", "02_instruction_expansion", "03_semantic_clustering", "04_adbscan", "05_scoring_mmr",
    "06_lora_training", "07_routing", "08_evaluation",
]  # fmt: skip
SECRET = "某公司的净利润"  # a source's text: nothing of it may get into a record


@pytest.fixture
def root(tmp_path):
    """A repository with the real declaration of stages and one finished run."""
    (tmp_path / "notebooks").mkdir()
    shutil.copy(store.root() / "notebooks" / "stages.yaml", tmp_path / "notebooks")
    run = tmp_path / "runs" / "small_cpu-paper-s1-random"
    ids = [f"fe-{i}" for i in range(12)]
    rows = pd.DataFrame({"id": ids, "source": ["fe"] * 8 + ["nl"] * 4, "task": "sentiment", "input": SECRET})
    rows["subtask"] = ["sentiment"] * 9 + ["qa"] * 3
    clusters = pd.DataFrame({"id": ids, "cluster": [0] * 6 + [1] * 6})
    questions = evaluation_rows(3)
    models = [noisy(name, questions, right, seed) for seed, (name, right) in enumerate([("base", 0.2), ("mix", 0.7)])]
    predictions = pd.concat(models, ignore_index=True).assign(answer=SECRET)
    curve = pd.DataFrame({"step": range(1, 251), "epoch": 1.0, "loss": np.linspace(3, 1, 250), "lr": 1e-4})
    tables = {
        "02_instruction_expansion/rows.parquet": rows,
        "04_adbscan/chosen.parquet": clusters.assign(chosen=[i % 3 == 0 for i in range(12)]),
        "05_scoring_mmr/selected.parquet": clusters[::2],
        "05_scoring_mmr/scores.parquet": clusters[:9].assign(score=[-1.0] * 8 + [0.5]),
        "06_lora_training/losses.csv": pd.concat([curve.assign(expert=e) for e in ("all-data", "lora-0")]),
        "07_routing/routing.parquet": questions[["id", "task"]].assign(
            expert="lora-0", distance=0.5, margin=0.1, text=SECRET
        ),
        "08_evaluation/predictions.parquet": predictions,
        "08_evaluation/known.parquet": questions[["id"]].assign(known=[i % 2 == 0 for i in range(len(questions))]),
    }
    for name, table in tables.items():
        store.write_table(table, run / name)
    store.write_json({"summary": "data: local"}, run / store.DATA_NOTE)
    training = {"recipe": {"base": "abc"}, "dtype": "torch.bfloat16"}
    store.write_json(training, run / "06_lora_training/experts/lora-0/training.json")
    for step in pipeline.load(tmp_path).steps:
        parameters = {"base_model": "/models/lm", "encoder": "/models/e5", "n_selected": 8, "epochs": 2}
        given = {"base_model": "SET", "encoder": "SET", "epochs": "profile small_cpu", "protocol": "PROTOCOL"}
        if step.name == "05_scoring_mmr":
            given, parameters = given | {"n_selected": "SET"}, parameters | {"n_selected": 9}
        store.write_json(
            {"run": RUN.split("/")[-1], "profile": "small_cpu", "finished": "2026-11-22T10:00:00+00:00",
             "hardware": {"cores": 2, "cpu": "EPYC", "gpus": []}, "seconds": 1.5,
             "versions": {"torch": "2.13.0"}, "peak_bytes": 10, "parameters": parameters, "given": given},
            run / step.name / "manifest.json",
        )  # fmt: skip
        for name in step.publish:
            (run / step.name / name).write_text("model,AVG\nbase,1\n")
    for name in record.COPIED:
        (run / name).write_text("work,seconds\nall,1\n")
    return tmp_path


RUN = "runs/small_cpu-paper-s1-random"


def test_scores_follow_from_the_record_and_no_text_is_in_it(root):
    folder = record.record(root, RUN, say=lambda line: None)
    assert folder == root / "book/recorded/small_cpu-paper-s1-random"
    items = store.read_table(folder / "items.parquet")
    predictions = store.read_table(root / RUN / "08_evaluation/predictions.parquet")
    pd.testing.assert_frame_equal(
        tables.table1(items, 50), tables.table1(tables.counted(predictions), 50), check_categorical=False
    )
    known = store.read_table(root / RUN / "08_evaluation/known.parquet").set_index("id")["known"]
    assert (items["known"].to_numpy() == known[items["id"]].to_numpy()).all() and items["known"].nunique() == 2
    held = b"".join(path.read_bytes() for path in folder.iterdir())
    assert SECRET.encode() not in held and b"/models" not in held
    texts = [store.read_table(path).astype(str) for path in folder.iterdir() if path.suffix in (".csv", ".parquet")]
    assert not any(table.apply(lambda column: column.str.contains(SECRET)).any(axis=None) for table in texts)


def test_the_record_says_how_the_run_is_made_again_and_what_was_chosen(root):
    folder = record.record(root, RUN, say=lambda line: None)
    facts = json.loads((folder / "record.json").read_text())
    assert facts["command"] == (
        'make 08 PROFILE=small_cpu PROTOCOL=paper SEED=1 TRIAL=random SET="base_model=lm encoder=e5 n_selected=9"'
    )
    assert facts["base"] == {"name": "lm", "content": "abc", "dtype": "torch.bfloat16"} and facts["encoder"] == "e5"
    assert facts["rows"]["collected"] == 12 and facts["rows"]["by_source"] == {"fe": 8, "nl": 4}
    assert {c: part["rows"] for c, part in facts["chosen"]["stage 2"].items()} == {"0": 3, "1": 3}
    assert facts["chosen"]["stage 1"]["0"]["ids"] == record.ids_hash(["fe-3", "fe-0"])
    assert list(facts["costs"]) == STAGES
    by = recorded.Study(folder).by_subtask()
    assert by.loc["sentiment", ["rows", "stage 1", "stage 2"]].tolist() == [9, 3, 5]
    assert by.loc["qa", ["rows", "stage 1", "stage 2"]].tolist() == [3, 1, 1] and pd.isna(by.at["qa", "score"])
    assert by.at["sentiment", "score"] == round(-7.5 / 9, 4)


@pytest.mark.parametrize(("run", "wanted"), [
    ("small_cpu", "make 08 PROFILE=small_cpu"), ("small_cpu-random", "make 08 PROFILE=small_cpu TRIAL=random"),
    ("small_cpu-clean-s2", "make 08 PROFILE=small_cpu PROTOCOL=clean SEED=2"),
])  # fmt: skip
def test_a_runs_name_says_its_protocol_seed_and_trial(run, wanted):
    assert record.command("small_cpu", run, {}) == wanted


def test_a_value_of_one_chapter_is_named_with_it_where_chapters_differ():
    manifests = {"04_a": {"given": {"k": "SET"}, "parameters": {"k": 5}},
                 "05_b": {"given": {"k": "SET"}, "parameters": {"k": 9}}}  # fmt: skip
    assert record.command("cpu", "cpu", manifests) == 'make 08 PROFILE=cpu SET="04.k=5 05.k=9"'


def test_a_curve_is_thinned_to_means_of_neighbouring_steps():
    losses = pd.DataFrame({"expert": "a", "step": range(1, 8), "loss": [3.0, 1, 2, 2, 1, 0, 5], "lr": 1.0})
    assert record.thinned(losses, 3)[["step", "loss"]].to_numpy().tolist() == [[3, 2], [6, 1], [7, 5]]
    assert record.thinned(losses, 7)["loss"].tolist() == losses["loss"].tolist()


def test_half_a_run_is_not_recorded_and_an_earlier_record_stays(root, capsys, monkeypatch):
    folder = record.record(root, RUN, say=lambda line: None)
    before = (folder / "record.json").read_bytes()
    (root / RUN / "08_evaluation/manifest.json").unlink()
    with pytest.raises(FileNotFoundError, match="08_evaluation has not run to the end"):
        record.record(root, RUN)
    monkeypatch.setattr(store, "root", lambda: root)
    assert record.main([RUN]) == 1 and "is not recorded" in capsys.readouterr().err
    assert (folder / "record.json").read_bytes() == before


def test_studies_are_read_with_their_trials_and_compared_on_the_same_questions(root):
    usual = record.record(root, RUN, say=lambda line: None)
    base = usual.rename(usual.with_name("small_cpu"))
    shutil.copytree(base, base.with_name("small_cpu-other"))
    shutil.copytree(base, base.with_name("small_cputer"))
    found = recorded.studies(root / record.FOLDER, "small_cpu")
    assert list(found) == ["small_cpu", "small_cpu-other"]
    study, trial = found.values()
    assert study.hours == pytest.approx(8 * 1.5 / 3600) and study.about["encoder"] == "e5"
    both = recorded.together({"mix": (study, "mix"), "mix again": (trial, "mix")})
    gap = tables.compare(both, "mix", "mix again", 20)
    assert (gap["diff"] == 0).all() and len(both) == 2 * (study.items["model"] == "mix").sum()
    beside = recorded.beside(found, "mix", 20)
    assert beside["study"].tolist() == ["small_cpu-other"] and beside["here"].equals(beside["there"])
    assert beside.at[0, "lo"] == beside.at[0, "hi"] == 0 and "not distinguishable" in beside.at[0, "sentence"]
    assert recorded.beside(found, "lora-7").empty  # nobody else has that model
    with pytest.raises(ValueError, match="small_cpu has no model lora-7"):
        recorded.together({"x": (study, "lora-7")})
    with pytest.raises(FileNotFoundError, match="no record of paper"):
        recorded.studies(root / record.FOLDER, "paper")


def test_a_trials_gap_is_that_of_the_scores_and_other_questions_are_not_compared(root):
    usual = record.record(root, RUN, say=lambda line: None)
    usual = usual.rename(usual.with_name("small_cpu"))
    items = store.read_table(usual / "items.parquet")
    for name, change in {
        "small_cpu-better": lambda t: t.assign(numerator=t["denominator"]),
        "small_cpu-shorter": lambda t: t[t["id"] != t["id"].iloc[0]],
    }.items():
        other = shutil.copytree(usual, usual.with_name(name))
        store.write_table(change(items), other / "items.parquet")
    beside = recorded.beside(recorded.studies(root / record.FOLDER, "small_cpu"), "mix", 200).set_index("study")
    assert list(beside.index) == ["small_cpu-better"]
    row, score = beside.loc["small_cpu-better"], tables.score(items).query("model == 'mix' and task == 'AVG'")
    assert row["there"] == pytest.approx(100) and row["here"] == pytest.approx(score["score"].iloc[0])
    assert row["diff"] == pytest.approx(row["here"] - 100) and row["hi"] < 0
    assert "small_cpu is below small_cpu-better" in row["sentence"]


def test_a_study_says_where_and_with_what_it_was_made(root):
    folder = record.record(root, RUN, say=lambda line: None)
    facts = recorded.Study(folder).facts()
    assert facts["machine"] == "2 cores (EPYC), no GPU" and facts["finished"] == "2026-11-22"
    assert facts["rows"] == "12 collected, 6 selected" and facts["base model"] == "lm, bfloat16"
    assert facts["versions"] == "torch 2.13.0"
    assert facts["command"].startswith("make 08 PROFILE=small_cpu PROTOCOL=paper")


def test_models_that_were_asked_other_questions_are_not_compared(root):
    folder = record.record(root, RUN, say=lambda line: None)
    items = store.read_table(folder / "items.parquet")
    other = shutil.copytree(folder, folder.with_name("other"))
    store.write_table(items[items["id"] != items["id"].iloc[0]], other / "items.parquet")
    with pytest.raises(ValueError, match="'b' was asked other questions than 'a'"):
        recorded.together({"a": (recorded.Study(folder), "mix"), "b": (recorded.Study(other), "mix")})
    who = {"random": (recorded.Study(folder), "mix"), "random, clean-s1": (recorded.Study(other), "mix")}
    with pytest.raises(ValueError, match="'random' was asked other questions than 'random, clean-s1'"):
        recorded.paired_differences(who, [("random, clean-s1", "random")])


@pytest.mark.parametrize("former", [True, False])
def test_choices_are_read_in_the_order_of_their_making_and_compared_with_the_whole_study(root, former):
    """Recorded today, or under the former names of the folder, the file, the keys and the choices."""
    usual = record.record(root, RUN, say=lambda line: None)
    usual = usual.rename(usual.with_name("small_cpu"))
    items = store.read_table(usual / "items.parquet")
    mine = items[items["model"] == "mix"]
    place, random, even = ("cells", "lot", "even") if former else ("row_choices", "random", "random_even")
    for run, choice, finished, change in (
        ("small_cpu", random, 3, lambda t: t),
        ("small_cpu", even, 2, lambda t: t.assign(numerator=t["denominator"])),
        ("small_cpu-paper-s0", "chosen", 1, lambda t: t),
    ):
        folder = usual.parent / place / f"{run}-{choice}"
        store.write_table(change(mine).assign(model=choice), folder / "items.parquet")
        about = {"run": run, "what": "in former words", "rows": 6, "steps": 9, "finished": f"{finished}"}
        about |= {"cell": choice, "dearer": 2.5} if former else {"choice": choice, "cost_factor": 2.5}
        store.write_json(about, folder / ("cell.json" if former else "choice.json"))
    picks = pd.DataFrame({"choice": ["random"], "subtask": ["qa"], "rows": [3], "in_common": [1]})
    kept = picks.assign(choice="lot").rename(columns={"choice": "cell"}) if former else picks
    store.write_table(kept, usual.parent / place / "small_cpu.csv")
    assert recorded.counts(usual.parent, "small_cpu").equals(picks)
    found = recorded.row_choices(root / record.FOLDER, "small_cpu")
    assert list(found) == ["random_even", "random"] and list(recorded.row_choices(root / record.FOLDER, "other")) == []
    assert list(recorded.row_choices(root / record.FOLDER, "small_cpu-paper-s0")) == ["chosen"]
    assert list(recorded.studies(root / record.FOLDER, "small_cpu")) == ["small_cpu"], "a choice is no study"
    who = recorded.respondents(root / record.FOLDER, "small_cpu")
    assert list(who)[:3] == ["random_even", "random", "chosen, paper-s0"] and set(who) >= {*items["model"]}
    table = recorded.compare_with(who, found, ["mix", "base"], 100).set_index("choice")
    score = tables.score(items).query("task == 'AVG' and benchmark == 'cfleb'").set_index("model")["score"]
    assert table.at["random", "mean"] == pytest.approx(score["mix"]) and table.at[
        "random_even", "mean"
    ] == pytest.approx(100)
    assert table.loc["random", ["to mix", "to mix lo", "to mix hi"]].tolist() == [0, 0, 0]
    assert (
        table.at["random_even", "to base"] == pytest.approx(100 - score["base"])
        and table.at["random_even", "to base lo"] > 0
    )
    assert (
        table.at["random_even", "what"] == choice_names.CHOICES["random_even"] and table.at["random_even", "rows"] == 6
    )
    gaps = recorded.paired_differences(
        who, [("random_even", "random"), ("random_even", "level"), ("nobody", "random")], 100
    )
    assert set(gaps["task"]) == {*tables.TABLE1, "AVG"} and set(gaps["pair"]) == {"random_even – random"}
    assert gaps["one"].eq(100).all() and np.allclose(gaps["diff"], gaps["one"] - gaps["other"])
    assert gaps.set_index("task").at["AVG", "other"] == pytest.approx(score["mix"])
    assert (gaps["lo"] <= gaps["diff"]).all() and (gaps["diff"] <= gaps["hi"]).all()
    assert recorded.compare_with(who, ["random"], ["nobody", "mix"], 100).loc[
        0, ["to nobody", "to mix"]
    ].isna().tolist() == [
        True,
        False,
    ]
    text = recorded.shown(table.reset_index())
    assert (
        text.at["random_even", "mean"] == "100.0 (100.0–100.0)" and text.at["random", "to mix"] == "+0.0 (+0.0 to +0.0)"
    )
    assert text.columns.tolist() == ["what", "rows", "steps", "mean", "to mix", "to base"]


def test_a_study_without_row_choices_has_empty_tables(root):
    folder = record.record(root, RUN, say=lambda line: None)
    who = recorded.respondents(folder.parent, folder.name)
    assert set(who) == {*recorded.Study(folder).items["model"]}
    assert recorded.row_choices(folder.parent, folder.name) == {}
    assert recorded.counts(folder.parent, folder.name).pivot(index="subtask", columns="choice", values="rows").empty
    table, gaps = recorded.compare_with(who, []), recorded.paired_differences(who, [("random", "mix")])
    assert table.empty and recorded.shown(table).columns.tolist() == [
        "what", "rows", "steps", "mean", "to silversight", "to all-data"
    ]  # fmt: skip
    assert gaps.empty and gaps.columns.tolist() == ["pair", "task", "one", "other", "diff", "lo", "hi"]
    assert gaps[gaps["task"] == "AVG"].round(1).empty


def test_a_star_stands_where_the_interval_leaves_out_zero():
    table = pd.DataFrame(
        {"diff": [3.14, -2.06, 1, 0, -1], "lo": [0.1, -4, -1, 0, np.nan], "hi": [6, -0.1, 3, 0, np.nan]},
        index=list("abcde"),
    )
    assert recorded.mark_significant(table).to_dict() == {
        "a": "+3.1*",
        "b": "-2.1*",
        "c": "+1.0",
        "d": "+0.0",
        "e": "-1.0",
    }
    assert recorded.mark_significant(table[:0]).empty
