"""The system of a run: who answered and why, which rows and shares are behind it, and what is said when it cannot."""

import collections
import dataclasses
import hashlib
import html.parser
import json
import math

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import tiny_model
import toy_run
from toy_run import LEFT_OUT, QUESTIONS

from assl_utils import store
from assl_utils.experts import generation, identity
from assl_utils.figures import routing
from assl_utils.routing import system as routing_system
from assl_utils.routing.answer import Answer
from assl_utils.routing.router import Router
from assl_utils.routing.system import SilverSight
from assl_utils.space import encoder as space_encoder
from assl_utils.tasks import wordings

NEW = "判断情感\n投资者情绪积极股价上涨答案"  # in no row


@pytest.fixture(scope="module")
def run(tiny_folder):
    return toy_run.build(tiny_folder)


@pytest.fixture(scope="module")
def system(run):
    with SilverSight.from_dir(run, device="cpu") as system:
        yield system


@pytest.fixture
def copy(run, tmp_path):
    """A copy of the run to break."""
    return toy_run.copy(run, tmp_path / "copy")


# -------------------------------------------------------------------------------------------------------------- answers


def test_the_system_of_a_run_answers_and_says_why(system):
    for question, answer, expert in ((QUESTIONS[1], "积极", "lora-0"), (QUESTIONS[6], "A", "lora-1")):
        found = system.ask(question)
        assert (found.question, found.answer, found.expert, found.closest) == (question, answer, expert, expert)
        assert sorted(found.distances) == ["lora-0", "lora-1"]
        near, far = found.distances.values()
        assert found.margin == pytest.approx(far - near) and far > near
        assert wordings.prompt(*found.nearest.loc[0, ["instruction", "input"]]) == question
        assert found.nearest["distance"].is_monotonic_increasing and found.nearest["distance"][0] < 1e-6
        assert (found.nearest["output"] == answer).all() and len(found.nearest) == 3
        assert set(found.seconds) == {"encode", "route", "answer"} and min(found.seconds.values()) >= 0
        assert found.reject is None and found.notes == ()
    assert wordings.prompt(*system.ask(QUESTIONS[0]).nearest.loc[0, ["instruction", "input"]]) != QUESTIONS[0], (
        "no expert was trained on a row that was not selected"
    )


def nearest_read_aloud(run, question, cluster, metric):
    """The selected rows of a cluster by distance: every row embedded by itself, measured and sorted."""
    encoder = space_encoder.load_encoder(run / "03_semantic_clustering" / "encoder", device="cpu")
    x = space_encoder.embed([question], encoder)[0].astype(float).tolist()
    found = []
    for i, row in toy_run.rows().iterrows():
        if (i >= 4) != (cluster == 1) or i in LEFT_OUT:
            continue
        y = space_encoder.embed([f"{row['instruction']}\n{row['input']}"], encoder)[0].astype(float).tolist()
        cosine = sum(a * b for a, b in zip(x, y, strict=True)) / math.hypot(*x) / math.hypot(*y)
        found.append((math.dist(x, y) if metric == "euclidean" else 1 - cosine, row["id"]))
    return sorted(found)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("question", [NEW, QUESTIONS[5], "选择题\n哪个答案正确"])
def test_the_nearest_rows_are_those_of_the_smallest_distances(copy, question, metric):
    toy_run.change_router(copy, metric=metric)
    with SilverSight.from_dir(copy, device="cpu") as system:
        found = system.ask(question, nearest=2)
        everything = system.ask(question, nearest=50)
    expected = nearest_read_aloud(copy, question, int(found.closest[-1]), metric)
    assert everything.nearest["id"].tolist() == [name for _, name in expected]
    assert everything.nearest["distance"].tolist() == pytest.approx([away for away, _ in expected], abs=1e-6)
    pd.testing.assert_frame_equal(found.nearest, everything.nearest[:2])
    assert list(found.nearest) == [*routing_system.SHOWN, "distance", "hash"]
    known = toy_run.rows().set_index("id")
    for row in found.nearest.itertuples():
        line = json.dumps([row.instruction, row.input, row.output], ensure_ascii=False) + "\n"
        assert row.hash == hashlib.sha256(line.encode()).hexdigest()
        columns = ["source", "task", "subtask", "instruction", "input", "output"]
        assert [getattr(row, column) for column in columns] == known.loc[row.id, columns].tolist()


