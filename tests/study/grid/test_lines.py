"""A line trains and asks what its words say, once; a grid that was stopped or that failed leaves what it had."""

import shutil

import numpy as np
import pandas as pd
import pytest
import tiny_grid
import toy_run

from assl_utils import store
from assl_utils.errors import DataError
from assl_utils.evaluation import tables
from assl_utils.experts import adapters, generation, models, training
from assl_utils.routing.router import Router
from assl_utils.runner import params, pipeline
from assl_utils.space import encoder
from assl_utils.study.grid import data as grid_data
from assl_utils.study.grid import files, plan, record, sentences, work
from assl_utils.study.grid import lines as grid_lines
from assl_utils.study.grid import rows as grid_rows
from assl_utils.tasks import wordings

SIX = {
    "base_model": "", "r": 4, "alpha": 8, "dropout": 0.0, "warmup": 0.1, "epochs": 1, "min_steps": 3, "batch_size": 2,
    "max_length": 64, "quantize": "no", "dtype": "auto", "learning_rate": 1e-2, "seed": 0, "engine": "local",
}  # fmt: skip
SECRET = "投资者情绪"


@pytest.fixture
def data(tiny_folder, tmp_path):
    """Eight rows in two clusters, and two questions of each of CFLEB's tasks."""
    folder = toy_run.copy(toy_run.build(tiny_folder), tmp_path / "runs" / "toy")
    rows = toy_run.rows().assign(form="")
    store.write_table(rows, folder / "02_instruction_expansion" / "rows.parquet")
    three = folder / "03_semantic_clustering"
    store.write_json(encoder.describe(encoder.load_encoder(three / "encoder")), three / "encoder.json")
    store.write_table(tiny_grid.questions(), folder / "01_data_collection" / "eval.parquet")
    values = {
        "01_data_collection": {"data": "embedded", "data_root": ""},
        "03_semantic_clustering": {"n_clusters": 2, "encoder": "embedded"},
        "05_scoring_mmr": {"max_new_tokens": 4, "generation_batch": 4},
        "06_lora_training": SIX | {"base_model": str(tiny_folder)},
        "08_evaluation": {"dtype": "auto", "max_new_tokens": 4, "generation_batch": 4},
    }
    return grid_data.Data(folder, values)


def line(seed=0, clustering_seed=0, **words):
    usual = {"select": "random(share=50%)", "train": "answers(passes=2)"}
    return sentences.Line(sentences.sentence(usual | words), seed, clustering_seed, (("Q", str(words)),))


def done(data, one):
    about = grid_lines.family(data, [one], say=lambda text: None)[0]
    assert "error" not in about, about.get("error")
    return about, store.read_table(data.place(one) / grid_lines.ITEMS)


def by_hand(data, sets, experts, seed=0):
    """What a line should answer: each adapter trained by a call of its own, each question put to its expert."""
    folders = {
        name: training.train_lora(
            data.base, rows, data.folder / "by-hand" / f"{seed}-{name}", r=4, alpha=8, dropout=0.0, lr=1e-2,
            min_lr=1e-3, epochs=2, batch_size=2, max_length=64, seed=seed,
        )
        for name, rows in sets.items()
    }  # fmt: skip
    model, tokenizer = models.load(data.base)
    with adapters.adapters(model, folders) as (loaded, full):
        texts, who = wordings.prompts(data.asked), [full[name] for name in experts]
        return generation.generate(loaded, tokenizer, texts, who, max_new_tokens=4, batch_size=4)


@pytest.mark.parametrize("seed", [0, 1])
def test_a_line_answers_as_its_words_done_one_by_one(data, seed):
    one = line(seed, 0)
    about, items = done(data, one)
    chosen = grid_rows.choose(data, one)
    parts = chosen.parts
    assert [len(rows) for rows in chosen.sets.values()] == [2, 2]
    centres = np.stack([data.vectors[parts.labels == part].mean(0, dtype=np.float64) for part in range(2)])
    router = Router(centres, data.folder / "03_semantic_clustering/encoder", list(parts.names))
    experts = router.route(wordings.prompts(data.asked))["expert"].tolist()
    assert len(set(experts)) == 2 and items["expert"].tolist() == experts
    expected = tables.counted(tables.judge("line", data.asked, by_hand(data, chosen.sets, experts, seed)))
    columns = ["task", "id", "correct", "numerator", "denominator", "unread"]
    pd.testing.assert_frame_equal(items[columns], expected[columns])
    assert about["rows"] == 4 and about["steps"] == 4 and about["choosing"] == {"trained": 0, "read": 0}


