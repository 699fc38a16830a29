"""Lines of a linear learner: what they answer is what plain classifiers of the same rows answer, without any model."""

import json

import numpy as np
import pandas as pd
import pytest

from assl_utils import store
from assl_utils.evaluation import closed as closed_score
from assl_utils.experts import linear, models
from assl_utils.selection import ways
from assl_utils.study.grid import closed, files, plan, record, sentences
from assl_utils.study.grid import data as grid_data
from assl_utils.study.grid import linear as grid_linear
from assl_utils.study.grid import lines as grid_lines
from assl_utils.study.grid import rows as grid_rows
from assl_utils.tasks import closed as kinds

WORDS = {"sentiment": ("上涨", "下跌", "积极", "消极"), "matching": ("怎么还款", "如何提额", "是", "否")}
NAMES = [a + b for a in "甲乙丙丁戊己庚" for b in "子丑寅卯辰巳午未申酉"]
USUAL = {"train": "linear", "score": "closed", "select": "random(share=50%)"}


def rows():
    """Seventy posts and seventy pairs, half of each one answer, half the other; and ten summaries."""
    found = []
    for i, name in enumerate(NAMES):
        word, answer = WORDS["sentiment"][i % 2], WORDS["sentiment"][2 + i % 2]
        found.append(("fe", "sentiment", "sentiment", f"{name}股份{word}", answer))
        other = WORDS["matching"][0] if i % 2 == 0 else WORDS["matching"][1]
        found.append(("afqmc", "matching", "matching", f"{name}怎么还款\n{name}{other}", WORDS["matching"][2 + i % 2]))
    found += [("finna", "generation", "summary", f"{name}公司发布年度报告", "报告") for name in NAMES[:10]]
    table = pd.DataFrame(found, columns=["source", "task", "subtask", "input", "output"])
    ids = [f"{source}-{i:03d}" for i, source in enumerate(table["source"])]
    return table.assign(id=ids, form="", instruction="请回答")


def vector(text):
    """Two places far apart, one for pairs and one for the rest, and a little of the text itself."""
    at = np.array([10.0, 0.0]) if "款" in text else np.array([0.0, 10.0])
    return at + np.random.default_rng([ord(c) for c in text]).normal(size=2) / 10


@pytest.fixture
def data(tmp_path, monkeypatch):
    folder, table = tmp_path / "runs" / "toy", rows()
    store.write_table(table, folder / "02_instruction_expansion" / "rows.parquet")
    store.write_array(
        np.stack([vector(text) for text in table["input"]]), folder / "03_semantic_clustering/vectors.npy"
    )
    asked = pd.DataFrame(columns=["benchmark", "task", "id", "instruction", "input", "reference"], dtype=str)
    store.write_table(asked, folder / "01_data_collection" / "eval.parquet")
    monkeypatch.setattr(grid_data.Data, "embed", lambda self, texts: np.stack([vector(text) for text in texts]))
    monkeypatch.setattr(models, "load_once", None)  # whoever asks for a language model fails
    six = dict.fromkeys(("r", "alpha", "dropout", "warmup", "learning_rate", "batch_size", "max_length"), 1)
    values = {
        "01_data_collection": {"data": "local"},
        "03_semantic_clustering": {"n_clusters": 2, "encoder": "embedded"},
        "05_scoring_mmr": {"max_new_tokens": 4, "generation_batch": 4},
        "06_lora_training": six | {"base_model": "embedded", "dtype": "auto", "quantize": "no"},
        "08_evaluation": {"max_new_tokens": 4, "generation_batch": 4},
    }
    return grid_data.Data(folder, values)


def line(seed=0, **words):
    return sentences.Line(sentences.sentence(USUAL | words), seed, seed, (("Q", str(words)),))


def done(data, one):
    about = grid_lines.family(data, [one], say=lambda text: None)[0]
    assert "error" not in about, about.get("error")
    return about, store.read_table(data.place(one) / grid_lines.ITEMS)


def by_hand(data, sets, experts):
    """Whether each question is answered right: a classifier of each expert and kind from that expert's rows alone."""
    found = []
    for question, expert in zip(data.questions("closed").to_dict("records"), experts, strict=True):
        mine = sets[expert][sets[expert]["subtask"] == question["task"]]
        if mine.empty:
            found.append(0.0)
            continue
        pair = question["task"] == "matching"
        model = linear.fit(linear.features(mine["input"], pair), [(answer,) for answer in mine["output"]])
        said = model.answer(linear.features([question["input"]], pair))[0]
        found.append(float(said == (question["reference"],)))
    return found


@pytest.mark.parametrize("partition", ["kmeans", "one", "task"])
def test_a_line_answers_as_classifiers_of_its_rows_do(data, partition):
    one = line(partition=partition)
    about, items = done(data, one)
    chosen = grid_rows.choose(data, one)
    assert len(items) == 14 and (items["expert"].nunique() == 1) == (partition == "one")
    assert items["correct"].tolist() == by_hand(data, chosen.sets, items["expert"])
    assert about["score"] == pytest.approx(closed_score.score(items)["AVG"])
    assert about["rows"] == sum(map(len, chosen.sets.values())) and about["given_away"] == 0


def test_a_question_goes_to_the_nearest_centroid(data):
    about, items = done(data, line())
    questions = data.questions("closed")
    parts = grid_rows.choose(data, line()).parts
    inside = parts.labels >= 0
    centres = np.stack([data.vectors[inside & (parts.labels == part)].mean(0) for part in (0, 1)])
    away = ((data.embed(questions["input"])[:, None] - centres) ** 2).sum(2)
    assert items["expert"].tolist() == [parts.names[i] for i in away.argmin(1)]
    assert about["score"] > 90, "what is asked can be learned"


