"""Panels without a browser: what moves a slider sees, that it is what the chapter computes, and the page's picture."""

import html
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from assl_utils.figures import style
from assl_utils.panels import choice_panel, controls, k_panel, route_panel, thinning_panel
from assl_utils.panels.controls import Panel, Range, View, Widgets
from assl_utils.routing import choosing
from assl_utils.routing import router as routing_router
from assl_utils.selection import stage1, stage2, ways
from assl_utils.space import choosing_k, partitions

N, SEED = 240, {"seed": 0, "other": object()}
TABLE = pd.DataFrame({"n": [1]})


@pytest.fixture(scope="module", autouse=True)
def book():
    style.use_style()
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def run():
    """Rows in three clouds, and their clusters: what the chapters have at hand."""
    rng = np.random.default_rng(0)
    middles = np.eye(3, 8)
    X = np.repeat(middles, N // 3, axis=0) + rng.normal(0, 0.12, (N, 8))
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    names = np.array(["sentiment", "exam", "research"])
    rows = pd.DataFrame({
        "id": [f"r{i}" for i in range(N)], "source": "s",
        "task": np.repeat(["sentiment", "exam", "classification"], N // 3),
        "subtask": np.repeat(names, N // 3), "instruction": "", "input": "", "output": "是",
    })  # fmt: skip
    parts = partitions.partition("kmeans", rows, X, k=3, seed=0)
    return rows, X, parts.labels, parts.centroids(X), rng


def moved(panel, **values):
    """The widgets of a panel with some of its controls moved."""
    widgets = Widgets(panel)
    for name, value in values.items():
        widgets.control[name].value = value
    return widgets


def numbers(widgets, column):
    """A column of the table that a panel shows, as ``{row's name: number}``."""
    table = ElementTree.fromstring(widgets.table.value).find("table")
    at = [cell.text for cell in table.find("thead/tr")].index(column)
    return {row[0].text: float(row[at].text) for row in table.find("tbody")}


def test_k_moves_clusters_and_map(run):
    rows, X, *_ = run
    sweep, drawn = choosing_k.sweep(X, rows["task"], 6, 0, 2), np.arange(N)
    panel = k_panel.panel(rows, X, sweep, drawn, X[:, :2], {"n_clusters": 3, "partition": "kmeans", **SEED})
    three = moved(panel)
    four = moved(panel, n_clusters=4)
    expected = partitions.partition("kmeans", rows, X, k=4, seed=0).table()["rows"].tolist()
    assert list(numbers(four, "rows").values()) == expected and len(numbers(three, "rows")) == 3
    assert f"silhouette {sweep.set_index('k').at[4, 'silhouette']:.3f}" in four.says.value
    assert four.picture.value[:4] == b"\x89PNG" and four.picture.value != three.picture.value
    assert list(numbers(moved(panel, partition="one"), "rows").values()) == [N]


def test_a_k_beyond_the_sweep_is_shown_without_its_measures(run):
    rows, X, *_ = run
    sweep = choosing_k.sweep(X, rows["task"], 4, 0, 2)
    panel = k_panel.panel(rows, X, sweep, np.arange(N), X[:, :2], {"n_clusters": 6, "partition": "kmeans", **SEED})
    widgets = moved(panel)
    assert widgets.control["n_clusters"].max == 6 and len(numbers(widgets, "rows")) == 6
    assert "silhouette" not in widgets.says.value and widgets.picture.value[:4] == b"\x89PNG"
    assert "silhouette" in moved(panel, n_clusters=4).says.value


def test_k_and_budget_move_what_is_kept(run):
    _, X, cluster, *_ = run
    values = {"k": 10, "minpts_rule": "algorithm1", "budget": 20, "thinning": "trimmed_medoids", **SEED}
    panel = thinning_panel.panel(X, cluster, values)
    found = stage1.find_subclusters(X, cluster, 4, "equation9")
    expected = stage1.thin(X, found, 30, "k_center", 0)["chosen"].groupby(cluster).sum()
    widgets = moved(panel, k=4, minpts_rule="equation9", budget=30, thinning="k_center")
    assert list(numbers(widgets, "kept").values()) == expected.tolist() == [30, 30, 30]
    assert list(numbers(moved(panel), "kept").values()) == [20, 20, 20]
    by_rule = stage1.thin(X, stage1.find_subclusters(X, cluster, 10), None)["chosen"].groupby(cluster).sum()
    assert list(numbers(moved(panel, budget=0), "kept").values()) == by_rule.tolist(), "0 is the paper's rule"


def test_weights_move_the_rows_that_are_selected(run):
    rows, X, cluster, centroids, rng = run
    first = np.zeros(N, bool)
    first[::24] = True
    need = np.where(first, 0, rng.normal(size=N))
    pool = ways.Pool(rows, cluster, X, centroids, first=first, need=need, weights=(9.0, 9.0, 9.0))
    values = {"lambda_center": 0.2, "lambda_diversity": 0.2, "lambda_model": 0.6, "n_selected": 20, "select": "utility"}
    panel = choice_panel.panel(pool, values | SEED)
    usual, other = moved(panel), moved(panel, lambda_model=0.0, n_selected=12)
    weighed = ways.Pool(rows, cluster, X, centroids, first=first, need=need, weights=(0.2, 0.2, 0.0))
    expected = stage2.choose("utility", weighed, 12, 0)
    assert "60 rows selected, 60 of them are among this run's 60" in usual.says.value.replace("&#x27;", "'")
    drawn = expected["position"].map(rows["subtask"]).value_counts()
    assert len(expected) == 36 and numbers(other, "now") == drawn.to_dict()
    assert usual.picture.value != other.picture.value


def test_the_terms_are_those_of_the_part_alone(run):
    rows, X, cluster, centroids, rng = run
    first = np.zeros(N, bool)
    first[::24] = True
    pool = ways.Pool(rows, cluster, X, centroids, first=first, need=rng.normal(size=N))
    choice = stage2.choose("utility", pool, 15, 0)
    terms = stage2.terms(pool, choice, 1)
    mine = choice[(choice["cluster"] == 1) & (choice["stage"] == 2)]
    assert len(terms) == len(mine) and np.allclose(terms["utility"], mine["utility"])


def test_another_route_moves_questions(run, monkeypatch):
    rows, X, cluster, centroids, rng = run
    monkeypatch.setattr(routing_router, "load_encoder", lambda encoder: encoder)  # vectors are at hand
    monkeypatch.setattr(routing_router, "describe", lambda *_: {"encoder": "", "prompt": None, "dim": 8})
    router = routing_router.Router(centroids, object(), ["lora-0", "lora-1", "lora-2"])
    vectors = X[::5] + rng.normal(0, 0.6, (N // 5, 8))
    train = {"train_vectors": X, "train_labels": cluster, "train_subtasks": rows["subtask"]}
    asked = {"vectors": vectors, "subtasks": rows["subtask"][::5]}
    values = {"route": "centroid", "metric": "euclidean", "few": 12, "voters": 20, **SEED}
    panel = route_panel.panel(router, rows["task"][::5], train, asked, values)
    assert sum(numbers(moved(panel), "to another expert").values()) == 0
    widgets = moved(panel, route="by_label")
    how = {"metric": "euclidean", "few": 12, "voters": 20, "seed": 0}
    one, two = (choosing.choose(word, **train, **asked, **how) for word in ("centroid", "by_label"))
    assert sum(numbers(widgets, "to another expert").values()) == (one != two).sum() > 0
    assert (
        html.escape(choosing.WORDS["by_label"]) in widgets.says.value
        and "route = &#x27;by_label&#x27;" in widgets.lines.value
    )


@pytest.fixture
def plain():
    """A panel whose picture is a line as long as ``k``."""

    def follow(k, word, share):
        if word == "ill":
            raise ValueError("<b>no such</b> word")
        return View(f"{k} {word}", TABLE * k, lambda: plt.subplots()[0])

    return Panel({"k": Range(1, 9), "word": ("a", "ill"), "share": Range(0.0, 1.0, 0.1)},
                 {"k": 12, "word": "a", "share": 0.5, "more": 1}, follow)  # fmt: skip


def test_a_value_beyond_the_slider_widens_it_and_numbers_keep_their_type(plain):
    control = Widgets(plain).control
    assert (control["k"].max, control["k"].value, type(control["k"].value)) == (12, 12, int)
    assert type(control["share"].value) is float and not control["k"].continuous_update


def test_what_cannot_be_is_a_sentence_and_the_panel_goes_on(plain):
    widgets = moved(plain, word="ill")
    assert "&lt;b&gt;no such&lt;/b&gt; word" in widgets.says.value and widgets.table.value == ""
    assert widgets.picture.layout.visibility == "hidden"
    widgets.control["word"].value = "a"
    assert widgets.says.value == "<p>12 a</p>" and widgets.picture.layout.visibility == "visible"


def test_the_button_writes_what_was_changed_and_nothing_else(plain):
    widgets = Widgets(plain)
    assert widgets.button.disabled and widgets.lines.value == ""
    widgets.control["k"].value = 5
    assert not widgets.button.disabled and widgets.lines.value == "<pre>k = 5</pre>"
    widgets.button.click()
    (output,) = widgets.written.outputs
    code = output["data"]["application/javascript"]
    assert 'Object.entries({"k": "5"})' in code and not re.search("LINES|WRITTEN|OUTSIDE", code)
    assert output["data"]["text/plain"] == controls.OUTSIDE
    widgets.control["k"].value = 12
    assert widgets.button.disabled and widgets.written.outputs == ()


@pytest.mark.parametrize(
    ("kernel", "runner", "expected"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_widgets_are_for_people_and_the_page_has_a_picture(plain, monkeypatch, kernel, runner, expected):
    monkeypatch.setattr(controls.progress, "in_notebook", lambda: kernel)
    monkeypatch.delenv("ASSL_INPUTS", raising=False)
    if runner:
        monkeypatch.setenv("ASSL_INPUTS", "")
    given = []
    monkeypatch.setattr("IPython.display.display", given.append)
    plt.close("all")
    plain.show()
    assert bool(given) == expected and plt.get_fignums() == ([] if expected else [1])
    if not expected:
        assert plt.gcf().get_suptitle() == "k = 12 · word = a · share = 0.5"