def test_the_same_adapter_is_trained_once_whoever_wants_it(data, monkeypatch):
    trained, answered = [], []
    train, answer = training.train_lora, generation.answer
    monkeypatch.setattr(training, "train_lora", lambda *a, **k: trained.append(1) or train(*a, **k))
    done(data, line())
    assert len(trained) == 2
    done(data, line(route="oracle"))
    done(data, line(route="twelve", compose="fused"))
    assert len(trained) == 2, "other words after `train` train nothing"
    done(data, line(partition="one", select="all"))
    done(data, line(partition="one", select="random(share=100%)", clustering_seed=3))
    assert len(trained) == 4, "all rows in another order are another training"
    monkeypatch.setattr(generation, "answer", lambda *a, **k: answered.append(1) or answer(*a, **k))
    done(data, line())
    assert not answered, "what stands is not asked again"


WORDS = [
    {"partition": partition} for partition in ("task", "subtask", "role", "one")
] + [
    {"select": select} for select in (
        "all", "random_per_subtask(share=50%)", "random_per_form(share=50%)", "k_center(share=50%)", "paper_rule",
        "budget(share=50%)", "stage1(share=50%)", "kmeans_quality(share=50%)", "rds(share=50%)", "utility(share=50%)",
        "utility_z(share=50%)", "nll(share=50%)", "level(share=50%)", "random(share=25%, cost_of=utility)",
        "random_per_subtask(each=2)",
    )
] + [
    {"compose": compose} for compose in (
        "fused", "mixed", "vote(k=2)", "mix", "merged_svd", "merged_cat", "merged_linear",
    )
] + [
    {"route": route} for route in ("twelve", "nearest_rows", "by_label", "oracle", "oracle_task")
] + [
    {"train": train} for train in ("text", "text_then_answers", "answers(passes=2, tagged=True)")
] + [{"partition": "one", "select": "all", "train": "nothing"}]  # fmt: skip


@pytest.mark.parametrize("words", WORDS, ids=lambda words: "-".join(words.values()))
def test_every_word_gives_a_score_for_every_question(data, words):
    about, items = done(data, line(**words))
    assert items["id"].tolist() == data.asked["id"].tolist() and items["correct"].between(0, 1).all()
    assert (about["rows"] > 0) == (words.get("train") != "nothing") and about["score"] is not None
    asking = {"utility", "utility_z", "nll", "level", "rds", "kmeans_quality"}
    assert (about["choosing"]["read"] > 0) == (words.get("select", "").split("(")[0] in asking)


MODULES = {"partition": "modules(pieces=3)", "select": "all", "train": "answers(passes=1)", "score": "fineval"}
ALONE = MODULES | {"partition": "modules(only=numeric, pieces=3)"}


@pytest.fixture
def with_exam(data):
    """The same run, asked two questions of the exam beside CFLEB's: one that is numeric, and one that is not."""
    texts = ["进口100万元，税率10%，应纳税多少？\nA、10万元\nB、20万元", "央行是什么？\nA、银行\nB、学校"]
    asked = pd.DataFrame({"input": texts, "id": ["fineval-0", "fineval-1"], "reference": ["A", "A"]})
    asked = asked.assign(benchmark="fineval", task="exam", subtask="single_choice", form="", instruction="选出答案")
    asked = pd.concat([tiny_grid.questions(), asked.assign(subject="税法", group="Accounting")], ignore_index=True)
    store.write_table(asked, data.folder / "01_data_collection" / "eval.parquet")
    return grid_data.Data(data.folder, data.values)


@pytest.mark.parametrize("compose", ["merged_svd", "merged_cat", "merged_linear"])
def test_two_modules_are_trained_and_merged(with_exam, compose):
    about, items = done(with_exam, line(**MODULES, compose=compose))
    assert about["rows"] == 6 and set(about["adapters"]) == {"textbook", "numeric"}
    assert items["numeric"].tolist() == [True, False]
    assert (about["more"]["error"] < 1e-9) == (compose == "merged_cat")
    assert set(items["expert"]) == {compose}


