"""Planted rows are what they are said to be, and measures are their printed formulas."""

import math
import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from assl_utils.selection import adbscan, budget, planted
from assl_utils.selection.planted import Space, compare, difference, first_of_near, plant, score, summarise

SMALL = {"tail_kinds": 10, "groups": 6, "repeats": (3, 12)}


@pytest.fixture(scope="module")
def rows():
    return plant(700, seed=3, noise=0.1, **SMALL)


@pytest.fixture(scope="module")
def place(rows):
    return planted.space(rows, clusters=3)


def test_each_role_has_its_rows(rows):
    roles = Counter(rows["role"])
    assert len(rows) == 700 and roles["noise"] == 70
    assert set(roles) == set(planted.ROLES)
    assert roles["head"] > 0.5 * len(rows)
    assert not rows.duplicated("input").any() and rows["id"].is_unique
    assert rows["role"].iloc[:100].nunique() == 4, "shuffled"


def test_the_tail_is_rare_and_nowhere_else(rows):
    tail, rest = rows[rows["role"] == "tail"], rows[rows["role"] != "tail"]
    sizes = tail["kind"].value_counts()
    subtasks = [kind for kind in sizes.index if "/" not in kind]
    topics = sizes.drop(subtasks)
    assert len(topics) == 10 and topics.between(2, 6).all() and topics.nunique() > 2
    assert len(subtasks) == 2 and (sizes[subtasks] == 12).all()
    assert not rest["kind"].isin(sizes.index).any()
    assert not rest["subtask"].isin(subtasks).any()
    assert topics.index.str.split("/").str[0].isin(rest["kind"].str.split("/").str[0]).any(), "beside common kinds"


def test_repeats_are_groups_of_near_copies(rows):
    repeats = rows[rows["role"] == "repeat"]
    assert sorted(repeats["group"].unique()) == list(range(6))
    assert (rows.loc[rows["role"] != "repeat", "group"] == -1).all()
    for _, group in repeats.groupby("group"):
        assert 3 <= len(group) <= 12
        assert group["kind"].nunique() == 1 and group["output"].nunique() == 1
        texts = [Counter(text) for text in group["input"]]
        shared = [(a & b).total() / (a | b).total() for a in texts for b in texts]
        assert min(shared) > 0.4 and np.median(shared) > 0.7, "the same characters, but for a few"
    assert repeats["instruction"].nunique() > 6, "in different words"


def test_noise_is_named_by_what_was_done_to_it(rows):
    noise = rows[rows["role"] == "noise"]
    assert set(noise["kind"]) == set(planted.SORTS)
    off_topic = noise.loc[noise["kind"] == "off-topic", "input"]
    assert off_topic.str.contains("下锅|爬山|多云|球赛|我家的猫").all()
    assert not noise.loc[noise["kind"] != "off-topic", "input"].str.contains("下锅|爬山|我家的猫").any()


def test_garbled_spliced_and_short_texts():
    class Loaded:
        """Draws that always garble first, then splice, then fill templates."""

        def __init__(self):
            self.sorts = iter([0.1, 0.1, 0.5, 0.9])

        def u(self):
            return next(self.sorts)

        def pick(self, items):
            return items[0]

        def between(self, low, high):
            return low

        def shuffle(self, items):
            return list(items)[::-1]

    texts = ["甲乙丙丁戊己庚辛壬癸", "短文", "春夏秋冬东南西北"]
    made = list(planted._spoiled(Loaded(), [{"input": text} for text in texts], ["一二三四五六七八九十"]))
    assert [row["kind"] for row in made] == ["garbled", "spliced", "off-topic"], "too short to garble: drawn again"
    assert made[0]["input"] == "己戊丁丙乙甲庚辛壬癸" and made[1]["input"] == "短六七八九十"


def test_one_seed_is_one_set_and_wordings_can_be_fixed(rows):
    pd.testing.assert_frame_equal(rows, plant(700, seed=3, noise=0.1, **SMALL))
    other = plant(700, seed=4, noise=0.1, wordings=1, **SMALL)
    assert set(other["kind"]) != set(rows["kind"])
    assert (other.groupby(["subtask", "form"])["instruction"].nunique() == 1).all()


