"""Laws of the figures: Chinese shows, a missing glyph is an error, inputs stay as they were, colours mean one thing."""

import copy
import itertools
import subprocess
import sys
import types
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from assl_utils.figures import arms, routing, selection, space, training, whole
from assl_utils.figures import palette as task_palette
from assl_utils.figures import style as figures_style
from assl_utils.figures import tables as figures_tables
from assl_utils.figures.tables import histogram, mixture

ROOMS = (arms, routing, selection, space, figures_tables, training, whole)
TASKS = ["情感分析", "文本分类", "文本生成", "信息抽取", "语义匹配", "金融问答", "金融考试选择题"]


@pytest.fixture(autouse=True)
def style():
    with warnings.catch_warnings():
        figures_style.use_style()
        yield
    plt.close("all")


def asked(expert="专家0", reject=1.2, tasks=(75.0, 25.0)):
    """What `asked` reads of an answer."""
    return types.SimpleNamespace(
        expert=expert,
        distances={"专家0": 0.8, "专家1": 0.9, "专家2": 1.4},
        reject=reject,
        tasks=pd.Series(tasks, index=TASKS[: len(tasks)], dtype=float),
    )


def tables():
    """One call per figure: its function and arguments of every kind (arrays, tables, mappings)."""
    rng = np.random.default_rng(0)
    counts = pd.DataFrame(rng.integers(0, 90, size=(4, 7)), index=range(4), columns=TASKS)
    k = np.arange(2, 9)
    sweep = pd.DataFrame({"k": k, "sse": 100 / k, "silhouette": 1 / (1 + abs(k - 5))})
    steps = pd.DataFrame([(e, s, 1 / (s + 1)) for e in ("lora-0", "mix") for s in range(4)],
                         columns=["expert", "step", "loss"])  # fmt: skip
    scores = pd.DataFrame({"AVG": [50.0, 40.0], "AVG_lo": [48.0, 37.0], "AVG_hi": [52.0, 43.0]}, index=["a", "b"])
    density = np.append(rng.lognormal(size=50), np.inf)
    labels = rng.integers(-1, 3, size=51)
    terms = pd.DataFrame(rng.random((40, 4)), columns=["similarity", "redundancy", "score", "utility"])
    return {
        "k_sweep": (sweep, 5),
        "semantic_map": (rng.normal(size=(51, 2)), labels, {0: "情感", 1: "新闻", 2: "考试"}, "语义空间"),
        "mixture": ({"聚类前": counts, "聚类后": counts // 2},),
        "expert_choice": (counts,),
        "flow": (counts.T,),
        "matrix": (counts / 7, ".1f"),
        "histogram": (density, labels, 10, "得分", {"中位数": 1.0}),
        "amounts": (counts.set_axis(TASKS[:4]).T, "词元"),
        "dumbbell": (counts.iloc[:, :2].set_axis(TASKS[:4]), "距离"),
        "losses": (steps,),
        "bars_with_ci": (scores, "AVG", {"多数类": 41.0}),
        "density_profile": (density, labels),
        "size_histogram": ([1, 1, 2, 3, 4, 5, 900], [1, 1, 2, 3, 4, 5, 60], ("之前", "之后")),
        "utility_terms": (terms, (0.2, 0.2, 0.6)),
        "growth": (
            pd.DataFrame({"n": [10, 100], "a": [1.0, 90.0], "b": [0.5, 20.0]}),
            "n",
            {"a": "全部", "b": "近邻"},
            2,
        ),
        "reliability": (
            pd.DataFrame({"margin": [0.1, 0.4], "right": [50.0, 90.0], "lo": [40.0, 80.0], "hi": [60.0, 95.0]}),
            "余量",
            "正确率",
            70.0,
        ),
        "router_map": (
            rng.normal(size=(51, 2)),
            labels.clip(0),
            rng.normal(size=(9, 2)),
            np.arange(9) % 3,
            rng.normal(size=(3, 2)),
            ["专家0", "专家1", "专家2"],
        ),
        "minpts_trace": ({"簇 0": [9.0, 3.0, 2.0], "簇 1": [4.0, 2.0]},),
        "asked": (asked(),),
        "forest": (
            pd.DataFrame(
                {
                    "first": ["聚类", "任务", "角色"],
                    "second": "一个",
                    "diff": [1.0, np.nan, -3.0],
                    "lo": [-1.0, np.nan, -4.0],
                    "hi": [3.0, np.nan, -2.0],
                    "over": ["seeds and questions", np.nan, "questions"],
                    "reason": ["", "没有答案", ""],
                    "question": ["问题一", "问题一", "问题二"],
                }
            ),
            "差",
            "label",
            "question",
        ),
        "frontier": (
            pd.DataFrame(
                {
                    "way": ["随机", "随机", "规则", "规则"],
                    "share": [0.01, 1.0, 0.01, 1.0],
                    "score": [40.0, 60.0, np.nan, 61.0],
                    "lo": [38.0, 58.0, np.nan, 59.0],
                    "hi": [42.0, 62.0, np.nan, 63.0],
                    "cost": [1.0, 9.0, 3.0, 20.0],
                }
            ),
        ),
        "moments": (rng.normal(size=(51, 2)), [("第一步", labels, 3), ("第二步", labels, 4)], 0.5),
        "trimmed_medoids": (
            rng.normal(size=(8, 2)),
            types.SimpleNamespace(
                core=np.arange(6), taken=np.array([0, 5]), owner=np.repeat([0, 1], 3), medoids=np.array([1, 4])
            ),
        ),
        "rows_to_questions": (
            ["甲", "乙", "甲"],
            [0, 1, 1],
            [0, 1],
            ["问答", "关系"],
            ["lora-0"] * 2,
            ["lora-0", "lora-1"],
        ),
        "cost_and_score": (
            pd.DataFrame(
                {"training": 1.0, "cost": [2.0, 1.0], "score": 5.0, "lo": 4.0, "hi": 6.0}, index=["混合", "全部"]
            ),
            "词元",
            "得分",
            {"最好": 3.0},
        ),
        "atlas": (
            pd.DataFrame(
                {
                    "task": [TASKS[0], TASKS[1]],
                    "with": [TASKS[1], TASKS[0]],
                    "diff": [1.0, -2.0],
                    "lo": [-1.0, -3.0],
                    "hi": [3.0, -1.0],
                }
            ),
        ),
    }


def same(a, b):
    if isinstance(a, pd.DataFrame):
        return a.equals(b)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, pd.Series):
        return a.equals(b)
    if isinstance(a, types.SimpleNamespace):
        return same(vars(a), vars(b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[x], b[x]) for x in a)
    return a == b


@pytest.mark.parametrize("name", tables())
def test_every_figure_draws_with_chinese_and_leaves_its_inputs_alone(name):
    given = tables()[name]
    kept = copy.deepcopy(given)
    (draw,) = (vars(room)[name] for room in ROOMS if getattr(vars(room).get(name), "__module__", "") == room.__name__)
    figure = draw(*given)
    figure.canvas.draw()  # a missing glyph raises here
    assert isinstance(figure, matplotlib.figure.Figure)
    assert all(same(a, b) for a, b in zip(given, kept, strict=True))


def test_chinese_is_drawn_as_its_own_glyphs():
    font = FT2Font(str(figures_style.cjk_font_file()))
    assert all(font.get_char_index(ord(c)) for c in "".join(TASKS) + "，。；、：（）《》“”％ρελ−")

    def picture(text):
        fig = plt.figure(figsize=(2, 1))
        fig.text(0.1, 0.5, text, fontsize=30)
        fig.canvas.draw()
        return np.asarray(fig.canvas.buffer_rgba()).copy()

    one, two = picture("涨跌"), picture("盈亏")
    assert one.min() < 128 and not np.array_equal(one, two), "two words drawn alike are two pairs of boxes"


def test_a_missing_glyph_raises():
    fig, ax = plt.subplots()
    ax.set_title("no font of ours has \U00013000")  # an Egyptian hieroglyph
    with pytest.raises(UserWarning, match="missing from"):
        fig.canvas.draw()


def test_the_font_needs_no_cache_and_no_change_to_the_system(tmp_path):
    """A process whose matplotlib knows no font of the system, and may write nowhere, still draws Chinese."""
    code = (
        "import matplotlib; matplotlib.use('agg')\n"
        "import matplotlib.pyplot as plt\n"
        "from assl_utils.figures import style; style.use_style()\n"
        "fig = plt.figure(); fig.suptitle('银行 ρ ≤ ε'); fig.canvas.draw(); print('drawn')\n"
    )
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    env = {
        "HOME": str(home),
        "MPLCONFIGDIR": str(home),
        "PATH": "/usr/bin:/bin",
        "PYTHONPATH": str(Path(figures_style.__file__).parents[2]),
    }
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == "drawn\n", done.stderr


def test_using_the_style_twice_adds_the_font_once():
    figures_style.use_style()
    assert sum(entry.fname == str(figures_style.cjk_font_file()) for entry in font_manager.fontManager.ttflist) == 1


def test_noise_is_grey_and_nothing_else_is():
    for palette in (figures_style.colors([-1, 0, 1, 2]), figures_style.colors(["noise", "a", "b"])):
        assert [x for x, color in palette.items() if color == figures_style.NOISE] == [
            x for x in palette if x in (-1, "noise")
        ]
    channels = [np.ptp(matplotlib.colors.to_rgb(color)) for color in figures_style.PALETTE]
    assert min(channels) > 0.1, "a colour of the palette could be taken for noise"


def test_a_cluster_keeps_its_colour_whoever_else_is_shown():
    assert figures_style.colors([5, 3])[3] == figures_style.colors([0, 1, 2, 3])[3] == figures_style.PALETTE[3]


def test_thirty_groups_have_thirty_colours():
    assert len(set(figures_style.colors(range(30)).values())) == 30


def test_a_task_keeps_its_colour_and_its_sub_tasks_are_lighter():
    names = list(task_palette.TASKS)
    tasks = task_palette.colors_of(names)
    assert len(set(tasks.values())) == len(names) == 7
    assert not {color.lower() for color in tasks.values()} & {c.lower() for c in figures_style.PALETTE[:6]}, "clusters'"
    assert task_palette.colors_of(["exam"])["exam"] == tasks["exam"], "whoever else is shown"
    subtasks = task_palette.colors_of(task_palette.SUBTASKS)
    assert len(set(subtasks.values())) == len(task_palette.SUBTASKS) and subtasks["summary"] == tasks["generation"]
    light = [sum(matplotlib.colors.to_rgb(subtasks[name])) for name in ("event_subject", "relation", "ner")]
    assert light == sorted(light) and len(set(light)) == 3
    assert task_palette.colors_of(["a", "exam"]) == figures_style.colors(["a", "exam"])


def test_an_expert_has_the_colour_of_its_cluster_in_every_figure():
    assert (
        task_palette.expert_color("lora-4", 0) == task_palette.expert_color("cluster-4", 1) == figures_style.color_of(4)
    )
    steps = pd.DataFrame({"expert": ["mix", "lora-4", "lora-0"], "step": 1, "loss": 1.0})
    lines = training.losses(steps).axes[0].lines
    assert [line.get_color() for line in lines] == [
        task_palette.JOINT["mix"],
        *(figures_style.color_of(i) for i in (4, 0)),
    ]
    models = [*task_palette.JOINT, *(f"lora-{i}" for i in range(6))]
    assert len({task_palette.expert_color(name, 0) for name in models}) == len(models)


def test_sub_tasks_of_one_task_stand_together_in_a_bar():
    table = pd.DataFrame(1, index=[0], columns=["ner", "summary", "event_subject", "relation"])
    figure = mixture(table)
    assert [text.get_text() for text in figure.legends[0].texts] == ["summary", "event_subject", "relation", "ner"]
    faces = [bars[0].get_facecolor() for bars in figure.axes[0].containers]
    assert faces == [
        matplotlib.colors.to_rgba(task_palette.task_color(t)) for t in ("summary", "event_subject", "relation", "ner")
    ]


def sweep(k_max=5):
    k = np.arange(2, k_max + 1)
    return pd.DataFrame({"k": k, "sse": 900.0 + 100 / k, "silhouette": 0.1 + 0.01 * k})


def test_a_chosen_k_beyond_the_sweep_is_marked_by_its_line_alone():
    for chosen, points in ((4, 1), (9, 0)):
        for ax in space.k_sweep(sweep(), chosen).axes:
            markers = [line for line in ax.lines if line.get_marker() == "o" and len(line.get_xdata()) == 1]
            assert [line.get_xdata()[0] for line in markers] == [chosen] * points
            assert any(list(line.get_xdata()) == [chosen, chosen] for line in ax.lines), "the dotted line"


def test_the_sweeps_axes_begin_at_zero_unless_a_value_lies_below():
    assert [ax.get_ylim()[0] for ax in space.k_sweep(sweep(), 4).axes] == [0, 0]
    below = sweep().assign(silhouette=-0.1)
    assert space.k_sweep(below, 4).axes[1].get_ylim()[0] < -0.1


def test_points_without_groups_stand_beside_the_sweep_on_its_own_scale():
    against = pd.DataFrame(
        {"of points without groups": [0.04, 0.03, 0.02, 0.01], "gap": np.log([2, 3, 4, 5])}, index=[2, 3, 4, 5]
    )
    left, right = space.k_sweep(sweep(), None, against).axes
    np.testing.assert_allclose(left.lines[1].get_ydata(), sweep()["sse"] * [2, 3, 4, 5])
    assert right.lines[1].get_ydata().tolist() == [0.04, 0.03, 0.02, 0.01]
    assert [text.get_text() for text in left.get_legend().texts] == ["rows", "points without groups"]


def test_the_map_names_commonest_tasks_and_has_a_facet_for_each_task():
    xy = np.random.default_rng(0).normal(size=(9, 2))
    labels, tasks = np.repeat([0, 1], [5, 4]), ["qa", "qa", "qa", "exam", "exam", "exam", "exam", "exam", "qa"]
    whole, *facets = space.semantic_map(xy, labels, tasks=tasks, facets=True).axes
    assert [text.get_text() for text in whole.texts] == ["0 qa", "1 exam"]
    assert [ax.get_title(loc="left") for ax in facets] == ["qa", "exam"]
    drawn = [[len(part.get_offsets()) for part in ax.collections] for ax in facets]
    assert drawn == [[5, 4], [4, 5]], "grey are the others, coloured the task's own"
    own = {tuple(color) for color in facets[1].collections[1].get_facecolors()}
    assert own == {matplotlib.colors.to_rgba(figures_style.PALETTE[i]) for i in (0, 1)}
    assert len(space.semantic_map(xy, labels, tasks=tasks).axes) == 1


def test_small_groups_lie_on_top_of_large_ones_and_noise_below_all():
    _, ax = plt.subplots()
    space.groups(ax, np.zeros((10, 2)), [0] * 5 + [1] + [2] * 2 + [-1] * 2)
    assert [len(part.get_offsets()) for part in ax.collections] == [2, 5, 2, 1]


def test_an_expert_that_was_never_asked_is_hatched_and_says_so():
    asked = pd.DataFrame({"lora-0": [3, 0], "lora-1": [0, 0], "lora-2": [0, 7]}, index=["FE", "NL"])
    ax = routing.expert_choice(asked).axes[0]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["lora-0", "lora-1\nnever asked", "lora-2"]
    assert [(patch.get_x(), patch.get_hatch()) for patch in ax.patches] == [(1, "///")]
    assert [text.get_text() for text in ax.texts] == ["3", "", "", "", "", "7"]


def test_the_routers_map_has_a_panel_for_each_expert_and_names_its_tasks():
    points, ids = np.random.default_rng(0).normal(size=(6, 2)), np.array([0, 0, 1, 1, 2, 2])
    figure = routing.router_map(
        points, ids, points[:3], [0, 0, 2], points[:3], ["a", "b", "c"], tasks=["FE", "FE", "NL"]
    )
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["a: 2 questions\nFE", "b: never asked", "c: 1 question\nNL"]
    questions = [len(ax.collections[2].get_offsets()) for ax in figure.axes]
    assert questions == [2, 0, 1]


def test_silversight_stands_out_in_a_table_of_scores():
    table = pd.DataFrame({"AVG": [5.0, 4, 3], "AVG_lo": 1.0, "AVG_hi": 9.0}, index=["mix", "silversight", "base"])
    ax = figures_tables.bars_with_ci(table).axes[0]
    own = matplotlib.colors.to_rgba(figures_style.PALETTE[5])
    assert [tuple(color) == own for color in ax.collections[1].get_facecolors()] == [False, True, False]
    named = {text.get_text(): matplotlib.colors.to_rgba(text.get_color()) for text in ax.get_yticklabels()}
    assert named["silversight"] == own != named["mix"]


def test_amounts_stack_their_columns_and_leave_out_an_empty_one():
    table = pd.DataFrame({"training": [5.0, 2.0], "stage 2": [np.nan, 4.0], "none": 0.0}, index=["all", "experts"])
    figure = figures_tables.amounts(table, "tokens")
    ax = figure.axes[0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["all", "experts"]
    spans = [[(bar.get_x(), bar.get_width()) for bar in bars] for bars in ax.containers]
    assert spans == [[(0, 5), (0, 2)], [(5, 0), (2, 4)]] and [t.get_text() for t in ax.texts] == ["5", "6"]
    assert [text.get_text() for text in figure.legends[0].texts] == ["training", "stage 2"]


def test_calibration_labels_stand_above_their_intervals():
    table = pd.DataFrame({"margin": [0.1, 0.4], "right": [50.0, 90.0], "lo": [40.0, 80.0], "hi": [60.0, 95.0]})
    ax = routing.reliability(table, "x", "y").axes[0]
    assert [text.xy for text in ax.texts] == [(0.1, 60), (0.4, 95)] and ax.get_ylim()[1] > 105


def test_an_i_after_an_f_is_as_dark_as_any_other():
    """The automatic hinting drew the i of the ligature one hair wide."""

    def stem(word):
        """Ink of the last letter's stem, summed over its columns."""
        fig = plt.figure(figsize=(1, 0.5), layout="none")
        fig.text(0.1, 0.3, word, fontsize=9.5)
        fig.canvas.draw()
        ink = (255 - np.asarray(fig.canvas.buffer_rgba())[..., 0].astype(int)).sum(axis=0)
        return ink[np.flatnonzero(ink)[-3:]].sum()

    assert stem("fi") > 0.8 * stem("i")
    with plt.rc_context({"text.hinting": "force_autohint"}):
        assert stem("fi") < 0.8 * stem("i"), "matplotlib has mended it: the setting can go"


def test_mixture_bars_are_the_shares_they_claim():
    table = pd.DataFrame({"甲": [1, 0], "乙": [3, 0]}, index=["x", "empty"])
    ax = mixture(table).axes[0]
    widths = [[p.get_width() for p in bars] for bars in ax.containers]
    assert widths == [[0.25, 0], [0.75, 0]]
    assert [t.get_text() for t in ax.texts] == ["4", "0"]


def test_mixture_panels_share_rows_and_colours():
    before = pd.DataFrame({"a": [1, 1], "b": [1, 1]}, index=[0, 1])
    after = pd.DataFrame({"b": [2]}, index=[1])  # a cluster and a task have gone
    left, right = mixture({"before": before, "after": after}).axes
    assert left.containers[1][0].get_facecolor() == right.containers[1][0].get_facecolor()
    assert [p.get_width() for p in right.containers[1]] == [0, 1]


def test_infinite_densities_are_counted_not_lost():
    ax = selection.density_profile([1.0, np.inf, 2.0, np.inf], [-1, 0, 0, 0]).axes[0]
    assert ax.texts[0].get_text() == "1 noise · 2 infinite"
    assert histogram([1.0, 2.0, np.nan]).axes[0].texts[0].get_text() == "1 left out"


@pytest.mark.parametrize("log", [False, True])
def test_a_histogram_counts_every_finite_value_of_every_group(log):
    rng = np.random.default_rng(1)
    values = np.append(rng.lognormal(size=500), [np.inf, np.nan])
    for groups in (1, 3, 5):
        by = np.arange(502) % groups
        figure = histogram(values, None if groups == 1 else by, log=log)
        figure.canvas.draw()
        counted = []
        for patch in (p for ax in figure.axes for p in ax.patches):
            x, y = patch.get_xy().T
            tops = y[1:-1:2][: len(np.unique(x)) - 1]
            counted.append(tops.sum())
        assert counted == [np.sum(by[:500] == g) for g in range(groups)]
        assert len(figure.axes) == (5 if groups == 5 else 1)


def test_labels_at_line_ends_are_apart_in_order_and_moved_as_little_as_can_be():
    values = [1.0, 1.05, 0.2, 1.1]
    placed = figures_style.apart(values, 0.25)
    order = np.argsort(values)
    assert np.all(np.diff(np.array(placed)[order]) >= 0.25 - 1e-12)
    grid = np.arange(0.1, 1.5, 0.05)
    best = min(
        sum((g - v) ** 2 for g, v in zip(choice, sorted(values), strict=True))
        for choice in itertools.combinations(grid, 4)
        if min(np.diff(choice)) >= 0.25 - 1e-12
    )
    assert sum((p - v) ** 2 for p, v in zip(placed, values, strict=True)) <= best + 1e-12


@pytest.mark.parametrize("expert", ["专家0", "base"])
def test_the_point_of_who_answered_is_filled_and_no_other(expert):
    left, right = routing.asked(asked(expert)).axes
    points = left.collections[0]
    assert points.get_offsets().tolist() == [[0.8, 0], [0.9, 1], [1.4, 2]]
    filled = [tuple(color) != matplotlib.colors.to_rgba("white") for color in points.get_facecolors()]
    assert filled == [expert == "专家0", False, False]
    assert [line.get_xdata()[0] for line in left.lines] == [1.2], "the limit"
    assert [bar.get_width() for bar in right.patches] == [75, 25]
    assert left.get_ylim() == right.get_ylim() == (2.5, -0.5)


def test_without_limit_and_rows_the_chart_is_drawn_all_the_same():
    figure = routing.asked(asked(reject=None, tasks=()))
    figure.canvas.draw()
    assert not figure.axes[0].lines and not figure.axes[1].patches


def test_no_picks_leave_the_figure_of_terms_empty():
    table = pd.DataFrame(columns=["position", "similarity", "redundancy", "score", "utility"], dtype=float)
    assert not selection.utility_terms(table, (0.2, 0.2, 0.6)).axes[0].texts


def test_the_way_of_the_data_keeps_shares_and_leaves_an_expert_without_questions_alone():
    figure = whole.rows_to_questions(
        ["qa", "exam", "qa", "qa"],
        [0, 1, 1, 1],
        [0, 1, 1],
        ["RE", "RE", "FE"],
        ["lora-1"] * 3,
        ["lora-0", "lora-1", "lora-2"],
    )
    ax = figure.axes[0]
    blocks = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.Rectangle)]
    bands = [patch for patch in ax.patches if isinstance(patch, matplotlib.patches.PathPatch)]
    assert len(blocks) == 2 + 3 + 3 + 2 and len(bands) == 3 + 2 + 2
    heights = [round(block.get_height(), 9) for block in blocks[:2]]
    assert heights[0] == pytest.approx(3 * heights[1]), "three rows of qa, one of exam"
    assert {"rows by task\n4", "in clusters\n4", "selected\n3", "questions\n3", "lora-2", "RE"} <= {
        t.get_text() for t in ax.texts
    }
    for block in blocks[:2]:  # what leaves a block is as high as the block
        leaves = [
            b
            for b in bands
            if b.get_path().vertices[0, 0] < 0.5 and b.get_facecolor()[:3] == whole.pale(block.get_facecolor())
        ]
        assert sum(b.get_path().vertices[7, 1] - b.get_path().vertices[0, 1] for b in leaves) == pytest.approx(
            block.get_height()
        )