def test_shares_of_tasks_are_those_of_the_experts_selected_rows(system):
    for question, mine in ((QUESTIONS[1], range(4)), (QUESTIONS[6], range(4, 8))):
        counted = collections.Counter(toy_run.TASKS[i] for i in mine if i not in LEFT_OUT)
        expected = {task: 100 * n / counted.total() for task, n in counted.most_common()}
        found = system.ask(question).tasks
        assert found.to_dict() == pytest.approx(expected) and list(found.index) == list(expected)


def test_a_margin_is_ranked_among_those_of_the_evaluation_questions(system, copy, monkeypatch):
    found = system.ask(NEW)
    margins = store.read_table(copy / "07_routing" / "routing.parquet")["margin"]
    assert found.margin_percentile == 100 * sum(margin < found.margin for margin in margins) / len(margins)
    monkeypatch.setattr(system, "_margins", np.array([found.margin, found.margin, 0.0, 9.0]))
    assert system.ask(NEW).margin_percentile == 25, "an equal margin is not clearer"
    (copy / "07_routing" / "routing.parquet").unlink()
    with SilverSight.from_dir(copy, device="cpu") as without:
        assert without.ask(NEW).margin_percentile is None


def test_one_expert_alone_has_no_margin_and_keeps_its_own_rows(copy):
    router = Router.from_dir(copy / "07_routing" / "router")
    encoder = copy / "03_semantic_clustering" / "encoder"
    Router(router.centroids[1:], encoder, ["lora-1"]).save(copy / "07_routing" / "router")
    with SilverSight.from_dir(copy, device="cpu") as system:
        found = system.ask(NEW)
    assert found.expert == "lora-1" and math.isinf(found.margin) and found.margin_percentile is None
    assert (found.nearest["output"] == "A").all(), "rows go by the expert's name, not by its place in the router"
    assert found.as_dict()["margin"] is None and "there is no other expert" in str(found)


def test_beyond_the_limit_the_base_model_answers_for_the_nearest_expert(copy, tiny):
    toy_run.change_router(copy, reject=0.0)
    with SilverSight.from_dir(copy, device="cpu") as system:
        found = system.ask(NEW)
    assert (found.expert, found.closest, found.reject) == ("base", "lora-0", 0.0)
    assert found.answer == generation.generate(*tiny, [NEW], max_new_tokens=128)[0] != "积极"
    assert (found.nearest["output"] == "积极").all()
    assert "by base" in str(found) and "the limit is 0.000" in str(found)
    routing.asked(found).canvas.draw()
    plt.close("all")
    toy_run.change_router(copy, reject=99.0)
    with SilverSight.from_dir(copy, device="cpu") as system:
        assert system.ask(NEW).expert == "lora-0"


# ------------------------------------------------------------------------------------------------------------ questions


def test_many_questions_get_the_answers_of_each_and_are_embedded_once(system, monkeypatch):
    calls, embed = [], space_encoder.embed
    monkeypatch.setattr(space_encoder, "embed", lambda texts, *rest: calls.append(texts) or embed(texts, *rest))
    questions = [QUESTIONS[6], NEW, QUESTIONS[1], QUESTIONS[6]]
    many = system.ask_many(questions)
    assert calls == [questions]
    for question, found in zip(questions, many, strict=True):
        alone = system.ask(question)
        for field in ("question", "answer", "expert", "distances", "margin", "margin_percentile"):
            assert getattr(found, field) == getattr(alone, field)
        pd.testing.assert_frame_equal(found.nearest, alone.nearest)
    assert system.ask_many([]) == []


@pytest.mark.parametrize(
    ("question", "error", "said"),
    [
        ("  ", ValueError, "empty question"),
        (7, TypeError, "not int"),
        (None, TypeError, "not NoneType"),
        ("股\udcff", ValueError, "no UTF-8"),
    ],
)
def test_what_is_no_question_is_said(system, question, error, said):
    with pytest.raises(error, match=said):
        system.ask(question)


def test_requests_that_make_no_sense_are_said(system):
    with pytest.raises(TypeError, match="takes a list"):
        system.ask_many(NEW)
    with pytest.raises(ValueError, match="nearest=-1"):
        system.ask(NEW, nearest=-1)
    with pytest.raises(ValueError, match="max_new_tokens=0"):
        system.ask(NEW, max_new_tokens=0)
    with pytest.raises(ValueError, match="leaves no room"):
        system.ask(NEW, max_new_tokens=510)  # the window has 512 tokens
    assert len(system.ask(NEW, nearest=0).nearest) == 0