def test_any_role_can_be_left_out():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plain = plant(50, tail_kinds=0, rare_subtasks=0, noise=0, groups=0)
    assert (plain["role"] == "head").all() and (plain["group"] == -1).all() and len(plain) == 50
    with pytest.raises(ValueError, match="the planted ones take"):
        plant(50, **SMALL)
    with pytest.raises(ValueError, match="the head has material for"):
        plant(50_000)


def hand_made():
    """Twelve rows on a line."""
    table = [
        ("head", "a", -1, 0.0), ("head", "a", -1, 1.0), ("head", "b", -1, 2.0), ("tail", "t", -1, 5.0),
        ("tail", "t", -1, 6.0), ("tail", "u", -1, 9.0), ("noise", "garbled", -1, 50.0), ("noise", "spliced", -1, 60.0),
        ("repeat", "a", 0, 3.0), ("repeat", "a", 0, 3.0), ("repeat", "a", 0, 3.5), ("repeat", "b", 1, 7.0),
    ]  # fmt: skip
    rows = pd.DataFrame(table, columns=["role", "kind", "group", "x"])
    return rows.drop(columns="x"), rows[["x"]].to_numpy()


def test_measures_worked_by_hand():
    rows, X = hand_made()
    found = score(rows, X, [0, 3, 6, 8, 9, 10])
    # To 0, 5, 3, 3 and 3.5 (50 is near to none): 0, 1, 1, 0, 1, 4 in head and tail, then 0, 0, 0, 2 in the groups.
    expected = {
        "kept": 6, "tail_kinds": 1 / 2, "tail_rows": 1 / 3, "head_kinds": 1 / 2, "noise_dropped": 1 / 2, "garbled": 0,
        "spliced": 1, "off-topic": math.nan, "groups": 1 / 2, "redundancy": 2 / 6, "coverage": 9 / 10,
    }  # fmt: skip
    assert found == pytest.approx(expected, nan_ok=True) and list(found) == list(expected)


def test_everything_and_nothing():
    rows, X = hand_made()
    everything = score(rows, X, np.arange(12))
    assert everything["coverage"] == 0 and everything["noise_dropped"] == 0 and everything["tail_kinds"] == 1
    assert everything["redundancy"] == pytest.approx(2 / 12) and everything["groups"] == 1
    nothing = score(rows, X, [])
    assert nothing["kept"] == 0 and nothing["noise_dropped"] == 1 and nothing["tail_rows"] == 0
    assert math.isnan(nothing["coverage"]) and math.isnan(nothing["redundancy"])
    only_head = score(rows[:3], X[:3], [1])
    assert only_head["coverage"] == pytest.approx(2 / 3)
    assert all(math.isnan(only_head[name]) for name in ("tail_kinds", "tail_rows", "noise_dropped", "groups"))
    assert only_head["redundancy"] == 0


def test_the_way_to_the_nearest_is_measured_to_all_of_them():
    rng = np.random.default_rng(0)
    X, centres = rng.normal(size=(50, 7)), rng.normal(size=(9, 7))
    expected = [min(math.dist(x, c) for c in centres) for x in X]
    np.testing.assert_allclose(planted._to_nearest(X, centres, block=16), expected, rtol=1e-9)


def test_of_near_texts_one_is_first(rows):
    first = first_of_near(rows)
    groups = rows[first & (rows["role"] == "repeat")].groupby("group").size()
    assert len(groups) == 6 and groups.sum() < 0.3 * (rows["role"] == "repeat").sum()
    assert first[rows["role"] == "head"].mean() > 0.95
    chain = pd.DataFrame({"id": list("abcd"), "subtask": "qa", "form": "", "output": ""})
    chain["input"] = ["一二三四五六七八九十" * 3 + tail for tail in ("甲", "甲乙", "甲乙丙", "")]
    assert first_of_near(chain).tolist() == [True, False, False, False]
    chain["input"] = ["甲" * 9, "乙" * 9, "丙" * 9, "丁" * 9]
    assert first_of_near(chain).all()