def test_a_price_has_a_hollow_point_only_where_training_is_not_all_of_it():
    table = pd.DataFrame(
        {"training": [4.0, 7.0], "cost": [14.0, 7.0], "score": 50.0, "lo": 45.0, "hi": 55.0},
        index=["silversight", "all-data"],
    )
    ax = whole.cost_and_score(table, "tokens", "score", {"best trivial": 30.0}).axes[0]
    points = [
        (line.get_xdata()[0], line.get_markerfacecolor() == "white") for line in ax.lines if line.get_marker() == "o"
    ]
    assert points == [(4, True), (14, False), (7, False)]
    assert {text.get_text() for text in ax.texts} == {"silversight", "all-data", "best trivial"}
    assert ax.get_xlim()[0] == ax.get_ylim()[0] == 0


def test_moments_circle_the_point_and_colour_what_has_a_label():
    labels = np.array([0, 0, -1])
    figure = selection.moments(np.eye(3)[:, :2], [("a", labels, 1), ("b", labels, 2)], 0.3)
    circles = [ax.patches[0] for ax in figure.axes[:2]]
    assert [tuple(circle.center) for circle in circles] == [(0, 1), (0, 0)] and {
        circle.radius for circle in circles
    } == {0.3}
    assert [len(part.get_offsets()) for part in figure.axes[0].collections] == [1, 2]


def test_thinning_marks_first_the_rows_taken_then_the_medoids():
    points = np.arange(12.0).reshape(6, 2)
    steps = types.SimpleNamespace(
        core=np.arange(5), taken=np.array([0, 4]), owner=np.array([0, 0, 0, 1, 1]), medoids=np.array([1, 3])
    )
    figure = selection.trimmed_medoids(points, steps)
    stars = [ax.collections[2].get_offsets().tolist() for ax in figure.axes]
    assert stars == [[], points[[0, 4]].tolist(), points[[1, 3]].tolist()]
    assert figure.axes[0].collections[0].get_offsets().tolist() == points[[5]].tolist(), "set aside"