def test_a_module_after_the_other_begins_with_the_adapter_of_the_textbook(with_exam):
    textbook = line(**MODULES | {"partition": "modules(only=textbook, pieces=3)", "train": "text(text_passes=2)"})
    alone, _ = done(with_exam, textbook)
    train = "text_then_answers(of=textbook, pieces=3, passes=1, text_passes=2)"
    about, _ = done(with_exam, line(**ALONE | {"train": train}))
    folder = with_exam.adapters
    starts = [store.read_json(path)["recipe"].get("start") for path in folder.glob("*/training.json")]
    begun = next(start for start in starts if start)
    assert begun.startswith(alone["adapters"]["textbook"])
    numeric, _ = done(with_exam, line(**ALONE))
    assert about["tokens"] == alone["tokens"] + numeric["tokens"], "the text is part of what the adapter cost"
    merged, _ = done(with_exam, line(**MODULES | {"train": "answers(passes=2)"}, compose="merged_cat"))
    assert merged["adapters"]["textbook"] == alone["adapters"]["textbook"], "the same module under both words"


@pytest.mark.parametrize("score", ["all", "general"])
def test_both_benchmarks_and_general_instructions_are_scored(with_exam, score, monkeypatch):
    monkeypatch.setattr(grid_data, "GENERAL", 5)
    about, items = done(with_exam, line(partition="one", score=score))
    assert set(items["benchmark"]) == ({"general"} if score == "general" else {"cfleb", "fineval"})
    assert about["score"] is not None and len(items) == (5 if score == "general" else len(with_exam.asked))


def test_a_record_keeps_which_questions_are_numeric_and_where_nobody_said(with_exam, tmp_path):
    lines = line(**ALONE), line(partition="one", score="all")
    for one in lines:
        done(with_exam, one)
    grid = files.Grid("g", "about", {"Q": "asks"}, lines)
    for again in (False, True):  # the second time from the first record
        if again:
            shutil.rmtree(with_exam.folder / "lines")
        record.keep(tmp_path, with_exam, grid, "x")
        items = record.read(tmp_path, "toy-g").items
        said = items[items["key"] == lines[0].key]["numeric"]
        assert said.tolist() == [True, False] and items[items["key"] == lines[1].key]["numeric"].isna().all()


def test_rows_from_outside_go_with_the_embedded_corpus_of_the_profile_cpu_and_no_other(data):
    resolved = params.resolve(pipeline.load(store.root()), "cpu")
    assert len(grid_data.Data(data.folder, resolved.values).extra("general", 2, 0)) == 2
    other = resolved.values | {"01_data_collection": resolved.values["01_data_collection"] | {"data": "local"}}
    with pytest.raises(DataError, match="embedded corpus only"):
        grid_data.Data(data.folder, other).extra("general", 2, 0)


@pytest.mark.parametrize("plus", ["general:0.5", "arithmetic:0.5", "general:0.25+arithmetic:0.25"])
def test_rows_of_another_kind_are_added_to_those_of_the_tasks(data, plus):
    plain, more = (line(partition="one", select=f"random_per_subtask(each=2{p})") for p in ("", f", plus={plus}"))
    before, after = (grid_rows.choose(data, one).together() for one in (plain, more))
    assert after.iloc[: len(before)]["id"].tolist() == before["id"].tolist(), "the tasks' rows stay the same ones"
    assert len(after) == 1.5 * len(before)
    assert set(after.iloc[len(before) :]["source"]) == {piece.split(":")[0] for piece in plus.split("+")}
    assert [plan.size(data, one)[0] for one in (plain, more)] == [2 * len(before), 2 * len(after)]


@pytest.mark.parametrize("words", [
    MODULES | {"compose": "merged_cat"}, ALONE, ALONE | {"train": "text_then_answers(passes=1, text_passes=2)"},
    {"select": "random(share=50%)"}, {"train": "text(text_passes=4)"},
    {"train": "text_then_answers(passes=2, text_passes=1)"},
    {"partition": "one(only=exam)", "select": "random_per_subtask(each=3)"},
])  # fmt: skip
def test_the_plan_counts_the_rows_that_a_line_goes_over(with_exam, words):
    one = line(**words)
    sets, train = grid_rows.choose(with_exam, one).sets, one.sentence.train
    passes = train["text_passes"] if train.name.startswith("text") else 0
    passes += train["passes"] if train.name != "text" else 0
    assert plan.size(with_exam, one)[0] == passes * sum(map(len, sets.values()))


