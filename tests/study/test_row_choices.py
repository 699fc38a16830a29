"""A choice trains on the rows it says, asks the expert that routing names, and is made once."""

import json

import numpy as np
import pandas as pd
import pytest
import toy_run

from assl_utils import pretrained, store
from assl_utils.errors import DataError
from assl_utils.evaluation import tables
from assl_utils.experts import adapters, generation, models, training, training_sets
from assl_utils.runner import params, pipeline
from assl_utils.selection import adbscan, budget
from assl_utils.selection.scores import score_llm
from assl_utils.space import encoder
from assl_utils.study import choice_names, plans, record, row_choices
from assl_utils.tasks import wordings

SIX = {
    "base_model": "", "r": 4, "alpha": 8, "dropout": 0.0, "warmup": 0.1, "epochs": 1, "min_steps": 3, "batch_size": 2,
    "max_length": 64, "quantize": "no", "dtype": "auto", "learning_rate": 1e-2, "seed": 0, "engine": "local",
    "hourly_rate": 0.0,
}  # fmt: skip
FIVE = {"n_selected": 2, "lambda_center": 0.2, "lambda_diversity": 0.2, "lambda_model": 0.6}
SECRET = "投资者情绪"


@pytest.fixture
def run(tiny_folder, tmp_path):
    """Two clusters of four rows; stage 1 took rows 1 and 6, stage 2 added 2 and 7."""
    folder = toy_run.copy(toy_run.build(tiny_folder), tmp_path / "runs" / "toy")
    rows = toy_run.rows().assign(form="")
    store.write_table(rows, folder / "02_instruction_expansion" / "rows.parquet")
    three = folder / "03_semantic_clustering"
    vectors = store.read_array(three / "vectors.npy")
    store.write_array(np.stack([vectors[:4].mean(0), vectors[4:].mean(0)]), three / "centroids.npy")
    store.write_json(encoder.describe(encoder.load_encoder(three / "encoder")), three / "encoder.json")
    clusters = pd.DataFrame({"id": rows["id"], "cluster": [0] * 4 + [1] * 4})
    chosen = clusters.assign(chosen=[i in (1, 6) for i in range(8)])
    store.write_table(chosen, folder / "04_adbscan" / "chosen.parquet")
    scores = clusters[~chosen["chosen"]].assign(score=[0.0, 0.9, 0.1, 0.2, 0.3, 0.8])
    store.write_table(scores, folder / "05_scoring_mmr" / "scores.parquet")
    store.write_table(clusters.iloc[[1, 2, 6, 7]], folder / "05_scoring_mmr" / "selected.parquet")
    tokens = pd.DataFrame({"work": ["first experts", "answers of the raw model", "answers of the first experts"],
                           "rows": [2, 6, 6], "tokens": [100, 150, 130]})  # fmt: skip
    store.write_table(tokens, folder / "05_scoring_mmr" / "tokens.csv")
    questions = evaluation_rows()
    store.write_table(questions, folder / "01_data_collection" / "eval.parquet")
    values = {
        "05_scoring_mmr": FIVE,
        "06_lora_training": SIX | {"base_model": str(tiny_folder)},
        "07_routing": {"encoder": "embedded", "metric": "euclidean"},
        "08_evaluation": {"dtype": "auto", "max_new_tokens": 4, "generation_batch": 4},
    }
    return plans.Run(folder, values)


def evaluation_rows():
    """Two questions of each task, none of which is a training row."""
    found = []
    for task in tables.TABLE1:
        text = {"FE": "这一天股价上涨，投资者很高兴", "NL": "单项选择题A、B，选出"}.get(task, "新的一年里公司会怎样")
        asks = "选择题" if task == "NL" else "判断情感"  # the other cluster's
        gold = {"FE": "积极", "NSP1": "有", "NL": "中国 公司", "RE": "合作"}.get(task, "公司")
        for i in range(2):
            found.append(["cfleb", task, f"{task}-{i}", "sentiment", "", asks, f"{text}{'问' * i}", gold, "", ""])
    columns = ["benchmark", "task", "id", "subtask", "form", "instruction", "input", "reference", "subject", "group"]
    return pd.DataFrame(found, columns=columns)


