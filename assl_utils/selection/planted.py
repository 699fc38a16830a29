r"""Does thinning keep what it should? Rows of which everything is known by construction, and choices scored on them.

The generator of the embedded corpus plants four roles (`plant`): a *head* of common kinds of rows, a *tail* of rare
ones, *noise* that belongs nowhere and *repeats*, groups of near copies of one text. A kind is a topic within a sub-task
and form, or a whole sub-task. A choice of rows is then judged by what it kept of each (`score`), and choices are
compared at equal numbers of rows, over seeds (`compare`, `summarise`).
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import t as student

from assl_utils import pretrained
from assl_utils.corpus import build, faults
from assl_utils.corpus.grammar import Draws
from assl_utils.corpus.lexicon import names
from assl_utils.selection import budget, controls, stages
from assl_utils.sources import leakage
from assl_utils.space import clustering, static
from assl_utils.space.encoder import embed
from assl_utils.tasks.wordings import TRAINING, assign, prompt

ROLES = ("head", "tail", "noise", "repeat")
COMMON = 12  # rows of a kind in the generated pool, from which on it can be called common or be made rare
POOL = {"scale": 0.06, "floor": 400, "sizes": {"FE": 8, "NL": 8, "NSP": 8, "NA": 8}, "per_subject": 1}
SORTS = ("garbled", "spliced", "off-topic")  # of noise
MEASURES = ("tail_kinds", "tail_rows", "noise_dropped", "groups", "redundancy", "coverage")


class Space(NamedTuple):
    """Planted rows as points, parted as in chapter 3."""

    rows: pd.DataFrame  # see `plant`
    X: np.ndarray  # unit vectors
    cluster: np.ndarray  # semantic cluster of each


def plant(n=2400, seed=0, tail_kinds=40, tail_rows=(2, 6), rare_subtasks=2, noise=0.05, groups=20, repeats=(3, 30),
          wordings=TRAINING):  # fmt: skip
    """Rows with known roles, from the generator of the embedded corpus.

    Parameters
    ----------
    n : int, default 2400
        Rows in all; the head takes what the other roles leave. There is material for some 8000.
    seed : int, default 0
        Other seeds generate other texts and other rare kinds.
    tail_kinds : int, default 40
        Topics, common in the generator, of which only a few rows are left.
    tail_rows : (int, int), default (2, 6)
        Fewest and most rows of such a topic; a rare sub-task has twice the most.
    rare_subtasks : int, default 2
        Sub-tasks that have no row outside the tail, where each is one kind.
    noise : float, default 0.05
        Share of rows that are `faults.outlier`.
    groups : int, default 20
        Groups of near copies (`faults.near_copy`, and copies of copies) of texts of common kinds.
    repeats : (int, int), default (3, 30)
        Fewest and most rows of a group.
    wordings : int, default 30
        Instructions per sub-task, dealt as in chapter 2: near copies are asked for in different words too. With 1, all
        rows of a sub-task share their instruction.

    Returns
    -------
    DataFrame
        ``id, subtask, form, instruction, input, output``, the ``role``, the ``kind`` (of noise: its sort) and the
        ``group`` of near copies (-1 outside). No input occurs twice.
    """
    pool, _, truth = build.build(seed=seed, **POOL)
    pool = pool[["subtask", "form", "input", "output"]].assign(kind=truth["topic"])[truth["kind"] == "plain"]
    pool["kind"] = pool["subtask"] + pool["form"].map(lambda form: f".{form}" if form else "") + "/" + pool["kind"]
    rng = np.random.default_rng([seed, 4])  # streams 0 to 2 of a seed are the corpus's own
    draws = Draws(rng)

    rare = sorted(draws.sample(sorted(set(pool["subtask"])), rare_subtasks))
    most = 2 * tail_rows[1]
    tail = [part.iloc[draws.sample(range(len(part)), most)].assign(kind=s) for s, part in _parts(pool, "subtask", rare)]
    pool = pool[~pool["subtask"].isin(rare)]
    sizes = pool["kind"].value_counts()
    common = sorted(sizes[sizes >= COMMON].index)
    thin = sorted(draws.sample(common, tail_kinds))
    for _, part in _parts(pool, "kind", thin):
        tail.append(part.iloc[draws.sample(range(len(part)), draws.between(*tail_rows))])
    pool = pool[pool["kind"].isin(set(common) - set(thin))]
    pool = pool.iloc[rng.permutation(len(pool))]

    originals, pool = pool.iloc[:groups], pool.iloc[groups:]
    copies = [_copies(draws, row, draws.between(*repeats)) for row in originals.to_dict("records")]
    copies = pd.DataFrame([row | {"group": g} for g, rows in enumerate(copies) for row in rows])
    spoiled, pool = pool.iloc[: round(noise * n)], pool.iloc[round(noise * n) :]
    spoiled = pd.DataFrame(_spoiled(draws, spoiled.to_dict("records"), pool["input"].tolist()))
    parts = {"tail": pd.concat(tail or [pool[:0]]), "noise": spoiled, "repeat": copies}
    left = n - sum(map(len, parts.values()))
    if not 0 <= left <= len(pool):
        raise ValueError(f"{n} rows: the planted ones take {n - left}, and the head has material for {len(pool)}")
    parts["head"] = pool.iloc[:left]
    rows = pd.concat([part.assign(role=role) for role, part in parts.items() if len(part)])
    rows = rows.iloc[rng.permutation(n)].reset_index(drop=True)
    rows["group"] = rows["group"].fillna(-1).astype(int) if groups else -1
    rows["id"] = [f"known-{i:05d}" for i in range(len(rows))]
    rows = assign(rows, seed, wordings)
    return rows[["id", "subtask", "form", "instruction", "input", "output", "role", "kind", "group"]]


def _parts(rows, column, values):
    return ((value, rows[rows[column] == value]) for value in values)


def _copies(draws, row, n, depth=2):
    """The row and n - 1 near copies, no text twice: of it, of its copies, and deeper only where these give no more."""
    texts, depths, misses = [row["input"]], [0], 0
    while len(texts) < n:
        at = draws.pick([i for i, own in enumerate(depths) if own < depth])
        text = faults.near_copy(draws, texts[at], row["subtask"], row["output"])
        if text not in texts:
            texts.append(text)
            depths.append(depths[at] + 1)
        elif (misses := misses + 1) % 50 == 0:
            depth += 1
    return [row | {"input": text} for text in texts]


def _spoiled(draws, rows, others):
    """The rows with outliers for their texts, no text twice; the kind says of which of the three sorts."""
    seen = set()
    for row in rows:
        text = spoiled = row["input"]
        while spoiled == text or spoiled in seen:  # a text too short to be garbled, a template filled twice alike
            spoiled = faults.outlier(draws, text, draws.pick(others), draws.pick(names.PLACES))
        seen.add(spoiled)
        sort = "spliced" if spoiled.startswith(text[: len(text) // 2]) else "off-topic"
        yield row | {"input": spoiled, "kind": "garbled" if sorted(spoiled) == sorted(text) else sort}


def space(rows, clusters=6, dim=128, seed=0):
    """The rows as chapter 3 sees them: a static encoder fitted on them, their vectors, K-Means clusters of these."""
    texts = [prompt(*pair) for pair in zip(rows["instruction"], rows["input"], strict=True)]
    encoder = static.fit_static(texts, pretrained.load_tokenizer("embedded"), dim, seed)
    X = embed(texts, encoder)
    return Space(rows, X, clustering.kmeans(X, clusters, seed))


def score(rows, X, chosen):
    r"""What a choice kept of each role; S are the rows chosen, shares are from 0 to 1.

    Parameters
    ----------
    rows : DataFrame
        See `plant`.
    X : array of shape (n, d)
        Their vectors.
    chosen : array of int
        Positions in both, each once.

    Returns
    -------
    dict
        ``kept``: :math:`|S|`.

        ``tail_kinds``: rare kinds with at least one row in S, by rare kinds. ``tail_rows``: :math:`|S \cap tail| /
        |tail|`. ``head_kinds``: as tail_kinds, of the common kinds in the head.

        ``noise_dropped``: :math:`1 - |S \cap noise| / |noise|`; ``garbled``, ``spliced`` and ``off-topic``: the same of
        one sort.

        ``groups``: groups of near copies with at least one row in S, by groups. ``redundancy``: rows of S beyond the
        first of their group, :math:`\sum_g \max(0, |S \cap g| - 1) / |S|`. A random choice keeps few of a small group
        and many of a large one; what it should do is one of each.

        ``coverage``: mean over all rows that are not noise of the distance to the nearest row of S. Small is good.

        A measure of nothing (no noise planted, nothing chosen) is nan.
    """
    kept = np.zeros(len(rows), dtype=bool)
    kept[chosen] = True
    role, kind = rows["role"].to_numpy(), rows["kind"].to_numpy()
    noise = role == "noise"

    def any_of(name, by):
        inside = role == name
        return pd.Series(kept[inside], dtype=float).groupby(by[inside]).max().mean()

    def share(mask):
        return kept[mask].mean() if mask.any() else np.nan

    copies = pd.Series(kept[role == "repeat"]).groupby(rows["group"].to_numpy()[role == "repeat"]).sum()
    values = {
        "kept": int(kept.sum()),
        "tail_kinds": any_of("tail", kind),
        "tail_rows": share(role == "tail"),
        "head_kinds": any_of("head", kind),
        "noise_dropped": 1 - share(noise),
        **{sort: 1 - share(noise & (kind == sort)) for sort in SORTS},
        "groups": any_of("repeat", rows["group"].to_numpy()),
        "redundancy": (copies - 1).clip(lower=0).sum() / kept.sum() if kept.any() else np.nan,
        "coverage": _to_nearest(X[~noise], X[kept]).mean() if kept.any() and not noise.all() else np.nan,
    }
    return {name: value if name == "kept" else float(value) for name, value in values.items()}


def _to_nearest(X, centres, block=1024):
    """Distance of each point to the nearest centre, in float64; block rows of products at a time."""
    X, centres = np.asarray(X, dtype=np.float64), np.asarray(centres, dtype=np.float64)
    square = (centres**2).sum(axis=1)
    parts = [X[at : at + block] for at in range(0, len(X), block)]
    least = [((part**2).sum(axis=1) + (square - 2 * part @ centres.T).min(axis=1, initial=np.inf)) for part in parts]
    return np.sqrt(np.maximum(np.concatenate(least), 0)) if parts else np.empty(0)


def first_of_near(rows, near=0.8):
    """Whether a row is the first of its group of near texts; `leakage.near_duplicates` pairs, pairs make groups."""
    pairs = leakage.near_duplicates(rows, near)
    place = pd.Series(np.arange(len(rows)), index=rows["id"])
    joined = place[pairs["id"]].to_numpy(), place[pairs["other"]].to_numpy()
    graph = coo_array((np.ones(len(pairs)), joined), shape=(len(rows), len(rows)))
    return ~pd.Series(connected_components(graph, directed=False)[1]).duplicated().to_numpy()


def choices(place, shares=(0.25,), k=20, seed=0, trim=0.1, minpts_rule="algorithm1"):
    """Rows chosen in every way there is, at the same number of rows of each cluster.

    Parameters
    ----------
    place : Space
    shares : iterable of float
        Rows to keep of each semantic cluster, as shares of it; less where A-DBSCAN leaves fewer distinct rows outside
        the noise, and then less for all.
    k, seed, trim, minpts_rule
        See `adbscan.adbscan` and `budget.redistribute`.

    Yields
    ------
    share, choice, positions
        ``random`` rows; ``random distinct``, one of each group of near texts as long as there are others; ``k-center``
        over all distinct vectors; and the methods of `budget.redistribute` by their names. With the share nan, for it
        sets its number itself: ``literal``, the paper's rule, and ``random as many``, as many rows of each cluster.
    """
    first = first_of_near(place.rows)
    subclusters = stages.find_subclusters(place.X, place.cluster, k, minpts_rule)
    parts = [(np.flatnonzero(place.cluster == c), *subclusters[c]) for c in sorted(subclusters)]
    literal = [distinct[budget.redistribute(place.X[distinct], found, None, seed)] for _, distinct, found in parts]
    yield np.nan, "literal", np.concatenate(literal)
    as_many = [m[controls.random_choice(len(m), len(own), seed)] for (m, *_), own in zip(parts, literal, strict=True)]
    yield np.nan, "random as many", np.concatenate(as_many)
    for share in shares:
        picked = {}
        for members, distinct, found in parts:
            goal = round(share * len(members))
            goal -= budget.plan_budget(found.labels, goal).shortfall
            points = place.X[distinct]
            drawn = members[controls.random_choice(len(members), len(members), seed)]
            one = {
                "random": drawn[:goal],
                "random distinct": drawn[np.argsort(~first[drawn], kind="stable")[:goal]],
                "k-center": distinct[controls.k_center_greedy(points, goal, seed)],
            }
            for method in budget.METHODS:
                one[method] = distinct[budget.redistribute(points, found, goal, seed, method, trim)]
            for name, positions in one.items():
                picked.setdefault(name, []).append(positions)
        for name, pieces in picked.items():
            yield share, name, np.concatenate(pieces)


def compare(seeds=range(5), n=2400, shares=(0.25,), k=20, clusters=6, trim=0.1, minpts_rule="algorithm1", **planted):
    """Choices scored on planted rows, over seeds: every seed plants, embeds, parts and chooses anew.

    Parameters
    ----------
    seeds : iterable of int
    n, **planted
        See `plant`.
    clusters : int
        Of `space`.
    shares, k, trim, minpts_rule
        See `choices`.

    Returns
    -------
    DataFrame
        ``share, choice, seed`` and the measures of `score`, a row for each of them.
    """
    table = []
    for seed in seeds:
        place = space(plant(n, seed, **planted), clusters, seed=seed)
        for share, choice, positions in choices(place, shares, k, seed, trim, minpts_rule):
            key = {"share": share, "choice": choice, "seed": seed}
            table.append(key | score(place.rows, place.X, positions))
    return pd.DataFrame(table)


def difference(table, to="random"):
    """The table of `compare` with each value less what ``to`` has for the same share and seed.

    Seeds that are hard for one choice are hard for the others too, so differences vary less than the values. A choice
    whose share is nan is compared with ``random as many``.
    """
    values = table.columns.drop(["share", "choice", "seed"])
    base = table[table["choice"].isin([to, "random as many"]) & ((table["choice"] == to) | table["share"].isna())]
    base = base.set_index(["share", "seed"])[values]
    found = base.reindex(pd.MultiIndex.from_frame(table[["share", "seed"]]))
    return table.assign(**{name: table[name].to_numpy() - found[name].to_numpy() for name in values})


def summarise(table, level=0.95):
    r"""Mean over seeds with an interval, of `compare` or of `difference`.

    .. math:: \bar{x} \pm t_{(1 + level) / 2,\, m - 1} \; s / \sqrt{m}

    with m seeds and s their standard deviation; one seed has no interval (nan).

    Returns
    -------
    DataFrame
        A row for each share and choice, in their order; for each measure its mean, and ``_lo`` and ``_hi``.
    """
    grouped = table.drop(columns="seed").groupby(["share", "choice"], sort=False, dropna=False)
    mean, count = grouped.mean(), grouped.count()
    half = grouped.std() / np.sqrt(count) * student.ppf((1 + level) / 2, (count - 1).clip(lower=1))
    columns = {}
    for name in mean.columns:
        columns |= {name: mean[name], f"{name}_lo": mean[name] - half[name], f"{name}_hi": mean[name] + half[name]}
    return pd.DataFrame(columns).reset_index()


def shown_difference(table, to="random"):
    """`difference` as a page shows it: the mean over seeds ± half the width of its interval, a row per choice."""
    gain = summarise(difference(table, to)).set_index("choice").drop([to, "random as many"])
    texts = {
        name: [f"{mean:+.2f} ± {high - mean:.2f}" for mean, high in zip(gain[name], gain[f"{name}_hi"], strict=True)]
        for name in MEASURES
    }
    return pd.DataFrame(texts, index=gain.index)
