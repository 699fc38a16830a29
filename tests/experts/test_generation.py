"""Greedy answers equal transformers' own, come from fixed batches, and survive a kill line by line."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from assl_utils.experts import adapters, decoding, generation, identity, models, training

TEXTS = ["股价上涨", "公司发布年报，净利润同比增长三成", "受处罚消息影响", "两个句子的意思", "单项选择题：A、B、C、D"]
LONG = "净利润同比增长，股价上涨，情绪积极，年报发布"
PROMPTS = [f"判断情感\n{a}{b}" for a in TEXTS for b in ("", "，投资者情绪消极", "，公司名称")]


def one_at_a_time(model, tokenizer, prompts, max_new_tokens):
    """What plain ``generate`` answers to each prompt alone."""
    answers = []
    for prompt in prompts:
        ids, _ = models.encode_chat(tokenizer, prompt)
        out = model.generate(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=max_new_tokens,
            do_sample=False,
            eos_token_id=models.end_of_answer(tokenizer),
            pad_token_id=0,
        )[0, len(ids) :]
        answers.append(tokenizer.decode([t for t in out if t not in tokenizer.all_special_ids]).strip())
    return answers


@pytest.fixture(scope="module")
def experts(tiny_folder, tmp_path_factory):
    """Two experts that learnt to answer, so that answers end, and end at different lengths."""
    folders = {}
    for name, answers in (
        ("short", ["积极", "消极"]),
        ("long", ["公司", "净利润同比增长，股价上涨，情绪积极，年报发布"]),
    ):
        rows = pd.DataFrame(
            [
                {"instruction": "判断情感", "input": p.split("\n")[1], "output": answers[i % 2]}
                for i, p in enumerate(PROMPTS)
            ]
        )
        folders[name] = training.train_lora(
            tiny_folder,
            rows,
            tmp_path_factory.mktemp("experts") / name,
            lr=3e-2,
            dropout=0.0,
            min_steps=160,
            batch_size=15,
        )
    return folders


@pytest.mark.parametrize("batch_size", [1, 4, 32])
def test_answers_equal_those_of_plain_generate(tiny, batch_size):
    model, tokenizer = tiny
    expected = one_at_a_time(model, tokenizer, PROMPTS, 12)
    assert len(set(expected)) > 5, "a test of one answer would show nothing"
    assert generation.generate(model, tokenizer, PROMPTS, max_new_tokens=12, batch_size=batch_size) == expected


def test_answers_that_end_leave_the_batch_and_do_not_change_the_others(tiny, experts):
    model, tokenizer = tiny
    with adapters.adapters(model, experts) as (wrapped, full):
        got = generation.generate(wrapped, tokenizer, PROMPTS, full["long"], max_new_tokens=40, merge=False)
        with adapters.answering_as(wrapped, full["long"]):
            assert got == one_at_a_time(wrapped, tokenizer, PROMPTS, 40)
    assert {"公司", LONG} <= set(got)


def test_each_prompt_is_answered_by_its_expert(tiny, experts):
    model, tokenizer = tiny
    raw = generation.generate(model, tokenizer, PROMPTS, max_new_tokens=10)
    digest = identity.weights_hash(model)
    with adapters.adapters(model, experts) as (wrapped, full):
        short = generation.generate(wrapped, tokenizer, PROMPTS, full["short"], max_new_tokens=10)
        long = generation.generate(wrapped, tokenizer, PROMPTS, full["long"], max_new_tokens=10)
        names = [[None, full["short"], full["long"]][i % 3] for i in range(len(PROMPTS))]
        mixed = generation.generate(wrapped, tokenizer, PROMPTS, names, max_new_tokens=10)
        apart = generation.generate(wrapped, tokenizer, PROMPTS, names, max_new_tokens=10, merge=False)
    # on some processors' rounding the short one also learns to say nothing
    assert {"积极", "消极"} & set(short) and raw != short != long != raw
    assert mixed == [(raw, short, long)[i % 3][i] for i in range(len(PROMPTS))] == apart
    assert generation.generate(model, tokenizer, PROMPTS, max_new_tokens=10) == raw
    assert identity.weights_hash(model) == digest


def test_an_unknown_expert_is_an_error_and_never_the_base(tiny, experts):
    model, tokenizer = tiny
    with pytest.raises(ValueError, match="no adapter is called short"):
        generation.generate(model, tokenizer, PROMPTS[:2], "short")
    with adapters.adapters(model, experts) as (wrapped, full):
        with pytest.raises(ValueError, match="no adapter is called lora-9; attached are"):
            generation.generate(wrapped, tokenizer, PROMPTS[:2], [full["short"], "lora-9"])
        with pytest.raises(ValueError, match="one name per prompt"):
            generation.generate(wrapped, tokenizer, PROMPTS[:2], [full["short"]])


def test_a_question_longer_than_the_window_is_shortened(tiny):
    model, tokenizer = tiny
    (answer,) = generation.generate(model, tokenizer, ["判断情感\n" + "囧" * 2000], max_new_tokens=5)
    assert isinstance(answer, str)


def count_batches(monkeypatch):
    batches, real = [], decoding.greedy

    def greedy(model, prompts, *rest):
        batches.append([tuple(p) for p in prompts])
        return real(model, prompts, *rest)

    monkeypatch.setattr(decoding, "greedy", greedy)
    return batches


def files(cache):
    return sorted(cache.rglob("*.jsonl"))


def test_an_interrupted_call_goes_on_in_the_same_batches(tiny, tmp_path, monkeypatch):
    model, tokenizer = tiny
    how = {"max_new_tokens": 8, "batch_size": 4}
    batches = count_batches(monkeypatch)
    whole = generation.generate(model, tokenizer, PROMPTS, cache=tmp_path / "whole", **how)
    planned = list(batches)
    (written,) = files(tmp_path / "whole")
    lines = written.read_bytes().splitlines(keepends=True)
    for kept, torn in ((4, b""), (8, lines[8][:30]), (6, b""), (len(lines), b"")):
        batches.clear()
        cut = tmp_path / f"cut{kept}" / written.relative_to(tmp_path / "whole")
        cut.parent.mkdir(parents=True)
        cut.write_bytes(b"".join(lines[:kept]) + torn)
        assert generation.generate(model, tokenizer, PROMPTS, cache=tmp_path / f"cut{kept}", **how) == whole
        assert batches == ([] if kept == len(lines) else planned[kept // 4 :]), (
            "a batch that lacks a row is made again whole"
        )
        again = {row["key"]: row["answer"] for row in generation._lines(cut)}
        assert again == {row["key"]: row["answer"] for row in generation._lines(written)}


def test_the_cache_serves_other_calls_and_knows_model_expert_and_decoding(tiny, experts, tmp_path, monkeypatch):
    model, tokenizer = tiny
    cache = tmp_path / "answers"
    batches = count_batches(monkeypatch)
    raw = generation.generate(model, tokenizer, PROMPTS, cache=cache, max_new_tokens=6)
    batches.clear()
    assert generation.generate(model, tokenizer, PROMPTS[::-2], cache=cache, max_new_tokens=6) == raw[::-2]
    with adapters.adapters(model, experts) as (wrapped, full):
        assert generation.generate(wrapped, tokenizer, PROMPTS[:3], cache=cache, max_new_tokens=6) == raw[:3]
        assert batches == [], "the base model answers the same with and without experts beside it"
        generation.generate(wrapped, tokenizer, PROMPTS[:3], full["short"], cache=cache, max_new_tokens=6)
        assert len(batches) == 1
        folders = {path.parent for path in files(cache)}
        assert len(folders) == 2, "the expert's answers lie apart from the base model's"
    generation.generate(model, tokenizer, PROMPTS[:3], cache=cache, max_new_tokens=7)
    assert len(batches) == 2
    with torch.no_grad():
        model.model.norm.weight.mul_(-1)
    assert generation.generate(model, tokenizer, PROMPTS[:3], cache=cache, max_new_tokens=6) != raw[:3]
    assert len(batches) == 3


def test_two_requests_never_write_one_file(tiny, tmp_path):
    model, tokenizer = tiny
    cache = tmp_path / "answers"
    first = generation.generate(model, tokenizer, PROMPTS[:4], cache=cache, max_new_tokens=4)
    before = {path: path.read_bytes() for path in files(cache)}
    whole = generation.generate(model, tokenizer, PROMPTS[:8], cache=cache, max_new_tokens=4)
    assert whole[:4] == first and {path: path.read_bytes() for path in before} == before
    new = [row for path in files(cache) if path not in before for row in generation._lines(path)]
    assert len(new) == 4, "only what was not there is answered"


def test_a_cache_that_is_a_file_is_refused(tiny, tmp_path):
    (tmp_path / "answers.jsonl").write_text("")
    with pytest.raises(NotADirectoryError, match="answers are kept in a folder"):
        generation.generate(*tiny, PROMPTS[:2], cache=tmp_path / "answers.jsonl")


def test_equal_prompts_are_answered_once_and_their_cost_is_told(tiny, tmp_path):
    model, tokenizer = tiny
    table = generation.answer(model, tokenizer, PROMPTS[:2] * 3, max_new_tokens=4, cache=tmp_path / "c")
    assert table["answer"].tolist() == table["answer"].tolist()[:2] * 3
    (written,) = files(tmp_path / "c")
    rows = [json.loads(line) for line in written.read_text().splitlines()]
    assert len(rows) == 2
    expected = [len(models.encode_chat(tokenizer, p)[0]) for p in PROMPTS[:2]]
    assert table["prompt_tokens"].tolist() == expected * 3
    assert (table["seconds"] > 0).all() and table["answer_tokens"].between(0, 4).all()
    again = generation.answer(model, tokenizer, PROMPTS[:2] * 3, max_new_tokens=4, cache=tmp_path / "c")
    pd.testing.assert_frame_equal(table, again)


def test_remainders_of_several_experts_share_batches_where_that_makes_fewer(tiny, experts, monkeypatch):
    model, tokenizer = tiny
    batches = count_batches(monkeypatch)
    how = {"max_new_tokens": 10, "batch_size": 5}
    with adapters.adapters(model, experts) as (wrapped, full):
        names = [[None, full["short"], full["long"]][i % 3] for i in range(8)] + [full["long"]] * 7
        apart = generation.generate(wrapped, tokenizer, PROMPTS, names, mixed=False, merge=False, **how)
        assert sorted(map(len, batches)) == [2, 3, 3, 5, 5] or sorted(map(len, batches)) == [3, 3, 4, 5]
        batches.clear()
        together = generation.generate(wrapped, tokenizer, PROMPTS, names, mixed=True, merge=False, **how)
    assert together == apart
    assert sum(map(len, batches)) == len(PROMPTS) and len(batches) == 3, [len(b) for b in batches]


def nll_by_hand(model, tokenizer, prompt, answer, end=True):
    ids, n = models.encode_chat(tokenizer, prompt, answer)
    ids = ids if end else ids[:-1]
    with torch.no_grad():
        logp = model(input_ids=torch.tensor([ids])).logits[0].log_softmax(-1)
    return -np.mean([logp[place - 1, ids[place]].item() for place in range(n, len(ids))])


@pytest.mark.parametrize("end", [True, False])
def test_likelihoods_equal_their_printed_equation(tiny, experts, end):
    model, tokenizer = tiny
    answers = [["积极", "消极，股价下跌", "是"][i % 3] for i in range(len(PROMPTS))]
    pairs = list(zip(PROMPTS, answers, strict=True))
    expected = [nll_by_hand(model, tokenizer, *pair, end) for pair in pairs]
    got = generation.log_likelihood(model, tokenizer, PROMPTS, answers, batch_size=4, end=end)
    np.testing.assert_allclose(got, expected, rtol=1e-4)
    with adapters.adapters(model, experts) as (wrapped, full):
        names = [[None, full["short"]][i % 2] for i in range(len(PROMPTS))]
        mixed = generation.log_likelihood(wrapped, tokenizer, PROMPTS, answers, names, end=end)
        with adapters.answering_as(wrapped, full["short"]):
            tuned = [nll_by_hand(wrapped, tokenizer, *pair, end) for pair in pairs]
    np.testing.assert_allclose(mixed, [(expected, tuned)[i % 2][i] for i in range(len(PROMPTS))], rtol=1e-3)


def test_an_empty_answer_without_its_end_has_no_likelihood(tiny):
    got = generation.log_likelihood(*tiny, PROMPTS[:2], ["", "是"], end=False)
    assert np.isnan(got[0]) and np.isfinite(got[1])


@pytest.mark.parametrize("options", [("A", "B", "C", "D"), ("积极", "消极", "净利润同比增长")])
def test_options_are_scored_as_beginnings_of_the_answer(tiny, options):
    model, tokenizer = tiny
    got = generation.option_likelihood(model, tokenizer, PROMPTS, options, batch_size=4)
    expected = [[nll_by_hand(model, tokenizer, p, option, end=False) for option in options] for p in PROMPTS]
    np.testing.assert_allclose(got, expected, rtol=1e-4)


def test_likelihoods_of_letters_are_kept_for_who_is_asked_and_what(tiny, experts, tmp_path, monkeypatch):
    def ask(model, who, prompts=PROMPTS, cache=tmp_path, options=("A", "B", "C", "D")):
        return generation.option_likelihood(model, tiny[1], prompts, options, who, 4, cache=cache)

    base = ask(tiny[0], None)
    with adapters.adapters(tiny[0], experts) as (wrapped, full):
        who = [full[name] for name in ("short", "long")] * len(PROMPTS)
        given = [who[: len(PROMPTS)], None, full["short"], full["long"]]
        found = [ask(wrapped, one) for one in given]
        for one, values in zip(given, found, strict=True):
            np.testing.assert_array_equal(values, ask(wrapped, one, cache=None))
        monkeypatch.setattr(generation.decoding, "greedy", lambda *_, **__: pytest.fail("it is known already"))
        for one, values in zip(given, found, strict=True):
            np.testing.assert_array_equal(values, ask(wrapped, one))
    np.testing.assert_array_equal(found[1], base)
    assert not np.array_equal(found[2], found[3]), "else the test would show nothing"
    for other in ({"prompts": PROMPTS[:3]}, {"options": ("A", "B")}):
        with pytest.raises(pytest.fail.Exception, match="known"):
            ask(tiny[0], None, **other)


def test_without_a_cache_no_weights_are_hashed_and_answers_are_the_same(tiny, tmp_path, monkeypatch):
    kept = generation.generate(*tiny, PROMPTS, max_new_tokens=5, cache=tmp_path / "answers")
    monkeypatch.setattr(identity, "weights_hash", lambda *_: pytest.fail("the weights of 7B would be read"))
    assert generation.generate(*tiny, PROMPTS, max_new_tokens=5) == kept