def by_hand(run, sets, steps, seed=0):
    """What a choice should answer: each adapter trained by a call of its own, each question put to its expert."""
    base = run.values["06_lora_training"]["base_model"]
    folders = {}
    for name, rows in sets.items():
        folders[name] = training.train_lora(
            base, rows, run.folder / "by-hand" / f"{seed}-{name}", r=4, alpha=8, dropout=0.0, lr=1e-2, min_lr=1e-3,
            epochs=1, min_steps=steps, batch_size=2, max_length=64, seed=seed,
        )  # fmt: skip
    who = run.routed() if len(sets) > 1 else list(sets) * len(run.questions)
    model, tokenizer = models.load(base)
    with adapters.adapters(model, folders) as (loaded, full):
        prompts = [wordings.prompt(q.instruction, q.input) for q in run.questions.itertuples()]
        return generation.generate(loaded, tokenizer, prompts, [full[n] for n in who], max_new_tokens=4, batch_size=4)


def answers(folder):
    return store.read_table(folder / "predictions.parquet")["answer"].tolist()


@pytest.mark.parametrize(("choice", "sets", "steps", "seed", "taken"), [
    ("chosen", {"lora-0": [1, 2], "lora-1": [6, 7]}, 3, 0, 6),
    ("again", {"lora-0": [1, 2], "lora-1": [6, 7]}, 3, 1, 6),
    ("mix", {"mix": [1, 2, 6, 7]}, 6, 0, 6),
    ("more_rows", {"lora-0": [1, 2, 3, 0], "lora-1": [6, 7, 5, 4]}, 3, 0, 8),
    ("all_data", {"mix": list(range(8))}, 0, 0, 4),
])  # fmt: skip
def test_a_choice_gives_what_chapters_six_and_eight_give_for_its_rows(run, choice, sets, steps, seed, taken):
    folder = row_choices.make(run, choice, say=lambda line: None)
    wanted = by_hand(run, {name: run.rows.iloc[at] for name, at in sets.items()}, steps, seed)
    assert answers(folder) == wanted
    about = store.read_json(folder / "choice.json")
    assert about["rows"] == sum(map(len, sets.values())) and about["steps"] == taken
    kinds = pd.concat([run.rows.iloc[at]["subtask"] for at in sets.values()])
    assert about["by_subtask"] == kinds.value_counts().sort_index().to_dict()


def test_a_random_sample_at_equal_cost_gets_the_steps_that_choosing_took(run):
    tokenizer, how = pretrained.load_tokenizer(run.values["06_lora_training"]["base_model"]), {"max_length": 64}
    pairs = ([1, 2], [6, 7])
    sets = [
        training_sets.prepare(tokenizer, run.rows.iloc[at], epochs=1, min_steps=3, batch_size=2, **how) for at in pairs
    ]
    spent = sum(sum(one.tokens()) for one in sets)
    factor = 1 + (100 + (150 + 130) / 2) / spent
    assert run.cost_factor() == pytest.approx(factor) and factor > 1.2
    plan = row_choices.ROW_CHOICES["random_at_cost"].plan(run)
    assert plan.steps == round(3 * factor)
    assert plan.rows.groupby("cluster").size().tolist() == [min(4, round(2 * factor))] * 2
    known = plans.Run(run.folder, run.values, 1.4)
    plan = row_choices.ROW_CHOICES["random_at_cost"].plan(known)
    assert plan.steps == 4 and plan.rows.groupby("cluster").size().tolist() == [3, 3]
    about = store.read_json(row_choices.make(known, "random_at_cost", say=lambda line: None) / "choice.json")
    assert (about["cost_factor"], about["steps"], about["rows"]) == (1.4, 8, 6)
    assert (
        store.read_json(row_choices.make(run, "random", say=lambda line: None) / "choice.json")["cost_factor"] is None
    )


def test_what_is_up_to_date_is_left_alone_and_what_changed_is_made_again(run):
    said = []
    folder = row_choices.make(run, "random", say=said.append)
    first = (folder / "choice.json").stat().st_mtime_ns, answers(folder)
    row_choices.make(run, "random", say=said.append)
    assert said[-1] == "random: up to date" and (folder / "choice.json").stat().st_mtime_ns == first[0]
    six = run.values["06_lora_training"]
    costly = plans.Run(run.folder, run.values | {"06_lora_training": six | {"hourly_rate": 3.0, "engine": "dask"}})
    row_choices.make(costly, "random", say=said.append)
    assert said[-1] == "random: up to date", "another engine or another price is no other choice"
    longer = plans.Run(run.folder, run.values | {"06_lora_training": six | {"min_steps": 9}})
    row_choices.make(longer, "random", say=said.append)
    assert said[-1] != "random: up to date" and store.read_json(folder / "choice.json")["steps"] == 18


