"""The nearest expert answers: distances read aloud, ties, wrong spaces, and the system put together from a run."""

import json
import math
import os
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import tiny_model

from assl_utils import embedding, models, routing, store, training
from assl_utils.routing import Router, SilverSight

TEXTS = {
    "判断情感": ["公司净利润同比增长", "股价上涨投资者情绪积极", "受处罚消息影响股价下跌", "公司发布年报情绪消极"],
    "选择题": ["单项选择题A、B、C、D", "选出正确答案A、B、C、D", "单项选择题选出答案", "正确答案是哪个A、B"],
}
QUESTIONS = [models.prompt(instruction, text) for instruction, texts in TEXTS.items() for text in texts]


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder") / "encoder"
    embedding.fit_static(QUESTIONS, tiny_model.tokenizer(texts=QUESTIONS, vocab_size=400), dim=6, out_dir=folder)
    return folder


@pytest.fixture(scope="module")
def encoder(encoder_folder):
    return embedding.load_encoder(encoder_folder, device="cpu")


@pytest.fixture
def router(encoder):
    vectors = embedding.embed(QUESTIONS, encoder)
    return Router(np.stack([vectors[:4].mean(0), vectors[4:].mean(0)]), encoder, ["lora-0", "lora-1"])


def distance_read_aloud(x, c, metric):
    x, c = x.astype(float).tolist(), c.astype(float).tolist()
    if metric == "euclidean":
        return math.dist(x, c)
    return 1 - sum(a * b for a, b in zip(x, c, strict=True)) / math.hypot(*x) / math.hypot(*c)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_nearest_centroid_is_chosen(encoder, metric):
    rng = np.random.default_rng(0)
    centroids = rng.normal(size=(5, 6))
    router = Router(centroids, encoder, list("abcde"), metric=metric)
    table = router.route(QUESTIONS)
    assert list(table.columns) == ["expert", "distance", "margin"]
    for row, x in zip(table.itertuples(), embedding.embed(QUESTIONS, encoder), strict=True):
        expected = [distance_read_aloud(x, c, metric) for c in centroids]
        assert row.expert == "abcde"[int(np.argmin(expected))]
        assert row.distance == pytest.approx(min(expected), abs=1e-9)
        assert row.margin == pytest.approx(sorted(expected)[1] - min(expected), abs=1e-9)


def test_questions_go_to_the_experts_of_their_kind(router):
    assert router.route(QUESTIONS)["expert"].tolist() == ["lora-0"] * 4 + ["lora-1"] * 4


def test_ties_go_to_the_expert_that_comes_first(encoder):
    centroids = np.array([[0, 2, 0, 0, 0, 0], [0, 0, 1, 0, 0, 0], [0, 0, 0, 1, 0, 0], [0, 0, 1, 0, 0, 0.0]])
    router = Router(centroids, encoder, list("abcd"))
    x = np.array([[1, 0, 0, 0, 0, 0], [0, 0, 0.5, 0.5, 0, 0]])
    table = router.route_vectors(x)
    assert table["expert"].tolist() == ["b", "b"] and table["margin"].tolist() == [0, 0]


def test_one_expert_has_no_rival(encoder):
    table = Router(np.ones((1, 6)), encoder, ["only"]).route(QUESTIONS[:2])
    assert table["expert"].tolist() == ["only"] * 2 and np.isinf(table["margin"]).all()


def test_no_texts_give_an_empty_table(router):
    assert list(router.route([]).columns) == ["expert", "distance", "margin"] and len(router.route([])) == 0


def test_what_cannot_be_measured_is_said(encoder, router):
    with pytest.raises(ValueError, match="row 1 of the vectors holds NaN"):
        router.route_vectors(np.array([[1.0] * 6, [np.nan] * 6]))
    with pytest.raises(ValueError, match="without NaN"):
        Router(np.full((2, 6), np.nan), encoder, ["a", "b"])
    with pytest.raises(ValueError, match="as many different names"):
        Router(np.ones((2, 6)), encoder, ["a", "a"])
    with pytest.raises(ValueError, match="3 dimensions, the encoder gives 6"):
        Router(np.ones((2, 3)), encoder, ["a", "b"])
    with pytest.raises(ValueError, match="unknown metric"):
        Router(np.ones((2, 6)), encoder, ["a", "b"], metric="manhattan")


def test_a_router_comes_back_from_its_folder(router, encoder_folder, tmp_path):
    saved = Router(router.centroids, encoder_folder, router.names, "cosine", "问：").save(tmp_path / "run" / "router")
    again = Router.from_dir(saved)
    assert (again.names, again.metric, again.prompt) == (router.names, "cosine", "问：")
    expected = Router(router.centroids, encoder_folder, router.names, "cosine", "问：").route(QUESTIONS)
    pd.testing.assert_frame_equal(again.route(QUESTIONS), expected)
    with pytest.raises(ValueError, match="encoder object"):
        router.save(tmp_path / "other")
    with pytest.raises(FileNotFoundError, match="run chapter 07 first"):
        Router.from_dir(tmp_path)


def test_a_run_that_moves_takes_its_router_along(router, encoder_folder, tmp_path):
    shutil.copytree(encoder_folder, tmp_path / "run" / "03" / "encoder")
    Router(router.centroids, tmp_path / "run" / "03" / "encoder", router.names).save(tmp_path / "run" / "07" / "router")
    (tmp_path / "run").rename(tmp_path / "moved")
    moved = Router.from_dir(tmp_path / "moved" / "07" / "router")
    pd.testing.assert_frame_equal(moved.route(QUESTIONS), router.route(QUESTIONS))