@pytest.mark.parametrize("partition", ["kmeans", "task"])
def test_a_masked_expert_answers_no_question_of_its_own(data, partition):
    open_, masked = (line(partition=partition, route=route) for route in ("by_label", "twelve(masked=True)"))
    own, others = (done(data, one)[1]["expert"] for one in (open_, masked))
    assert (own != others).all()


def test_rows_are_equal_for_ways_that_are_to_be_compared(data):
    counts = {
        select: done(data, line(select=f"{select}(share=50%)"))[0]["rows"]
        for select in ("random", "random_per_subtask", "k_center", "budget", "utility", "utility_z", "kmeans_quality")
    }
    assert set(counts.values()) == {4}, counts
    assert done(data, line(select="stage1(share=50%)"))[0]["rows"] == 2


def test_the_oracle_is_at_least_as_good_as_any_expert_and_any_route(data):
    scores = {route: done(data, line(route=route))[1]["correct"] for route in ("oracle", "oracle_task", "centroid")}
    assert (scores["oracle"] >= scores["centroid"]).all()
    tasks = data.asked["task"].to_numpy()
    assert (scores["oracle"].groupby(tasks).mean() >= scores["oracle_task"].groupby(tasks).mean()).all()


def test_a_line_that_fails_is_a_hole_with_its_reason_and_the_others_go_on(data, monkeypatch, tmp_path):
    choose = grid_rows.choose

    def breaks(data, one):
        if one.sentence.select.name == "k_center":
            raise MemoryError("no room")
        return choose(data, one)

    monkeypatch.setattr(grid_rows, "choose", breaks)
    both = [line(select="k_center(share=50%)"), line()]
    found = grid_lines.family(data, both, say=lambda text: None)
    assert found[0]["error"] == "MemoryError: no room" and "score" in found[1]
    grid = files.Grid("g", "about", {"Q": "asks"}, tuple(both))
    kept = record.Record(record.keep(tmp_path, data, grid, "make grid"))
    assert kept.lines["error"].tolist() == ["MemoryError: no room", ""] and kept.about["failed"] == 1
    assert kept.keys() == {both[1].key}
    monkeypatch.setattr(grid_rows, "choose", choose)
    assert "score" in grid_lines.family(data, both, say=lambda text: None)[0], "the next start tries it again"


def test_a_grid_that_was_stopped_gives_the_same_items(data, monkeypatch):
    class Stopped(BaseException):
        pass

    one = line()
    _, whole = done(data, one)
    for folder in ("lines", "answers", "adapters"):
        place = data.folder / "lines" if folder == "lines" else data.folder.parent / folder
        place.rename(place.with_name(f"{folder}-whole"))
    ask = work.ask

    def stopped(*arguments):
        raise Stopped

    monkeypatch.setattr(work, "ask", stopped)
    with pytest.raises(Stopped):
        grid_lines.family(data, [one], say=lambda text: None)
    assert grid_lines.stands(data, one) is None
    monkeypatch.setattr(work, "ask", ask)
    _, again = done(data, one)
    pd.testing.assert_frame_equal(whole, again)