def test_random_samples_are_as_many_other_rows_and_even_ones_give_every_sub_task_its_turn(run):
    def plan(name):
        return row_choices.ROW_CHOICES[name].plan(run).rows

    assert plan("random").groupby("cluster").size().tolist() == [2, 2]
    assert not plan("random")["position"].equals(plan("random_again")["position"])
    assert set(plan("random_mix")["position"]) == set(plan("random")["position"])
    run.rows["subtask"] = ["a", "a", "a", "b", "c", "d", "d", "d"]
    kinds = run.rows["subtask"].iloc[plan("random_even")["position"]]
    assert sorted(kinds) == ["a", "b", "c", "d"]
    assert len(plan("more_random_even")) == 8, "of a smaller cluster all"


def test_other_scores_fill_stage_two_otherwise_and_counting_trains_nothing(run):
    scores = store.read_table(run.folder / "05_scoring_mmr" / "scores.parquet")
    raw, lora = np.array([0.9, 0.8, 0.1, 0.0, 0.0, 0.9]), np.array([0.3, 0.2, 0.0, 0.0, 0.9, 0.9])
    scores = scores.assign(raw=raw, lora=lora, score=score_llm(raw, lora))  # of rows 0, 2, 3 and 4, 5, 7
    store.write_table(scores, run.folder / "05_scoring_mmr" / "scores.parquet")
    run.values["05_scoring_mmr"] = FIVE | {"lambda_center": 0.0, "lambda_diversity": 0.0, "lambda_model": 1.0}

    def added(name):
        return sorted(set(row_choices.ROW_CHOICES[name].plan(run).rows["position"]) - {1, 6})

    first = [0, 2, 3][np.argmax(score_llm(raw, lora, 100)[:3])]
    assert added("scale_100") == [first, 4] and added("lora_alone") == [3, 4] and added("no_model") == [0, 4]
    table = row_choices.count(run, ["chosen", "lora_alone", "all_data"])
    sizes = table.groupby("choice", sort=False)[["rows", "in_common"]].sum()
    assert sizes["rows"].to_dict() == {"chosen": 4, "lora_alone": 4, "all_data": 8}
    assert sizes["in_common"].to_dict() == {"chosen": 4, "lora_alone": 2, "all_data": 4}
    assert set(table["subtask"]) == {"sentiment", "single_choice"} and not (run.folder / "row_choices").exists()


def test_a_record_holds_no_text_and_scores_follow_from_it(run, tmp_path):
    folder = row_choices.make(run, "chosen", say=lambda line: None)
    kept = row_choices.record(tmp_path / "repo", folder)
    assert kept == tmp_path / "repo" / "book/recorded/row_choices/toy-chosen"
    held = b"".join(path.read_bytes() for path in kept.iterdir())
    assert SECRET.encode() not in held and str(tmp_path).encode() not in held
    items = store.read_table(kept / "items.parquet")
    assert not items.astype(str).apply(lambda c: c.str.contains(SECRET)).any(axis=None)
    whole = tables.score(store.read_table(folder / "predictions.parquet"))
    pd.testing.assert_frame_equal(tables.score(items), whole)
    assert set(items["expert"]) == {"lora-0", "lora-1"} and items["known"].sum() == 0
    about = json.loads((kept / "choice.json").read_text())
    assert about["chosen"]["0"]["ids"] == record.ids_hash(["toy-00001", "toy-00002"])


def test_a_question_that_is_a_training_row_is_known(run):
    run.questions.loc[0, "input"] = run.rows.at[0, "input"]
    items = store.read_table(row_choices.make(run, "chosen", say=lambda line: None) / "items.parquet")
    assert items["known"].tolist() == [True] + [False] * (len(items) - 1)
    about = store.read_json(run.folder / "row_choices" / "chosen" / "choice.json")
    assert about["given_away"] == 0, "row 0 is in the run, but was not chosen"
    assert store.read_json(row_choices.make(run, "all_data", say=lambda line: None) / "choice.json")["given_away"] == 1


def test_rows_per_sub_task_come_from_all_clusters_and_steps_in_proportion(run):
    run.rows["subtask"] = ["a", "a", "b", "b", "c", "d", "d", "d"]
    plan = row_choices.ROW_CHOICES["random_per_subtask"].plan(run)
    assert sorted(run.rows["subtask"].iloc[plan.rows["position"]]) == ["a", "b", "c", "d"]
    assert (plan.rows["cluster"].to_numpy() == run.cluster[plan.rows["position"]]).all()
    lone = plans.Plan(pd.DataFrame({"position": [0, 1, 2, 5], "cluster": [0, 0, 0, 1]}), 3, in_proportion=True)
    assert run.training_sets(lone)[1] == {"lora-0": round(3 * 2 * 3 / 4), "lora-1": round(3 * 2 / 4)}


