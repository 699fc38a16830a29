"""The nearest expert is chosen: distances read aloud, ties, limits, wrong spaces, routers that are kept."""

import math
import shutil
import tracemalloc

import numpy as np
import pandas as pd
import pytest
import tiny_model

from assl_utils import store
from assl_utils.routing import alternatives
from assl_utils.routing import router as routing_router
from assl_utils.routing.router import Router
from assl_utils.space import static
from assl_utils.space.encoder import describe, embed, load_encoder
from assl_utils.tasks import wordings

TEXTS = {
    "判断情感": ["公司净利润同比增长", "股价上涨投资者情绪积极", "受处罚消息影响股价下跌", "公司发布年报情绪消极"],
    "选择题": ["单项选择题A、B、C、D", "选出正确答案A、B、C、D", "单项选择题选出答案", "正确答案是哪个A、B"],
}
QUESTIONS = [wordings.prompt(instruction, text) for instruction, texts in TEXTS.items() for text in texts]


@pytest.fixture(scope="module")
def encoder_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("encoder") / "encoder"
    static.fit_static(QUESTIONS, tiny_model.tokenizer(texts=QUESTIONS, vocab_size=400), dim=6, out_dir=folder)
    return folder


@pytest.fixture(scope="module")
def encoder(encoder_folder):
    return load_encoder(encoder_folder, device="cpu")


@pytest.fixture
def router(encoder):
    vectors = embed(QUESTIONS, encoder)
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
    for row, x in zip(table.itertuples(), embed(QUESTIONS, encoder), strict=True):
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
    with pytest.raises(ValueError, match="row 299 of the vectors holds NaN"):
        router.distances(np.vstack([np.ones((299, 6)), np.full((1, 6), np.inf)]))
    for shape in ((3, 1), (6,), (2, 5)):
        with pytest.raises(ValueError, match="needs rows of 6 values"):
            router.distances(np.ones(shape))
    with pytest.raises(ValueError, match="without NaN"):
        Router(np.full((2, 6), np.nan), encoder, ["a", "b"])
    with pytest.raises(ValueError, match="as many different names"):
        Router(np.ones((2, 6)), encoder, ["a", "a"])
    with pytest.raises(ValueError, match="3 dimensions, the encoder gives 6"):
        Router(np.ones((2, 3)), encoder, ["a", "b"])
    with pytest.raises(ValueError, match="unknown metric"):
        Router(np.ones((2, 6)), encoder, ["a", "b"], metric="manhattan")


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_distances_do_not_depend_on_what_else_is_measured(encoder, metric, monkeypatch):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(300, 50)).astype(np.float32)
    router = Router(np.eye(6)[:5], encoder, list("abcde"), metric=metric)
    router.centroids = rng.normal(size=(5, 50))  # of short rows every sum is in one order
    expected = router.distances(vectors)
    assert expected.dtype == np.float64 and expected.shape == (300, 5)
    one_by_one = np.concatenate([router.distances(vectors[i : i + 1]) for i in range(300)])
    np.testing.assert_array_equal(one_by_one, expected)
    np.testing.assert_array_equal(router.distances(np.asfortranarray(vectors.astype(np.float64))), expected)
    monkeypatch.setattr(routing_router, "BLOCK", 7)
    np.testing.assert_array_equal(router.distances(vectors), expected)
    np.testing.assert_array_equal(router.distances(vectors[::-1])[::-1], expected)
    router.centroids = router.centroids[[2, 2, 2]]
    np.testing.assert_array_equal(router.distances(vectors), expected[:, [2, 2, 2]])


def test_equal_distances_are_equal_to_the_last_bit(encoder):
    """On either side of each vector, as far away in decimals that no binary number meets: the first expert answers."""
    step = np.array([0.1, -0.7, 0.3, 1e-9, 12.3, 1 / 3])
    router = Router(np.stack([step, -step]), encoder, ["a", "b"])
    table = router.route_vectors(np.zeros((200, 6)))
    assert (table["expert"] == "a").all() and (table["margin"] == 0).all()


def test_many_vectors_are_measured_in_little_room(encoder):
    vectors = np.random.default_rng(0).normal(size=(100_000, 6)).astype(np.float32)
    router = Router(np.eye(6), encoder, list("abcdef"))
    tracemalloc.start()
    try:
        distances = router.distances(vectors)
        assert tracemalloc.get_traced_memory()[1] < distances.nbytes + 2**18, "no copy of the vectors"
    finally:
        tracemalloc.stop()