def test_a_question_that_is_far_too_long_is_shortened_and_says_so(system, monkeypatch):
    found = system.ask(f"{NEW}{'股' * 700}", max_new_tokens=8)
    (note,) = found.notes
    assert "the model read the first 504 of " in note and f"note       {note}" in str(found)
    monkeypatch.setattr(routing_system, "LONGEST", 30)
    found = system.ask(NEW + "股" * 100, max_new_tokens=8)
    assert found.question == (NEW + "股" * 100)[:30]
    assert found.notes == (f"the question has {len(NEW) + 100} characters, looked at are the first 30",)


# --------------------------------------------------------------------------------------------------- what people get


def answer_with(**fields):
    row = {
        "id": "toy-1", "source": "fe", "task": "sentiment", "subtask": "sentiment", "instruction": "判断",
        "input": "公司", "output": "积极", "distance": 0.25, "hash": "ab" * 32,
    }  # fmt: skip
    rows = [row | {name: fields.pop(name) for name in list(fields) if name in row}]
    about = {
        "question": "问", "answer": "积极", "expert": "lora-0", "distances": {"lora-0": 0.5, "lora-1": 1.5},
        "margin": 1.0, "margin_percentile": 99.9, "nearest": pd.DataFrame(rows),
        "tasks": pd.Series({"sentiment": 75.0, "自定": 25.0}), "seconds": {"encode": 0.001, "answer": 0.2},
    }  # fmt: skip
    return Answer(**(about | fields))


def test_the_account_reads_as_it_should():
    assert str(answer_with()).splitlines() == [
        "积极",
        "",
        "answered   by lora-0, whose centroid is nearest to the question",
        "distances  lora-0 0.500 · lora-1 1.500",
        "margin     1.000, clearer than 99 % of the evaluation questions",
        "trained    lora-0: sentiment 情感分析 75 %, 自定 25 %",
        "seconds    encode 0.001 · answer 0.200",
        "",
        "nearest rows that lora-0 was trained on",
        "  0.250  toy-1 (fe, sentiment; sha256 abababababab)",
        "         判断 | 公司 → 积极",
    ]
    assert repr(answer_with()) == "<Answer '积极' by lora-0>"