def test_a_record_holds_no_text_and_is_enough_to_go_on_from(data, tmp_path):
    grid = files.Grid("g", "about", {"Q": "asks"}, (line(), line(1, 1), line(partition="one")))
    done(data, grid.lines[0])
    done(data, grid.lines[2])
    folder = record.keep(tmp_path, data, grid, "make grid GRID=g")
    kept = record.read(tmp_path, "toy-g")
    assert (kept.about["planned"], kept.about["lines"]) == (3, 2)
    assert kept.keys() == {grid.lines[0].key, grid.lines[2].key}
    for path in folder.iterdir():
        assert SECRET.encode() not in path.read_bytes()
        if path.suffix == ".parquet":
            texts = store.read_table(path).astype(str).to_numpy().ravel().tolist()
            assert not any(SECRET in text or "积极" in text for text in texts)
    first = kept.items_of("Q")
    (data.folder / "lines").rename(tmp_path / "away")
    states = plan.table(data, grid, kept.keys())
    assert states["state"].tolist() == ["recorded", "new", "recorded"]
    done(data, grid.lines[1])
    record.keep(tmp_path, data, grid, "make grid GRID=g")
    whole = record.read(tmp_path, "toy-g")
    assert whole.about["lines"] == 3
    mine = whole.items_of("Q")
    mine = mine[mine["key"].isin(first["key"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(mine, first.reset_index(drop=True), check_dtype=False)
    assert {"line", "seed", "clustering_seed", "model", "task", "id", "correct"} <= set(mine)


def test_large_items_are_cut_into_files(data, tmp_path, monkeypatch):
    grid = files.Grid("g", "about", {"Q": "asks"}, (line(), line(partition="one")))
    for one in grid.lines:
        done(data, one)
    record.keep(tmp_path, data, grid, "x")
    whole = record.read(tmp_path, "toy-g").items
    folder = record.keep(tmp_path, data, grid, "x")
    monkeypatch.setattr(record, "LARGEST", (folder / "items.parquet").stat().st_size - 1)
    record.keep(tmp_path, data, grid, "x")
    assert len(list(folder.glob("items*.parquet"))) > 1
    pd.testing.assert_frame_equal(record.read(tmp_path, "toy-g").items, whole)


def test_a_record_of_other_data_is_not_written_over(data, tmp_path):
    grid = files.Grid("g", "about", {"Q": "asks"}, (line(),))
    done(data, grid.lines[0])
    record.keep(tmp_path, data, grid, "x")
    eight = data.values["08_evaluation"] | {"max_new_tokens": 5}
    other = grid_data.Data(data.folder, data.values | {"08_evaluation": eight})
    done(other, grid.lines[0])
    with pytest.raises(DataError, match="recorded with other answering"):
        record.keep(tmp_path, other, grid, "x")


def test_counting_trains_nothing(data, monkeypatch):
    monkeypatch.setattr(training, "train_lora", None)
    table = plan.count(data, [line(), line(partition="one", select="all"), line(select="utility(share=50%)")])
    assert table.shape[1] == 2 and table.iloc[:, 1].sum() == 8 and table.iloc[:, 0].sum() == 4


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_rows_of_a_subtask_do_not_depend_on_what_else_is_drawn(data, seed):
    alone = line(seed, seed, partition="one(only=sentiment)", select="random_per_subtask(each=2)")
    both = line(seed, seed, partition="one(only=sentiment+exam)", select="random_per_subtask(each=2)")
    of = [grid_rows.choose(data, one).together() for one in (alone, both)]
    mine = of[1][of[1]["subtask"] == "sentiment"]["id"].tolist()
    assert sorted(of[0].loc[of[0]["subtask"] == "sentiment", "id"]) == sorted(mine)
    assert len(of[1]) > len(of[0])


def test_a_question_that_is_a_training_row_is_known_and_given_away_by_who_trains_on_it(data, tmp_path):
    """Row 0 is a question; a line on the exam's rows alone does not give it away."""
    asked = data.asked
    asked.loc[0, "input"] = data.rows.at[0, "input"]
    (first, items), (other, others) = (
        done(data, line(partition=f"one(only={only})", select="all")) for only in ("sentiment", "exam")
    )
    assert items["known"].tolist() == others["known"].tolist() == [True] + [False] * (len(asked) - 1)
    assert (first["given_away"], other["given_away"]) == (1, 0)
    grid = files.Grid("g", "about", {"Q": "asks"}, (line(partition="one(only=exam)", select="all"),))
    kept = record.Record(record.keep(tmp_path, data, grid, "x"))
    assert kept.items["known"].tolist() == items["known"].tolist() and kept.lines["given_away"].tolist() == [0]


def test_a_line_of_before_known_was_kept_gets_it_in_the_record(data, tmp_path):
    grid = files.Grid("g", "about", {"Q": "asks"}, (line(partition="one"), line()))
    for one in grid.lines:
        done(data, one)
    path = data.place(grid.lines[0]) / grid_lines.ITEMS
    store.write_table(store.read_table(path).drop(columns="known"), path)
    folder = record.keep(tmp_path, data, grid, "x")
    assert not record.read(tmp_path, "toy-g").items["known"].fillna(True).any()
    recorded = store.read_table(folder / "items.parquet")
    store.write_table(recorded.drop(columns="known"), folder / "items.parquet")
    (data.folder / "lines" / data.place(grid.lines[0]).name).rename(tmp_path / "away")
    record.keep(tmp_path, data, grid, "x")
    found = record.read(tmp_path, "toy-g").items
    assert found.groupby("key")["known"].apply(lambda known: known.isna().all()).to_dict() == {
        grid.lines[0].key: True, grid.lines[1].key: False
    }  # fmt: skip