def test_another_sample_per_sub_task_has_other_rows_and_one_adapter_can_have_the_first(run):
    run.rows["subtask"] = ["a", "a", "a", "b", "b", "b", "c", "c"]
    plans = {
        name: row_choices.ROW_CHOICES[name].plan(run)
        for name in ("random_per_subtask", "random_per_subtask_again", "random_per_subtask_mix")
    }
    at = {name: set(plan.rows["position"]) for name, plan in plans.items()}
    assert at["random_per_subtask"] == at["random_per_subtask_mix"] != at["random_per_subtask_again"]
    assert plans["random_per_subtask_mix"].joint and run.training_sets(plans["random_per_subtask_mix"])[1] == {
        "mix": 3 * 2
    }
    assert len(row_choices.ROW_CHOICES["more_random_per_subtask"].plan(run).rows) == 8


def test_the_level_keeps_stage_one_and_fills_the_sub_task_that_has_least_by_its_scores(run):
    """Stage 1 took rows 1 and 6, both a; b's best row is 2 of the one cluster, c's is 5 of the other."""
    run.rows["subtask"] = ["a", "a", "b", "b", "c", "c", "a", "a"]
    run.values["05_scoring_mmr"] = FIVE | {"lambda_center": 0.0, "lambda_diversity": 0.0, "lambda_model": 1.0}
    plan = row_choices.ROW_CHOICES["level"].plan(run)
    assert plan.in_proportion and sorted(plan.rows["position"]) == [1, 2, 5, 6]
    assert plan.rows.set_index("position")["cluster"].to_dict() == {1: 0, 2: 0, 5: 1, 6: 1}


def test_the_spread_is_stage_ones_choice_inside_each_sub_task(run):
    rng = np.random.default_rng(1)
    clouds = np.concatenate([rng.normal(0, 0.1, (30, 3)), rng.normal(3, 0.5, (30, 3)), rng.normal(9, 1, (5, 3))])
    order = rng.permutation(65)
    run.__dict__["vectors"], run.__dict__["cluster"] = clouds[order], rng.integers(0, 2, 65)
    kind = np.repeat(list("xyz"), [30, 30, 5])[order]
    run.__dict__["rows"] = pd.DataFrame({"subtask": kind})
    run.values["04_adbscan"] = {"k": 5, "minpts_rule": "algorithm1", "seed": 2, "thinning": "trimmed_medoids"}
    found = run.spread(12)
    assert (found["cluster"].to_numpy() == run.cluster[found["position"]]).all()
    sizes = pd.Series(kind[found["position"]]).value_counts()
    assert len(found) == 24 and abs(sizes["x"] - sizes["y"]) <= 1
    for name, wanted in sizes.items():
        members = np.flatnonzero(kind == name)
        result = adbscan.adbscan(run.vectors[members], 5)
        kept = budget.redistribute(run.vectors[members], result, int(wanted), 2, "trimmed_medoids")
        assert sorted(found["position"][kind[found["position"]] == name]) == members[kept].tolist()


def test_the_papers_rule_is_stage_one_without_a_budget_cluster_by_cluster(run):
    rng = np.random.default_rng(0)
    clouds = np.concatenate([rng.normal(0, 0.1, (30, 3)), rng.normal(3, 0.1, (9, 3)), rng.normal(9, 2, (20, 3))])
    run.__dict__["vectors"] = np.concatenate([clouds, clouds[:5], clouds + 50])  # five copies in the first cluster
    run.__dict__["cluster"] = np.repeat([0, 1], [64, 59])
    run.values["04_adbscan"] = {"k": 5, "minpts_rule": "algorithm1", "seed": 2}
    kept = budget.redistribute(clouds, adbscan.adbscan(clouds, 5), None, 2)
    assert 0 < len(kept) < 59
    found = run.paper_rule()
    assert found.loc[found["cluster"] == 0, "position"].tolist() == kept.tolist()
    assert found.loc[found["cluster"] == 1, "position"].nunique() == (found["cluster"] == 1).sum() > 0
    usual = adbscan.adbscan(clouds, 3)
    near = budget.redistribute(clouds, adbscan.adbscan(clouds, 3, eps=0.8 * usual.eps), None, 2)
    found = run.paper_rule(k=3, radius=0.8)
    assert found.loc[found["cluster"] == 0, "position"].tolist() == near.tolist() != kept.tolist()
    sample = run.random_like(found)
    assert sample.groupby("cluster").size().to_dict() == found.groupby("cluster").size().to_dict()
    assert set(sample["position"]) != set(found["position"])