class Tags(html.parser.HTMLParser):
    """The tags and the text of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("field", ["question", "answer", "instruction", "input", "output", "id", "source", "subtask"])
def test_text_from_outside_is_never_html(field):
    evil = '<script>alert("x")</script><img src=x onerror=alert(1)>&lt;'
    shown = Tags(answer_with(**{field: evil})._repr_html_())
    assert shown.tags == {"div", "p", "span", "strong", "table", "thead", "tbody", "tr", "th", "td"}
    assert evil in "".join(shown.texts)


def test_names_and_tasks_are_escaped_too():
    given = {"expert": "<b>", "distances": {"<b>": 1.0}, "tasks": pd.Series({"<i>": 100.0}), "notes": ("<u>",)}
    assert Tags(answer_with(**given)._repr_html_()).tags.isdisjoint({"b", "i", "u"})


def test_html_names_no_colour_and_no_rows_make_no_table():
    text = answer_with(nearest=answer_with().nearest[:0])._repr_html_()
    assert text.count("<table") == 1 and "color" not in text and "Nearest rows" not in text


def test_no_text_steers_the_terminal():
    shown = str(answer_with(answer="a\x1b[2Jb\nc", input="d\x1b]0;e\x07f", output="\x9bg", id="h\x1bi"))
    assert shown.startswith("a�[2Jb\nc\n") and not any((c < " " and c != "\n") or c == "\x9b" for c in shown)
    given = {"input": "\u2066b\x1bc", "output": "\u200f", "question": "\u2028\ud800", "notes": ("\x07",)}
    turned = answer_with(answer="甲\u202e乙", **given)
    for text in (str(turned), turned._repr_html_(), repr(turned)):
        assert not any(c in text for c in "\u202e\u2066\u200f\u2028\ud800\x1b\x07") and "甲�乙" in text


def test_as_dict_has_what_json_has(system):
    found = json.loads(json.dumps(system.ask(NEW).as_dict(), allow_nan=False))
    assert set(found) == {field.name for field in dataclasses.fields(Answer)}
    assert found["expert"] == "lora-0" and found["nearest"][0]["hash"] and found["tasks"]["classification"] > 0


# ---------------------------------------------------------------------------------------------------------------- runs


def test_closing_gives_the_base_model_back_and_nobody_answers_any_more(run, tiny):
    with SilverSight.from_dir(run, device="cpu") as system:
        assert any(".lora_" in name for name in system.model.state_dict())
    assert not any(".lora_" in name for name in system.model.state_dict())
    assert identity.weights_hash(system.model) == identity.weights_hash(tiny[0])
    with pytest.raises(ValueError, match="is closed"):
        system.ask(NEW)
    system.close()  # again


def test_a_run_that_moved_answers_the_same(system, copy):
    moved = copy.rename(copy.with_name("moved"))
    with SilverSight.from_dir(moved, device="cpu") as there:
        found, here = there.ask(NEW), system.ask(NEW)
    assert found.as_dict() | {"seconds": 0} == here.as_dict() | {"seconds": 0}


def test_a_run_is_found_from_here_and_from_the_repository(run, tiny_folder, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSL_ROOT", str(run.parent))
    monkeypatch.chdir(tmp_path)
    # the base's folder is named by the way from the repository to it, and this is another one
    SilverSight.from_dir(run.name, base=tiny_folder, device="cpu").close()
    monkeypatch.setenv("ASSL_ROOT", str(tmp_path))
    monkeypatch.chdir(run.parent)
    SilverSight.from_dir(run.name, base=tiny_folder, device="cpu").close()


@pytest.mark.parametrize("name", routing_system.NEEDED)
def test_a_run_without_a_chapter_says_which(copy, name):
    (copy / name).rename(copy / "elsewhere")
    with pytest.raises(FileNotFoundError, match=rf"{name} is missing: run chapter {name[:2]} first \(make "):
        SilverSight.from_dir(copy, device="cpu")


def test_a_run_that_cannot_answer_says_what_is_wrong(copy, tmp_path):
    with pytest.raises(FileNotFoundError, match="there is no run in"):
        SilverSight.from_dir(tmp_path / "nowhere")
    selected = store.read_table(copy / "05_scoring_mmr" / "selected.parquet")
    extra = pd.DataFrame({"id": ["new-1"], "cluster": [0]})
    store.write_table(pd.concat([selected, extra]), copy / "05_scoring_mmr" / "selected.parquet")
    with pytest.raises(ValueError, match=r"selected 1 rows .* the first is new-1: run chapter 05 again"):
        SilverSight.from_dir(copy, device="cpu")
    store.write_table(selected, copy / "05_scoring_mmr" / "selected.parquet")
    (copy / "06_lora_training" / "experts" / "lora-1" / "training.json").unlink()
    with pytest.raises(FileNotFoundError, match="'lora-1' is missing"):
        SilverSight.from_dir(copy, device="cpu")


def test_the_base_model_is_the_one_of_the_experts_or_an_error(copy, tiny_folder, tmp_path):
    other = tiny_model.save(tmp_path / "base", seed=1)
    with pytest.raises(ValueError, match="another base model"):
        SilverSight.from_dir(copy, base=other, device="cpu")
    with pytest.raises(FileNotFoundError, match="no folder here"):
        SilverSight.from_dir(copy, base="/nowhere/at/all", device="cpu")
    for file in copy.glob("06_lora_training/experts/*/adapter_config.json"):
        store.write_json(store.read_json(file) | {"base_model_name_or_path": "/another/machine/base"}, file)
    with pytest.raises(ValueError, match="name it with base"):
        SilverSight.from_dir(copy, device="cpu")
    SilverSight.from_dir(copy, base=tiny_folder, device="cpu").close()


def test_the_model_is_loaded_as_the_experts_recipe_says_or_as_one_wishes(copy, monkeypatch):
    asked, load = [], routing_system.models.load
    monkeypatch.setattr(routing_system.models, "load", lambda *how: (asked.append(how[2:]), load(how[0], how[1]))[1])
    file = copy / "06_lora_training" / "experts" / "lora-0" / "training.json"
    account = store.read_json(file)
    store.write_json(account | {"recipe": account["recipe"] | {"quantize": "4bit", "dtype": "bfloat16"}}, file)
    SilverSight.from_dir(copy, device="cpu").close()
    SilverSight.from_dir(copy, device="cpu", dtype="float32", quantize="no").close()
    assert asked == [("bfloat16", "4bit"), ("float32", "no")]
