"""Vectors follow their texts, whatever the mode, the batches, and the interruptions."""

import json
import sys

import numpy as np
import pytest
from texts import corpus, mixed

from assl_utils.errors import DataError
from assl_utils.space import backends
from assl_utils.space import encoder as space_encoder


def test_vectors_have_length_one_and_follow_the_order_of_the_texts(encoder):
    texts = corpus()[0] + corpus()[0][:5]
    X = space_encoder.embed(texts, encoder)
    assert X.dtype == np.float32 and X.shape == (65, 16)
    np.testing.assert_allclose(np.linalg.norm(X.astype(np.float64), axis=1), 1, atol=1e-6)
    order = np.random.default_rng(1).permutation(len(texts))
    np.testing.assert_array_equal(space_encoder.embed([texts[i] for i in order], encoder), X[order])
    np.testing.assert_array_equal(X[60:], X[:5])


def test_a_prompt_stands_before_each_text(encoder):
    texts, _ = corpus(6)
    with_prompt = space_encoder.embed(texts, encoder, prompt="央行：")
    np.testing.assert_allclose(with_prompt, space_encoder.embed(["央行：" + t for t in texts], encoder), atol=1e-6)
    assert not np.allclose(with_prompt, space_encoder.embed(texts, encoder), atol=1e-3)


def test_a_text_without_direction_is_named(encoder):
    with pytest.raises(ValueError, match=r"1 texts have no direction.*the first is ''"):
        space_encoder.embed(["公司", ""], encoder)


def test_an_interrupted_call_goes_on_and_returns_the_same_vectors(encoder, tmp_path, monkeypatch):
    texts, _ = corpus()
    monkeypatch.setattr(space_encoder, "CHUNK", 16)
    monkeypatch.setitem(space_encoder.BATCH_TOKENS, "cpu", 1000)  # a chunk is one batch
    whole = space_encoder.embed(texts, encoder)
    calls, real = [], space_encoder._encode

    def fall_over(*rest):
        calls.append(rest[1])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return real(*rest)

    monkeypatch.setattr(space_encoder, "_encode", fall_over)
    with pytest.raises(KeyboardInterrupt):
        space_encoder.embed(texts, encoder, cache=tmp_path)
    resumed = space_encoder.embed(texts, encoder, cache=tmp_path)
    assert len(calls) == 3 + 2, "two chunks stood already"
    np.testing.assert_array_equal(resumed, whole)
    space_encoder.embed(texts, encoder, prompt="问：", cache=tmp_path)
    assert len(calls) == 5 + 4, "another prompt is another request"


def test_a_static_encoder_reads_everything_and_knows_one_way_only(encoder):
    assert space_encoder.truncated(corpus()[0], encoder) == 0.0
    assert space_encoder.choose_mode(encoder, corpus()[0]) == space_encoder.EncodingMode()
    with pytest.raises(ValueError, match="runs by torch in float32, not onnx"):
        space_encoder.choose_mode(encoder, corpus()[0], backend="onnx")


def test_batches_of_tokens_change_no_vector(transformer):
    texts = mixed()
    plain = transformer.encode(texts)
    for budget in (1, 100, 5000):
        found = space_encoder.embed(texts, transformer, batch_tokens=budget)
        np.testing.assert_allclose(found, plain / np.linalg.norm(plain, axis=1, keepdims=True), atol=2e-6)


@pytest.mark.parametrize("budget", [1, 50, 96, 1000])
def test_no_batch_exceeds_its_budget_and_every_text_is_in_one(budget):
    tokens = np.random.default_rng(budget).integers(1, 60, 200)
    order = np.argsort(-tokens, kind="stable")
    batches = space_encoder._batches(order, tokens, budget)
    assert np.concatenate(batches).tolist() == order.tolist()
    assert all(len(b) == 1 or len(b) * tokens[b].max() <= budget for b in batches)


def test_what_the_encoder_does_not_read_is_counted(transformer, tokenizer):
    texts = mixed()
    long = [len(tokenizer(text)["input_ids"]) > 48 for text in texts]
    assert 0 < sum(long) < len(texts)
    assert space_encoder.truncated(texts, transformer) == pytest.approx(np.mean(long))
    assert space_encoder.truncated(texts, transformer, prompt="ÿ" * 60) == 1.0
    assert space_encoder.truncated([], transformer) == 0.0


WAYS = [("torch", "float32"), ("torch", "bfloat16"), ("onnx", "float32"), ("openvino", "float32")]


@pytest.mark.parametrize(("backend", "precision"), [*WAYS, ("openvino", "bfloat16")])
def test_every_way_gives_the_plain_vectors_also_of_padded_texts(backend, precision, transformer):
    texts = mixed()
    plain = space_encoder.embed(texts, transformer)
    assert np.quantile(plain @ plain.T, 0.1) < 0.9, "the texts differ, so a wrong vector would show"
    way = space_encoder.choose_mode(transformer, texts, None, backend, precision)
    assert way[:2] == (backend, precision)
    assert way.rows == (0 if way == space_encoder.EncodingMode() else 100) and way.cosine > 0.999
    found = space_encoder.embed(texts, transformer, mode=way, batch_tokens=300)
    np.testing.assert_allclose(found, plain, atol=3e-6 if precision == "float32" else 0.02)
    np.testing.assert_array_equal(space_encoder.embed(texts, transformer), plain, "the encoder itself is as it was")


def test_the_rows_compared_are_of_all_lengths():
    texts = ["涨" * n for n in range(1, 1001)]
    sample = space_encoder._of_all_lengths(texts[::-1], 100)
    assert len(sample) == 100 and {len(t) for t in sample} >= {1, 1000}
    assert max(np.diff([len(t) for t in sample])) < 12
    assert space_encoder._of_all_lengths(["a", "a"], 100) == ["a"] and space_encoder._of_all_lengths([], 5) == []