def test_a_vector_that_points_nowhere_is_as_far_from_all(encoder):
    router = Router(np.eye(6)[:3], encoder, list("abc"), metric="cosine")
    table = router.route_vectors(np.array([[0.0] * 6, [0, 1, 0, 0, 0, 0]]))
    assert table.values.tolist() == [["a", 1.0, 0.0], ["b", 0.0, 1.0]]
    with pytest.raises(ValueError, match="points nowhere"):
        Router(np.eye(6)[:3] * 0, encoder, list("abc"), metric="cosine")


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_beyond_the_limit_the_base_model_answers(encoder, metric):
    rng = np.random.default_rng(1)
    vectors, centroids = rng.normal(size=(500, 6)), rng.normal(size=(4, 6))
    plain = Router(centroids, encoder, list("abcd"), metric=metric).route_vectors(vectors)
    edge = plain["distance"].sort_values().iloc[400]
    table = Router(centroids, encoder, list("abcd"), metric=metric, reject=edge).route_vectors(vectors)
    assert (table["expert"] == "base").sum() == 99, "one that lies at the limit itself is not beyond it"
    expected = [name if d <= edge else "base" for name, d in zip(plain["expert"], plain["distance"], strict=True)]
    pd.testing.assert_frame_equal(table, plain.assign(expert=pd.Series(expected, dtype="str")))


def test_a_limit_from_the_training_rows_rejects_one_in_a_hundred_of_them(encoder):
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 200)
    vectors = rng.normal(size=(600, 6)) + 20 * np.eye(6)[labels]
    router = Router(20 * np.eye(6)[:3], encoder, list("abc"))
    reject = alternatives.limit(router.distances(vectors), labels)
    table = Router(router.centroids, encoder, router.names, reject=reject).route_vectors(vectors)
    assert (table["expert"] == "base").sum() == 6
    few = Router(alternatives.sample_mean(vectors, labels), encoder, router.names)
    assert few.route_vectors(vectors)["expert"].tolist() == ["abc"[label] for label in labels]


def test_a_limit_that_is_no_distance_is_an_error(encoder):
    for reject in (-0.1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="0 or more, or None to reject nothing"):
            Router(np.eye(6), encoder, list("abcdef"), reject=reject)
    Router(np.eye(6)[:2], encoder, ["base", "b"])
    with pytest.raises(ValueError, match="means the base model"):
        Router(np.eye(6)[:2], encoder, ["base", "b"], reject=1.0)
    with pytest.raises(ValueError, match="means the base model"):
        Router(np.eye(6)[:2], encoder, ["a", "b"], reject=1.0).with_expert("base", np.ones(6))


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_experts_come_and_go_without_retraining(encoder, metric):
    rng = np.random.default_rng(2)
    vectors, centroids = rng.normal(size=(400, 6)), rng.normal(size=(5, 6))
    how = {"metric": metric, "prompt": "问：", "reject": 3.0}
    four = Router(centroids[:4], encoder, list("abcd"), **how)
    five = four.with_expert("e", centroids[4])
    assert (four.names, five.names) == (list("abcd"), list("abcde")) and len(four.centroids) == 4
    assert (five.metric, five.prompt, five.reject) == (metric, "问：", 3.0)
    np.testing.assert_array_equal(five.distances(vectors)[:, :4], four.distances(vectors))
    before, after = four.route_vectors(vectors), five.route_vectors(vectors)
    moved = before["expert"] != after["expert"]
    assert 0 < moved.sum() < 400 and (after["expert"][moved] == "e").all(), "only what is nearer to it goes to it"
    pd.testing.assert_frame_equal(after, Router(centroids, encoder, list("abcde"), **how).route_vectors(vectors))
    pd.testing.assert_frame_equal(five.without("e").route_vectors(vectors), before)

    without = five.without("b").route_vectors(vectors)
    assert five.without("b").names == list("acde")
    moved = after["expert"] != without["expert"]
    assert (after["expert"][moved] == "b").all() and "b" not in set(without["expert"])
    np.testing.assert_allclose(without["distance"][moved], (after["distance"] + after["margin"])[moved], rtol=1e-12)


def test_an_expert_that_cannot_come_or_go_is_said(encoder):
    router = Router(np.eye(6)[:2], encoder, ["a", "b"])
    with pytest.raises(ValueError, match="called 'a' already"):
        router.with_expert("a", np.ones(6))
    with pytest.raises(ValueError, match=r"shape \(3,\), the other experts' \(6,\)"):
        router.with_expert("c", np.ones(3))
    with pytest.raises(ValueError, match="without NaN"):
        router.with_expert("c", np.full(6, np.nan))
    with pytest.raises(ValueError, match="no expert is called 'c'; there are a, b"):
        router.without("c")
    with pytest.raises(ValueError, match="'a' is the last expert"):
        router.without("b").without("a")