def test_all_choices_of_a_share_are_equally_large_in_each_cluster(place):
    clusters = range(place.cluster.max() + 1)
    seen = {}
    for share, choice, positions in planted.choices(place, (0.2, 0.5), seed=1):
        assert len(set(positions.tolist())) == len(positions)
        sizes = tuple(int((place.cluster[positions] == c).sum()) for c in clusters)
        seen.setdefault("own" if math.isnan(share) else share, {})[choice] = sizes
    assert set(seen["own"]) == {"literal", "random as many"} and len(set(seen["own"].values())) == 1
    names = {"random", "random distinct", "k-center", *budget.METHODS}
    for share in (0.2, 0.5):
        assert set(seen[share]) == names and len(set(seen[share].values())) == 1
        assert next(iter(seen[share].values())) == tuple(round(share * (place.cluster == c).sum()) for c in clusters)


def test_a_choice_never_wants_more_than_there_is_outside_the_noise():
    rows, _ = hand_made()
    rows = rows.assign(
        id=[f"r{i}" for i in range(12)], subtask="qa", form="", output="", input=[*"甲乙丙丁戊己庚辛壬癸子丑"]
    )
    rng = np.random.default_rng(0)
    X = np.vstack([rng.normal(size=(9, 2)), np.full((3, 2), 40.0)])  # three copies, and far
    place = Space(rows, X, np.zeros(12, dtype=int))
    found = adbscan.adbscan(X[adbscan.unique_points(X)[0]], k=3)
    most = int((found.labels >= 0).sum())
    assert 0 < most < 10
    sizes = {len(positions) for share, _, positions in planted.choices(place, (0.9,), k=3) if share == 0.9}
    assert sizes == {most}


def test_the_choices_are_the_functions_they_name(place):
    made = {name: positions for share, name, positions in planted.choices(place, (0.3,), k=10, seed=2)}
    for c in range(3):
        members = np.flatnonzero(place.cluster == c)
        distinct = members[adbscan.unique_points(place.X[members])[0]]
        result = adbscan.adbscan(place.X[distinct], 10)
        goal = round(0.3 * len(members))
        for method in budget.METHODS:
            own = distinct[budget.redistribute(place.X[distinct], result, goal, 2, method)]
            assert set(own) == set(made[method][place.cluster[made[method]] == c])
        literal = distinct[budget.redistribute(place.X[distinct], result, None, 2)]
        assert set(literal) == set(made["literal"][place.cluster[made["literal"]] == c])
    first = first_of_near(place.rows)
    assert first[made["random distinct"]].all() and not first[made["random"]].all()


def test_a_comparison_repeats_and_its_differences_are_to_random():
    options = {"seeds": [5, 6], "n": 400, "clusters": 3, **SMALL}
    table = compare(**options)
    anew = planted.space(plant(400, 6, **SMALL), 3, seed=6)
    rows = [{"choice": c} | score(anew.rows, anew.X, chosen) for _, c, chosen in planted.choices(anew, seed=6)]
    own = table[table["seed"] == 6].drop(columns=["share", "seed"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(own, pd.DataFrame(rows))
    assert list(table.columns[:4]) == ["share", "choice", "seed", "kept"] and set(table["seed"]) == {5, 6}
    less = difference(table)
    same = less["choice"].isin(["random", "random as many"])
    assert (less.loc[same, "tail_rows"] == 0).all() and same.sum() == 4
    for seed in (5, 6):
        now, gain = table[table["seed"] == seed].set_index("choice"), less[less["seed"] == seed].set_index("choice")
        for choice, base in (("k-center", "random"), ("literal", "random as many")):
            assert gain.loc[choice, "coverage"] == now.loc[choice, "coverage"] - now.loc[base, "coverage"]


def test_a_summary_worked_by_hand():
    table = pd.DataFrame({"share": 0.5, "choice": "x", "seed": [0, 1, 2], "kept": [1.0, 2.0, 3.0]})
    alone = pd.DataFrame({"share": [math.nan], "choice": "y", "seed": 0, "kept": 7.0})
    found = summarise(pd.concat([table, alone])).set_index("choice")
    half = 4.302652729749464 / math.sqrt(3)  # t for two degrees of freedom, s = 1
    assert found.loc["x", ["kept", "kept_lo", "kept_hi"]].tolist() == pytest.approx([2, 2 - half, 2 + half])
    assert found.loc["y", "kept"] == 7 and math.isnan(found.loc["y", "kept_lo"])
