"""The fitted encoder is an ordinary sentence-transformers folder, and a call that is resumed gives the same vectors."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import tiny_model
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from transformers import BertConfig, BertModel

from assl_utils import store
from assl_utils.sources import collect
from assl_utils.space import encoder as space_encoder
from assl_utils.space import static
from assl_utils.tasks import wordings

TOPICS = {
    "profit": (["公司", "净利润", "同比", "增长", "年报", "营收"], "业绩"),
    "rates": (["央行", "降息", "利率", "国债", "货币", "政策"], "宏观"),
    "crypto": (["比特币", "区块链", "交易所", "代币", "矿机", "钱包"], "币圈"),
}


def corpus(n=60, seed=0):
    """Texts of words drawn from one of three topics, and the topic of each."""
    rng = np.random.default_rng(seed)
    topics = [list(TOPICS)[i % 3] for i in range(n)]
    texts = ["今天" + "".join(rng.choice(TOPICS[t][0], 8)) + TOPICS[t][1] for t in topics]
    return texts, np.array(topics)


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_model.tokenizer(texts=corpus()[0], vocab_size=420)


@pytest.fixture(scope="module")
def encoder(tokenizer, tmp_path_factory):
    return static.fit_static(corpus()[0], tokenizer, dim=16, out_dir=tmp_path_factory.mktemp("fit") / "encoder")


def test_plain_sentence_transformers_loads_the_folder_and_gives_the_same_vectors(tokenizer, tmp_path):
    texts, _ = corpus()
    fitted = static.fit_static(texts, tokenizer, dim=16, out_dir=tmp_path / "encoder")
    plain = SentenceTransformer(str(tmp_path / "encoder"), device="cpu")
    np.testing.assert_array_equal(plain.encode(texts), fitted.encode(texts))
    np.testing.assert_allclose(plain.encode(texts), space_encoder.embed(texts, fitted), atol=1e-6)
    assert not list((tmp_path / "encoder").rglob("*.bin"))


@pytest.mark.slow
def test_the_files_are_the_same_bytes_for_any_number_of_threads(tmp_path):
    """300 rows and all rows of the cpu run, each in processes of 1, 2 and 4 threads."""
    rows = wordings.assign(collect.embedded().rows, seed=0)
    texts = wordings.prompts(rows)
    assert len(texts) > 4000
    (tmp_path / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    fits = (
        "import json, sys\n"
        "from assl_utils.pretrained import load_tokenizer\n"
        "from assl_utils.space import static\n"
        "texts, tokenizer = json.load(open('texts.json', encoding='utf-8')), load_tokenizer('embedded')\n"
        "for n in (300, len(texts)):\n"
        "    static.fit_static(texts[:n], tokenizer, out_dir=f'{sys.argv[1]}-{n}')\n"
    )
    found = {}
    for threads in ("1", "2", "4"):
        limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), threads)
        paths = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        subprocess.run(
            [sys.executable, "-c", fits, threads], cwd=tmp_path, env=os.environ | limits | paths, check=True
        )  # fmt: skip
        found[threads] = [store.sha256(tmp_path / f"{threads}-{n}") for n in (300, len(texts))]
    assert found["1"] == found["2"] == found["4"]


def test_the_positive_information_of_every_pair_counted_by_hand():
    from scipy import sparse

    texts = [[0, 1, 1], [0, 1], [2], [0, 2], [3, 3]]
    counts = sparse.csr_array(np.array([[t.count(i) for i in range(4)] for t in texts], dtype=float))
    found = static._positive_information(counts, np.array([3, 2, 2, 1])).toarray()
    expected = np.zeros((4, 4))
    expected[0, 1] = expected[1, 0] = np.log(5 * 2 / (3 * 2))  # met twice; 0 and 2 met less than chance
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_text_is_the_mean_of_its_tokens_scaled_to_length_one(encoder):
    text = corpus()[0][0]
    table = encoder[0].embedding.weight.detach().numpy()
    mean = table[encoder.tokenizer.encode(text, add_special_tokens=False).ids].mean(axis=0)
    np.testing.assert_allclose(space_encoder.embed([text], encoder)[0], mean / np.linalg.norm(mean), atol=1e-6)


def test_near_copies_and_texts_of_one_topic_are_nearer_than_others(encoder):
    texts, topics = corpus()
    X = space_encoder.embed(texts, encoder)
    swapped = [t[:2] + TOPICS[topic][0][0] + t[4:] for t, topic in zip(texts, topics, strict=True)]
    near = (X * space_encoder.embed(swapped, encoder)).sum(axis=1)
    similar = X @ X.T
    np.fill_diagonal(similar, np.nan)
    same = topics[:, None] == topics[None, :]
    assert (near > np.where(same, -1, similar).max(axis=1)).mean() > 0.95
    assert (near > np.nanmean(np.where(same, similar, np.nan), axis=1)).mean() > 0.9
    assert np.nanmean(similar[same]) > similar[~same].mean() + 0.5
    np.fill_diagonal(similar, -1)
    assert (topics[similar.argmax(axis=1)] == topics).all()


def test_the_same_corpus_and_seed_give_the_same_encoder(tokenizer):
    texts, _ = corpus()
    one, two = (static.fit_static(texts, tokenizer, dim=16, seed=3) for _ in range(2))
    assert space_encoder.describe(one) == space_encoder.describe(two)
    assert space_encoder.describe(one) != space_encoder.describe(
        static.fit_static(texts[1:], tokenizer, dim=16, seed=3)
    )
    assert space_encoder.describe(one, "query: ") != space_encoder.describe(one)


def test_the_tokenizer_given_stays_as_it_is(tokenizer):
    before = tokenizer.backend_tokenizer.to_str()
    static.fit_static(corpus()[0], tokenizer, dim=8)
    assert tokenizer.backend_tokenizer.to_str() == before


def test_words_the_corpus_does_not_hold_have_a_place(encoder, tokenizer):
    strange = ["ÿ", "囧", "Zebra"]
    seen = set(tokenizer(corpus()[0], add_special_tokens=False)["input_ids"][0])
    assert not seen & set(tokenizer.encode("ÿ", add_special_tokens=False))
    vectors = space_encoder.embed(strange, encoder)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


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


# From here on a transformer: two layers of random weights, which pads and cuts as large ones do.


@pytest.fixture(scope="module")
def transformer(tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.2,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    module = Transformer(str(folder))
    module.max_seq_length = 48
    return SentenceTransformer(modules=[module, Pooling(32, pooling_mode="mean")], device="cpu")


def mixed(n=130):
    """Texts of 1 to some 120 characters, in no order, with repeats."""
    rng = np.random.default_rng(2)
    words = [word for topic in TOPICS.values() for word in topic[0]]
    texts = ["".join(rng.choice(words, size)) for size in rng.integers(1, 50, n)]
    return texts + texts[:9]


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


def test_openvino_does_not_report_home():
    """Asked in a process of its own, outside CI: there its import alone is reported."""
    asks = (
        "from assl_utils.space import backends\n"
        "with backends._unreported():\n    backends._engine('openvino')\n"
        "import openvino_telemetry; print(openvino_telemetry.Telemetry().consent)"
    )
    clean = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, env=clean, check=True)
    assert done.stdout.split()[-1] == "False"


def test_signals_are_survived_after_openvino():
    """In a process of its own: what is tested is that it is not a segmentation fault."""
    asks = (
        "import gc, os, signal, torch\n"
        "from assl_utils.space import backends\n"
        "class Sum(torch.nn.Module):\n"
        "    def forward(self, ids, mask):\n"
        "        return (ids * mask).float()\n"
        "ids, mask = torch.ones(2, 3, 17, dtype=torch.long).unbind()\n"
        "for _ in range(3):\n"
        "    run = backends._by_openvino(torch.export.export(Sum(), (ids, mask.clone())), 'float32')\n"
        "    assert run(ids.numpy(), mask.numpy()).sum() == 51\n"
        "del run\n"
        "gc.collect()\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('heard'))\n"
        "os.kill(os.getpid(), signal.SIGTERM)\n"
    )
    done = subprocess.run([sys.executable, "-X", "faulthandler", "-c", asks], capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.split()[-1] == "heard", done.stderr


def test_wrong_places_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="so it is no encoder"):
        space_encoder.load_encoder(tmp_path)
    with pytest.raises(FileNotFoundError, match="no encoder folder"):
        space_encoder.load_encoder("./nowhere")
    with pytest.raises(ValueError, match="needs a corpus"):
        static.fit_static(["一"], tiny_model.tokenizer())
