"""Feedback is ROUGE of the answers, or the likelihood of the reference, of the raw model and of the right expert."""

import numpy as np
import pandas as pd
import pytest
import torch
from rouge_chinese import Rouge

from assl_utils.experts import adapters, models, training
from assl_utils.selection import feedback
from assl_utils.tasks import wordings

ROWS = pd.DataFrame(
    [
        ("判断情感", text, "积极" if i % 2 else "消极情绪")
        for i, text in enumerate(
            ["股价上涨", "公司发布年报", "受处罚消息影响", "两个句子的意思", "单项选择题", "净利润"]
        )
    ],
    columns=["instruction", "input", "output"],
)
WANTED = ["good", "bad"] * 3


@pytest.fixture(scope="module")
def experts(tiny_folder, tmp_path_factory):
    """One that learnt the rows and one that learnt to say something else."""
    folder = tmp_path_factory.mktemp("experts")
    recipe = {"lr": 3e-2, "dropout": 0.0, "min_steps": 40, "batch_size": 6}
    return {
        "good": training.train_lora(tiny_folder, ROWS, folder / "good", **recipe),
        "bad": training.train_lora(tiny_folder, ROWS.assign(output="无关的话"), folder / "bad", **recipe),
    }


def test_answers_are_scored_as_rouge_chinese_scores_them(tiny, experts, tmp_path):
    model, tokenizer = tiny
    cache = tmp_path / "answers"
    found = feedback.ask(model, tokenizer, ROWS, experts, WANTED, batch_size=3, max_new_tokens=8, cache=cache)
    assert {"raw", "lora", "raw_answer", "lora_answer"} <= set(found.columns) and cache.exists()
    assert (found["raw_read"] > 10).all() and (found["lora_written"] >= 1).all()
    assert (found[["raw_seconds", "lora_seconds"]] > 0).all(axis=None)
    for side in ("raw", "lora"):
        for value, answer, reference in zip(found[side], found[f"{side}_answer"], ROWS["output"], strict=True):
            spaced = " ".join("".join(answer.split()))
            expected = Rouge().get_scores(spaced, " ".join(reference))[0]["rouge-l"]["f"] if spaced else 0.0
            assert value == pytest.approx(expected, abs=1e-9)
    good = np.array(WANTED) == "good"
    assert (found.loc[good, "lora"] > 0.99).all() and (found.loc[~good, "lora"] < 0.1).all()


def nll_by_hand(model, tokenizer, row):
    """One row alone, one token after the other."""
    ids, start = models.encode_chat(tokenizer, wordings.prompt(row.instruction, row.input), row.output)
    with torch.no_grad():
        logs = model(torch.tensor([ids])).logits[0].log_softmax(-1)
    return -np.mean([float(logs[t - 1, ids[t]]) for t in range(start, len(ids))])


def test_likelihoods_are_those_of_the_reference_token_by_token(tiny, experts):
    model, tokenizer = tiny
    found = feedback.ask(model, tokenizer, ROWS, experts, WANTED, kind="nll", batch_size=4)
    expected = [np.exp(-nll_by_hand(model, tokenizer, row)) for row in ROWS.itertuples()]
    np.testing.assert_allclose(found["raw"], expected, rtol=1e-4)
    with adapters.adapters(model, experts) as (both, full):
        for row, name, value in zip(ROWS.itertuples(), WANTED, found["lora"], strict=True):
            with adapters.answering_as(both, full[name]):
                assert value == pytest.approx(np.exp(-nll_by_hand(both, tokenizer, row)), rel=1e-3)
    good = np.array(WANTED) == "good"
    assert found.loc[good, "lora"].min() > 5 * found.loc[~good, "lora"].max()
    assert (found[["raw_answer", "lora_answer"]] == "").all(axis=None), "no answer was written"


@pytest.mark.parametrize("kind", ["rouge", "nll"])
def test_shards_find_what_one_call_finds(tiny_folder, experts, tmp_path, kind):
    how = {"kind": kind, "batch_size": 2, "max_new_tokens": 8}
    whole = feedback.ask(*models.load(tiny_folder, device="cpu"), ROWS, experts, WANTED, **how)
    shards = feedback.ask_all(tiny_folder, ROWS, experts, WANTED, shard=4, cache=tmp_path / "answers", **how)
    same = ["raw_answer", "lora_answer", "raw_read", "raw_written", "lora_read", "lora_written"]
    pd.testing.assert_frame_equal(shards[same], whole[same], check_dtype=False)
    np.testing.assert_allclose(shards[["raw", "lora"]], whole[["raw", "lora"]], rtol=1e-4)
    assert feedback.ask_all(tiny_folder, ROWS[:0], experts, [], **how).empty