def test_an_unknown_choice_and_a_run_that_is_not_there_are_reported_with_the_way_out(tmp_path, capsys, monkeypatch):
    resolved = params.resolve(pipeline.load(store.root()), "cpu")
    with pytest.raises(DataError, match="no choice 'lots'; there are chosen, again"):
        row_choices.open_run(tmp_path, resolved, ["lots"])
    for former, name in (("lot", "random"), ("by_subtask", "random_per_subtask"), ("letter_k5", "paper_rule_k5")):
        with pytest.raises(DataError, match=f"the choice '{former}' is called '{name}' now"):
            row_choices.open_run(tmp_path, resolved, ["chosen", former])
    with pytest.raises(DataError, match="no choice 'cell'"):  # the former name of a key, not of a choice
        row_choices.open_run(tmp_path, resolved, ["cell"])
    with pytest.raises(DataError, match="01_data_collection has not run in runs/cpu: make 05 with"):
        row_choices.open_run(tmp_path, resolved, ["random", "chosen"])
    for name in list(resolved.values)[:4]:
        values = dict(resolved.values[name]) | ({"n_clusters": 3} if name == "03_semantic_clustering" else {})
        store.write_json({"parameters": values}, tmp_path / "runs/cpu" / name / "manifest.json")
    with pytest.raises(DataError, match=r"03_semantic_clustering ran with other values \(parameter n_clusters 3 → 6\)"):
        row_choices.open_run(tmp_path, resolved, ["random"])
    whole = dict(resolved.values["03_semantic_clustering"])
    store.write_json({"parameters": whole}, tmp_path / "runs/cpu/03_semantic_clustering/manifest.json")
    assert row_choices.open_run(tmp_path, resolved, ["random"]).folder == tmp_path / "runs/cpu"
    for some in (["random", "chosen"], ["random_at_cost"]):
        with pytest.raises(DataError, match="05_scoring_mmr has not run in runs/cpu: make 05"):
            row_choices.open_run(tmp_path, resolved, some)
    assert row_choices.open_run(tmp_path, resolved, ["random_at_cost"], 2.5).given_cost_factor == 2.5
    for price in (0.9, float("nan"), float("inf"), -2):
        with pytest.raises(DataError, match="--cost-factor must be a number of at least 1"):
            row_choices.open_run(tmp_path, resolved, ["random_at_cost"], price)
    monkeypatch.setattr(row_choices.store, "root", lambda: tmp_path)
    assert row_choices.main(["random", "--profile", "nope"]) == 1
    assert capsys.readouterr().err.startswith("row-choices: ")
    monkeypatch.undo()
    assert (
        row_choices.main(["--profile", "cpu"]) == 1
        and "name a choice of rows; there are chosen" in capsys.readouterr().err
    )


def test_every_choice_says_what_it_is_and_no_former_name_is_in_use():
    assert list(row_choices.ROW_CHOICES) == list(choice_names.CHOICES)
    assert not set(choice_names.FORMER) & set(choice_names.CHOICES)


def test_four_bits_reach_the_training_and_the_answers(run, monkeypatch):
    """The model is loaded as the recipe says in both places; what chapter 8 says of its own goes first."""
    loaded, recipes = [], []
    real = training.train_lora

    def load(base, **how):
        loaded.append(how)
        return models.load(base)

    def train(*places, **recipe):
        recipes.append(recipe)
        return real(*places, **recipe | {"quantize": "no"})

    monkeypatch.setattr(models, "load_once", load)
    monkeypatch.setattr(training, "train_lora", train)
    six = run.values["06_lora_training"] | {"quantize": "4bit", "dtype": "float32", "warmup": 0.3}
    eight = run.values["08_evaluation"] | {"dtype": "float32"}
    coarse = plans.Run(run.folder, run.values | {"06_lora_training": six, "08_evaluation": eight})
    row_choices.make(coarse, "mix", say=lambda line: None)
    assert len(loaded) == 2 and all(how == {"quantize": "4bit", "dtype": "float32"} for how in loaded)
    assert [(how["quantize"], how["dtype"], how["warmup"]) for how in recipes] == [("4bit", "float32", 0.3)]