def test_a_router_comes_back_from_its_folder(router, encoder_folder, tmp_path):
    saved = Router(router.centroids, encoder_folder, router.names, "cosine", "问：").save(tmp_path / "run" / "router")
    again = Router.from_dir(saved)
    assert (again.names, again.metric, again.prompt) == (router.names, "cosine", "问：")
    expected = Router(router.centroids, encoder_folder, router.names, "cosine", "问：").route(QUESTIONS)
    pd.testing.assert_frame_equal(again.route(QUESTIONS), expected)
    wider = Router(router.centroids, encoder_folder, router.names, reject=0.5).with_expert("lora-2", np.ones(6))
    again = Router.from_dir(wider.save(tmp_path / "wider"))
    assert (again.names, again.reject, expected.equals(again.route(QUESTIONS))) == (wider.names, 0.5, False)
    older = store.read_json(saved / "router.json")
    del older["reject"]
    store.write_json(older, saved / "router.json")
    assert Router.from_dir(saved).reject is None
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
    fitted = describe(encoder, "问：")
    Router(router.centroids, encoder, router.names, prompt="问：", fitted=fitted)
    with pytest.raises(ValueError, match="another prompt"):
        Router(router.centroids, encoder, router.names, fitted=fitted)
    other = static.fit_static(QUESTIONS[1:], tiny_model.tokenizer(texts=QUESTIONS, vocab_size=400), dim=6)
    with pytest.raises(ValueError, match="another encoder"):
        Router(router.centroids, other, router.names, prompt="问：", fitted=fitted)
    saved = Router(router.centroids, encoder_folder, router.names).save(tmp_path / "router")
    with pytest.raises(ValueError, match="another encoder"):
        Router.from_dir(saved, encoder=other)


@pytest.fixture
def clustering(encoder_folder, encoder, tmp_path):
    """A run's 03_semantic_clustering, as far as a router needs it."""
    folder = tmp_path / "03_semantic_clustering"
    shutil.copytree(encoder_folder, folder / "encoder")
    store.write_array(np.random.default_rng(0).normal(size=(3, 6)), folder / "centroids.npy")
    store.write_json(describe(encoder, None), folder / "encoder.json")
    return folder


def test_the_router_of_a_run_is_made_of_its_clusters(clustering, encoder, encoder_folder):
    found = Router.of_clusters(clustering, "embedded", "cosine", reject=0.5)
    by_hand = Router(store.read_array(clustering / "centroids.npy"), encoder, ["lora-0", "lora-1", "lora-2"], "cosine")
    assert found.names == by_hand.names and found.reject == 0.5 and found.source == clustering / "encoder"
    np.testing.assert_array_equal(
        found.distances(embed(QUESTIONS, encoder)), by_hand.distances(embed(QUESTIONS, encoder))
    )
    assert Router.of_clusters(clustering, str(encoder_folder), "euclidean").source == str(encoder_folder)


def test_a_router_of_clusters_needs_chapter_3_and_its_encoder(clustering, encoder):
    store.write_json({**describe(encoder, None), "prompt": "query: "}, clustering / "encoder.json")
    assert Router.of_clusters(clustering).prompt == "query: "  # the prompt of the clustering is taken
    store.write_json({**describe(encoder, None), "encoder": "another"}, clustering / "encoder.json")
    with pytest.raises(ValueError, match="found with another encoder"):
        Router.of_clusters(clustering)
    (clustering / "centroids.npy").unlink()
    with pytest.raises(FileNotFoundError, match="is missing: run chapter 03"):
        Router.of_clusters(clustering)


def test_a_router_can_change_all_but_its_encoder(router):
    nearer = router.changed(reject=0.0)
    assert nearer.reject == 0 and router.reject is None and nearer.encoder is router.encoder
    assert set(nearer.route(QUESTIONS)["expert"]) == {routing_router.BASE}
    with pytest.raises(ValueError, match="a router keeps its encoder"):
        router.changed(encoder="another")
    with pytest.raises(ValueError, match="unknown metric"):
        router.changed(metric="taxi")


def test_the_time_of_so_many_questions_is_measured(router, encoder, monkeypatch):
    asked = []
    monkeypatch.setattr(Router, "route_vectors", lambda self, vectors: asked.append(vectors.shape))
    assert routing_router.seconds_to_route(router, embed(QUESTIONS, encoder), 100) >= 0
    assert asked == [(100, 6)]