def test_an_expert_that_saw_no_such_question_leaves_it_unread_and_wrong(data):
    _, items = done(data, line(partition="task(only=sentiment)", select="all"))
    other = items[items["task"] == "matching"]
    assert other["unread"].all() and (other["correct"] == 0).all() and not items["unread"].all()


def test_no_line_chooses_a_row_that_is_set_aside(data):
    aside = set(data.rows.loc[data.aside, "id"])
    assert len(aside) >= 14
    half = ("random", "random_per_subtask", "k_center", "budget", "kmeans_quality")
    for select in ("all", "paper_rule", "random(rows_of=paper_rule)", *(f"{word}(share=50%)" for word in half)):
        chosen = grid_rows.choose(data, line(select=select))
        assert not aside & set(chosen.together()["id"]), select
    everyone = grid_rows.choose(data, line(select="all")).together()
    assert set(everyone["id"]) | aside == set(data.rows["id"])


def test_clusters_are_those_of_the_rows_that_are_left(data):
    parts = grid_rows.partition(data, sentences.read_word("partition", "kmeans"), 0, "closed")
    assert ((parts.labels == -1) == data.aside).all()
    whole = grid_rows.partition(data, sentences.read_word("partition", "kmeans"), 0)
    assert (whole.labels >= 0).all(), "other scores take all rows"


def test_rows_of_takes_as_many_as_the_rule_keeps(data):
    rule = grid_rows.choose(data, line(select="paper_rule"))
    for word in ("random", "random_per_subtask", "k_center", "budget"):
        other = grid_rows.choose(data, line(select=f"{word}(rows_of=paper_rule)"))
        assert len(other.together()) == len(rule.together()) < (~data.aside).sum()


@pytest.mark.parametrize("thinning", ["inverse_density", "k_center", "trimmed_k_center", "trimmed_medoids"])
@pytest.mark.parametrize("word", ["paper_rule", "budget"])
def test_sub_clusters_found_once_give_the_rows_of_those_found_by_the_way_itself(data, word, thinning):
    share = "" if word == "paper_rule" else f"(share=30%, thinning={thinning})"
    one = line(select=f"{word}{share}")
    chosen = grid_rows.choose(data, one)
    pool = grid_rows._bare(data, chosen.parts)
    how = grid_rows._how(one.sentence.select)
    for name, value in how.items():
        object.__setattr__(pool, name, value)
    total = round(0.3 * int((~data.aside).sum()))
    taken = ways.choose(word, pool, total, 0)
    assert data.rows["id"].iloc[taken["position"]].tolist() == chosen.together()["id"].tolist()


def test_routes_that_look_at_scores_are_at_least_as_good(data):
    usual, best, task = (done(data, line(route=route))[0]["score"] for route in ("centroid", "oracle", "oracle_task"))
    assert best >= max(usual, task)
    mixed, items = done(data, line(compose="mix"))
    assert items["expert"].eq("mix").all() and mixed["score"] > 90


def test_features_are_hashed_once_for_all_lines(data, monkeypatch):
    done(data, line())
    monkeypatch.setattr(linear, "features", None)
    monkeypatch.setattr(closed, "set_aside", None)
    grid_linear.ready.cache_clear()
    again = grid_data.Data(data.folder, data.values)
    done(again, line(1))
    assert len(list(again.closed_folder.glob("*.npy"))) == 7


def test_features_are_in_the_rows_order(data):
    at = grid_linear.ready(data)
    for i in (0, 1, 50, 145):
        kind = kinds.kinds(data.rows)[i]
        own = linear.features([data.rows["input"].iloc[i]], kind == "matching")
        assert (at.X[i] != own).nnz == 0 if kind else at.X[i].nnz == 0


def test_a_grid_of_such_lines_is_planned_and_recorded_without_a_model(data, tmp_path):
    lines = (line(), line(partition="one"), line(1))
    for one in lines:
        done(data, one)
    seconds, whole = plan.estimate_seconds(data, plan.families(lines))
    assert len(seconds) == 3 and 0 < max(seconds) <= whole
    grid = files.Grid("toy", "a toy", {"Q": "which?"}, lines)
    folder = record.keep(tmp_path, data, grid, "make grid GRID=toy")
    about = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    assert about["trivial"]["closed"]["majority"] == pytest.approx(50, abs=25)
    kept = record.read(tmp_path, folder.name)
    assert len(kept.items) == 3 * 14 and "股份" not in (folder / "lines.csv").read_text(encoding="utf-8")
    assert kept.lines["score"].tolist() == pytest.approx([done(data, one)[0]["score"] for one in lines])


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"score": "cfleb"}, "score=closed"),
        ({"train": "answers"}, "score=closed"),
        ({"train": "linear(c=0.0)"}, "above 0"),
        ({"select": "utility"}, "asks a language model"),
        ({"select": "random(cost_of=utility)"}, "asks a language model"),
        ({"select": "random(plus=general:0.1)"}, "own rows alone"),
        ({"compose": "fused"}, "makes none"),
        ({"route": "validated"}, "has none"),
        ({"select": "budget(thinning=medoid)"}, "none of inverse_density"),
        ({"select": "random(rows_of=budget)"}, "none of paper_rule"),
    ],
)
def test_words_that_need_a_language_model_are_refused(words, why):
    with pytest.raises(sentences.DataError, match=why):
        sentences.sentence(USUAL | words)