def test_a_way_that_changes_the_vectors_is_refused(transformer, monkeypatch):
    real = space_encoder._encode

    def wrong(encoder, texts, prompt, mode=None):
        vectors = real(encoder, texts, prompt)
        return vectors if mode in (None, space_encoder.EncodingMode()) else vectors[:, ::-1]

    monkeypatch.setattr(space_encoder, "_encode", wrong)
    monkeypatch.setattr(space_encoder, "_has_bfloat16", lambda device: True)
    with pytest.raises(ValueError, match=r"torch in bfloat16 gives other vectors.*below 0.999; take backend='torch'"):
        space_encoder.choose_mode(transformer, mixed(), precision="bfloat16")
    assert space_encoder.choose_mode(transformer, mixed()) == space_encoder.EncodingMode(), "auto falls back"


def test_auto_takes_bfloat16_where_the_machine_has_units_for_it(transformer, monkeypatch):
    for has, precision in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(space_encoder, "_has_bfloat16", lambda device, has=has: has)
        assert space_encoder.choose_mode(transformer, mixed()).precision == precision


def test_another_way_is_another_request(transformer, tmp_path):
    texts = mixed()
    space_encoder.embed(texts, transformer, cache=tmp_path)
    space_encoder.embed(texts, transformer, cache=tmp_path)
    space_encoder.embed(texts, transformer, mode=space_encoder.EncodingMode("torch", "bfloat16"), cache=tmp_path)
    space_encoder.embed(texts, transformer, batch_tokens=100, cache=tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_unknown_ways_and_missing_engines_are_named(transformer, monkeypatch):
    with pytest.raises(ValueError, match="backend 'tpu' is none of torch, onnx, openvino"):
        space_encoder.choose_mode(transformer, mixed(), backend="tpu")
    with pytest.raises(ValueError, match="precision 'half' is none of"):
        space_encoder.choose_mode(transformer, mixed(), precision="half")
    with pytest.raises(ValueError, match="onnx runs in float32 here"):
        space_encoder.choose_mode(transformer, mixed(), backend="onnx", precision="bfloat16")
    monkeypatch.setitem(sys.modules, "openvino", None)
    monkeypatch.setattr(space_encoder, "_made", {})
    with pytest.raises(ImportError, match="needs the package openvino: pip install"):
        space_encoder.choose_mode(transformer, mixed(), backend="openvino")


def test_wrong_places_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="so it is no encoder"):
        space_encoder.load_encoder(tmp_path)
    with pytest.raises(FileNotFoundError, match="no encoder folder"):
        space_encoder.load_encoder("./nowhere")


@pytest.fixture
def saved(transformer, tmp_path):
    """The transformer in a folder of its own, to be damaged."""
    transformer.save(str(tmp_path / "saved"))
    return tmp_path / "saved"


def test_an_encoder_without_pooling_is_refused_with_a_way_out(saved):
    assert space_encoder.load_encoder(saved, "cpu").get_embedding_dimension() == 32
    modules = json.loads((saved / "modules.json").read_text())
    (saved / "modules.json").write_text(json.dumps(modules[:1]))
    with pytest.raises(DataError, match=r"has no pooling: .*modules.json names Transformer\).*with a Pooling module"):
        space_encoder.load_encoder(saved)
    (saved / "modules.json").unlink()
    with pytest.raises(DataError, match="names nothing, for it is not there"):
        space_encoder.load_encoder(saved)


def test_an_encoder_whose_tokenizer_drops_chinese_is_refused(saved):
    file = saved / "tokenizer.json"
    about = json.loads(file.read_text())
    about["model"] = {"type": "WordLevel", "vocab": {"[UNK]": 0, "price": 1}, "unk_token": "[UNK]"}
    about["pre_tokenizer"] = {"type": "Whitespace"}
    file.write_text(json.dumps(about))
    config = json.loads((saved / "tokenizer_config.json").read_text()) | {"unk_token": "[UNK]"}
    (saved / "tokenizer_config.json").write_text(json.dumps(config))
    with pytest.raises(DataError, match="its tokenizer drops Chinese text"):
        space_encoder.load_encoder(saved, "cpu")


def test_the_device_decides_whether_bfloat16_is_quick(monkeypatch):
    monkeypatch.setattr(
        space_encoder.torch.cuda, "is_bf16_supported", lambda including_emulation: not including_emulation
    )
    assert space_encoder._has_bfloat16("cuda") and not space_encoder._has_bfloat16("mps")
    monkeypatch.setattr(space_encoder.torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert not space_encoder._has_bfloat16("cuda"), "a card that only plays it is not quicker by it"


class OnACard:
    """What `embed` and `Exported` ask an encoder on a GPU before any of it runs."""

    device, config, max_seq_length = space_encoder.torch.device("cuda"), None, None

    def __getitem__(self, number):
        return self

    def get_embedding_dimension(self):
        return 2


def test_a_batch_on_a_gpu_holds_more_tokens(monkeypatch):
    sizes = []
    monkeypatch.setattr(space_encoder, "token_counts", lambda texts, *_: np.full(len(texts), 1024))
    monkeypatch.setattr(
        space_encoder, "_encode", lambda encoder, texts, *_: sizes.append(len(texts)) or np.ones((len(texts), 2))
    )
    space_encoder.embed([f"text {number}" for number in range(64)], OnACard())
    assert sizes == [32, 32], "32,768 tokens"


def test_another_engine_refuses_an_encoder_on_a_gpu():
    with pytest.raises(ValueError, match="backend 'openvino' runs on a CPU, the encoder is on cuda; take 'torch'"):
        backends.Exported(OnACard(), "openvino", "float32")