def test_another_kind_is_refused(tiny):
    with pytest.raises(ValueError, match="feedback=bleu is none of rouge, nll"):
        feedback.ask(*tiny, ROWS, {}, [], kind="bleu")


def test_two_kinds_that_want_the_same_agree_and_one_that_wants_the_contrary_does_not():
    one = pd.DataFrame({"raw": [0.1, 0.5, 0.9, 0.3], "lora": 0.2, "raw_seconds": 0.1, "lora_seconds": 0.3})
    two = one.assign(raw=one["raw"] ** 2, raw_seconds=0.0, lora_seconds=0.1)
    overall, by, taken = feedback.agreement(one, two, [0, 0, 1, 1])
    assert overall == pytest.approx(1) and by.tolist() == pytest.approx([1, 1]) and taken == pytest.approx((0.4, 0.1))
    overall, by, _ = feedback.agreement(one, two.assign(raw=1 - one["raw"]), [0, 0, 1, 1])
    assert overall == pytest.approx(-1) and by.tolist() == pytest.approx([-1, -1])


def test_the_costs_of_both_models_are_kept_apart(tiny, experts):
    found = feedback.ask(*tiny, ROWS, experts, WANTED, max_new_tokens=8)
    works = feedback.costs(found, 2.5, lambda read, written: read + 10 * written)
    assert [work["work"] for work in works] == ["answers of the raw model", "answers of the first experts"]
    assert works[0]["tokens"] == found["raw_read"].sum() + found["raw_written"].sum()
    assert works[1]["floor_s"] == found["lora_read"].sum() + 10 * found["lora_written"].sum()
    assert works[0]["seconds"] == pytest.approx(found["raw_seconds"].sum()) and works[0]["estimated_s"] == 2.5


def test_what_is_copied_is_counted_in_runs_of_four_characters():
    assert feedback.copied("净利润增长", "公司净利润增长三成") == 1.0
    assert feedback.copied("净利润增减", "公司净利润增长三成") == 0.5  # 净利润增 is there, 利润增减 is not
    assert feedback.copied("上涨", "股价上涨") != feedback.copied("上涨", "股价上涨"), "too short: NaN"


def test_answers_are_described_by_means_of_their_sub_task():
    rows = pd.DataFrame({"subtask": ["qa", "summary", "qa"], "instruction": "回答", "output": ["一", "二三", "四五六"],
                         "input": ["公司净利润增长", "股价上涨了一成", "公司净利润增长"]}, index=[5, 6, 7])  # fmt: skip
    found = pd.DataFrame({"raw": [0.0, 0.5, 1.0], "lora": [1.0, 0.0, 0.0], "raw_answer": ["净利润增", "", "没有写的字"],
                          "lora_answer": ["是", "股价上涨了一", "否否"]})  # fmt: skip
    table = feedback.by_subtask(rows, found)
    assert table.loc["qa", ["raw", "lora", "characters wanted", "raw writes", "lora writes"]].tolist() == [
        0.5, 0.5, 2.0, 4.5, 1.5,
    ]  # fmt: skip
    assert table.at["qa", "raw copied"] == 0.5 and np.isnan(table.at["qa", "lora copied"])
    assert table.at["summary", "lora copied"] == 1.0 and np.isnan(table.at["summary", "raw copied"])


def test_a_sample_is_of_distinct_positions_in_order():
    some = feedback.sample(50, 20, seed=3)
    assert len(some) == 20 and (np.diff(some) > 0).all() and some.tolist() == feedback.sample(50, 20, seed=3).tolist()
    assert some.tolist() != feedback.sample(50, 20, seed=4).tolist() and len(feedback.sample(5, 20)) == 5


def test_shards_load_the_model_as_they_are_asked_to(monkeypatch, tiny):
    """Weights in 4 bits reach the jobs that answer: on a small GPU nothing else fits."""
    asked = []
    monkeypatch.setattr(feedback.models, "load_once", lambda base, **how: asked.append({"base": base} | how) or tiny)
    monkeypatch.setattr(feedback, "ask", lambda *args, **how: pd.DataFrame({"raw": [0.0] * len(args[2])}))
    feedback.ask_all("embedded", ROWS, {"good": "."}, ["good"] * 6, shard=4, dtype="bfloat16", quantize="4bit")
    feedback.ask_all("embedded", ROWS[:0], {}, [], dtype="bfloat16", quantize="4bit")
    assert asked == [{"base": "embedded", "dtype": "bfloat16", "quantize": "4bit"}] * 3