def test_another_encoder_or_prompt_than_the_clusterings_is_an_error(router, encoder, encoder_folder, tmp_path):
    fitted = embedding.describe(encoder, "问：")
    Router(router.centroids, encoder, router.names, prompt="问：", fitted=fitted)
    with pytest.raises(ValueError, match="another prompt"):
        Router(router.centroids, encoder, router.names, fitted=fitted)
    other = embedding.fit_static(QUESTIONS[1:], tiny_model.tokenizer(texts=QUESTIONS, vocab_size=400), dim=6)
    with pytest.raises(ValueError, match="another encoder"):
        Router(router.centroids, other, router.names, prompt="问：", fitted=fitted)
    saved = Router(router.centroids, encoder_folder, router.names).save(tmp_path / "router")
    with pytest.raises(ValueError, match="another encoder"):
        Router.from_dir(saved, encoder=other)


@pytest.fixture(scope="module")
def run(tiny_folder, encoder_folder, tmp_path_factory):
    """What the chapters leave, for two tiny experts: one that answers 积极, one that answers A."""
    run = tmp_path_factory.mktemp("runs") / "toy"
    rows = pd.DataFrame(
        {
            "id": [f"toy-{i:05d}" for i in range(8)],
            "instruction": [q.split("\n")[0] for q in QUESTIONS],
            "input": [q.split("\n")[1] for q in QUESTIONS],
            "output": ["积极"] * 4 + ["A"] * 4,
        }
    )
    store.write_table(rows.iloc[::-1], run / "02_instruction_expansion" / "rows.parquet")
    folder = run / "03_semantic_clustering"
    shutil.copytree(encoder_folder, folder / "encoder")
    vectors = embedding.embed(QUESTIONS, embedding.load_encoder(folder / "encoder", device="cpu"))
    store.write_array(vectors, folder / "vectors.npy")
    clusters = pd.DataFrame({"id": rows["id"], "cluster": [0] * 4 + [1] * 4})
    store.write_table(clusters, folder / "clusters.parquet")
    store.write_table(clusters.drop(index=[0, 5]), run / "05_scoring_mmr" / "selected.parquet")
    for cluster in (0, 1):
        training.train_lora(
            tiny_folder, rows[clusters["cluster"] == cluster], run / "06_lora_training" / "experts" / f"lora-{cluster}",
            lr=3e-2, min_steps=25, batch_size=4, dropout=0.0,
        )  # fmt: skip
    centroids = np.stack([vectors[:4].mean(0), vectors[4:].mean(0)])
    Router(centroids, folder / "encoder", ["lora-0", "lora-1"]).save(run / "07_routing" / "router")
    return run


def test_the_system_of_a_run_answers_and_says_why(run):
    system = SilverSight.from_dir(run, device="cpu")
    for question, answer, expert in ((QUESTIONS[1], "积极", "lora-0"), (QUESTIONS[6], "A", "lora-1")):
        found = system.ask(question)
        assert (found.answer, found.expert) == (answer, expert)
        assert list(found.distances) == ["lora-0", "lora-1"]
        assert found.margin == pytest.approx(abs(found.distances["lora-0"] - found.distances["lora-1"]))
        assert models.prompt(*found.nearest.loc[0, ["instruction", "input"]]) == question
        assert found.nearest["distance"].is_monotonic_increasing and found.nearest["distance"][0] < 1e-6
        assert (found.nearest["output"] == answer).all() and len(found.nearest) == 3
    assert models.prompt(*system.ask(QUESTIONS[0]).nearest.loc[0, ["instruction", "input"]]) != QUESTIONS[0], (
        "a row that was not selected taught nobody"
    )
    with pytest.raises(ValueError, match="empty question"):
        system.ask("  ")
    system.close()
    assert models.weights_hash(system.model) == models.weights_hash(models.load(run_base(run), device="cpu")[0])


def run_base(run):
    config = store.read_json(run / "06_lora_training" / "experts" / "lora-0" / "adapter_config.json")
    return config["base_model_name_or_path"]


def test_a_run_that_cannot_answer_says_what_is_missing(run, tmp_path):
    with pytest.raises(FileNotFoundError, match="no finished chapter 07"):
        SilverSight.from_dir(tmp_path / "nowhere")
    copy = shutil.copytree(run, tmp_path / "copy")
    other = tiny_model.save(tmp_path / "base", seed=1)
    with pytest.raises(ValueError, match="another base model"):
        SilverSight.from_dir(copy, base=other, device="cpu")
    shutil.rmtree(copy / "06_lora_training" / "experts" / "lora-1")
    with pytest.raises(FileNotFoundError, match="'lora-1' is missing"):
        SilverSight.from_dir(copy, device="cpu")


def test_the_command_line_answers(run, capsys):
    from assl_utils import ask

    assert ask.main([QUESTIONS[1], "--run", str(run), "--device", "cpu", "--nearest", "1"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == "积极" and printed[2].startswith("lora-0: lora-0 0.") and "→ 积极" in printed[3]
    assert ask.main([QUESTIONS[6], "--run", str(run), "--device", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["expert"] == "lora-1" and len(found["nearest"]) == 3
    assert ask.main(["问", "--run", str(run / "nowhere")]) == 1
    assert "cannot answer: " in capsys.readouterr().err


def test_help_does_not_wait_for_torch():
    code = "import sys; from assl_utils import ask\ntry: ask.main(['--help'])\nexcept SystemExit: pass\n"
    code += "assert 'torch' not in sys.modules"
    root = os.path.dirname(os.path.dirname(routing.__file__))
    subprocess.run([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": root}, check=True, capture_output=True)
