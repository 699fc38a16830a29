"""Every way to choose rows, by the word that names it: `select` in the sentence *partition, select, train, …*.

A way takes a `Pool` and gives the rows in the order in which they are chosen. `choose` shares a number of rows among
the parts of the pool as equally as they allow, so that any two ways can be compared at equal rows. `draw` is the same
with the rows of each part given, as chapter 5 does it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from assl_utils.errors import near
from assl_utils.selection import budget, controls, peers, stage1, utility
from assl_utils.selection.adbscan import Result
from assl_utils.selection.pool import Pool
from assl_utils.selection.scores import score_llm


@dataclass(frozen=True)
class Way:
    """A way to choose rows.

    Attributes
    ----------
    what : str
        What it takes, in a sentence without a stop.
    draw : callable
        Of the word, a pool without rows of part -1, the rows of each part, the seed, and the ``arguments``.
    needs : frozenset of str
        Of ``first``, ``feedback_rouge``, ``feedback_nll``, ``states``: what must be made before.
    takes_n : bool
        Whether it can be told how many rows; ``all``, ``paper_rule`` and ``stage1`` have a number of their own.
    per_part : bool
        Whether every part gives its share; if not, the number is kept over all parts together.
    arguments : tuple of str
        What `choose` passes on to it.
    """

    what: str
    draw: Callable
    needs: frozenset = frozenset()
    takes_n: bool = True
    per_part: bool = True
    arguments: tuple = ()


def choose(way: str, pool: Pool, total: int | None = None, seed: int = 0, **arguments) -> pd.DataFrame:
    """``total`` rows of a pool in one of the ways, its parts giving equal shares as far as they can.

    Parameters
    ----------
    way : str
        One of `WAYS`.
    pool : Pool
    total : int
        Not read by a way that has a number of its own.
    seed : int
        Of what is drawn at random; the ways by (13), ``stage1``, ``all`` and ``rds`` draw nothing.
    **arguments
        ``each`` (`random_per_subtask`, `random_per_form`, instead of ``total``): so many rows of every kind, and the
        rows of a kind depend on the seed, its name and its own ids alone. ``query_states`` (`rds`), see
        `peers.round_robin`. ``groups`` and ``quality`` (`kmeans_quality`), see `peers.kmeans_quality`: an array,
        or ``"uniform"``; without it the likelihood ``raw`` of the pool's feedback, and without that uniform.

    Returns
    -------
    DataFrame
        ``position`` in the pool's rows and ``part``, in the order of training: min(total, rows in the pool) rows. A
        part that is smaller than its share gives all it has, and the others more (`budget.water_level`).

    Raises
    ------
    ValueError
        For an unknown word or argument, for what the way needs and the pool lacks, and where stage 1 alone holds more
        rows than ``total``.
    """
    check(way)
    _check_total(way, total, arguments)
    least = 0
    if "first" in WAYS[way].needs and WAYS[way].takes_n:
        first = np.asarray(pool.of("first", way), dtype=bool) & (np.asarray(pool.part) >= 0)
        least = pool.sizes(first)
        if least.sum() > total:
            raise ValueError(
                f"stage 1 holds {least.sum():,} rows, more than the total of {total:,} that select={way} should reach: "
                "ask for more, or let stage 1 take fewer"
            )
    wanted = len(pool.part) if total is None else total
    shares, _ = budget.water_level(pool.sizes(np.asarray(pool.part) >= 0), wanted, least)
    found = draw(way, pool, shares, seed, total, **arguments)
    return found[["position", "cluster"]].rename(columns={"cluster": "part"})


def draw(
    way: str, pool: Pool, shares: np.ndarray, seed: int = 0, total: int | None = None, **arguments
) -> pd.DataFrame:
    """`choose` with the rows of each part given.

    Parameters
    ----------
    shares : array of int
        Rows of each part; of a smaller one all. A way without shares takes their sum, or ``total`` if that is given.

    Returns
    -------
    DataFrame
        ``position, cluster, stage, order, utility`` as from `utility.fill`; ``cluster`` is the part.
    """
    check(way)
    if unknown := sorted(set(arguments) - set(WAYS[way].arguments)):
        takes = ", ".join(WAYS[way].arguments) or "none"
        raise ValueError(f"select={way} takes no argument {unknown[0]!r}; it takes {takes}")
    at, inside = pool.inside()
    if not len(at):
        return _table(at, at)
    shares = np.asarray(shares, dtype=np.int64)
    if not WAYS[way].per_part and total is not None:
        arguments = {**arguments, "total": total}
    found = WAYS[way].draw(way, inside, shares, seed, **arguments)
    return found.assign(position=at[found["position"].to_numpy(dtype=np.int64)])


def add(word, way):
    """Make a way of one's own known by its word, for as long as this Python runs; see the page `your_own`."""
    if word in WAYS:
        raise ValueError(f"select={word} exists already; give yours another name")
    if not isinstance(way, Way):
        raise TypeError(f"select={word} is to be a Way, not {type(way).__name__}")
    WAYS[word] = way


def check(way, known=None, former=None):
    """Refuse a way that there is not, before an hour is spent on what it would need.

    Parameters
    ----------
    known : iterable of str, optional
        The words allowed; all of `WAYS` if absent.
    former : dict of str to str, optional
        Words of earlier versions and what they are called now.
    """
    known, former = list(WAYS if known is None else known), former or {}
    if way in former:
        raise ValueError(f"select={way} is called select={former[way]} now")
    if way not in known:
        raise ValueError(f"select={way} is none of {', '.join(known)}{near(way, known)}")


def _check_total(way, total, arguments):
    whole = isinstance(total, int | np.integer) and not isinstance(total, bool) and total >= 0
    if total is not None and not whole:
        raise ValueError(f"total is {total!r}; it is a whole number of rows, at least 0")
    each = arguments.get("each")
    if each is not None and total is not None:
        raise ValueError(f"select={way} takes a total or each, not both: total={total}, each={each}")
    if WAYS[way].takes_n and total is None and each is None:
        raise ValueError(f"select={way} needs the number of rows: total")


def _table(positions, part, stage=2):
    """Positions as a table like that of `utility.fill`, without utilities."""
    positions = np.asarray(positions, dtype=np.int64)
    columns = {"position": positions, "cluster": np.asarray(part)[positions] if len(positions) else positions}
    return pd.DataFrame({**columns, "stage": stage, "order": np.arange(len(positions)), "utility": np.nan})


def in_turn(pool, pick, stage=2):
    """``pick`` of each part's number and members, parts in turn, each with an order of its own."""
    part, pieces = np.asarray(pool.part), []
    for c in np.unique(part):
        pieces.append(_table(pick(c, np.flatnonzero(part == c)), part, stage))
    return pd.concat(pieces, ignore_index=True)


# ------------------------------------------------------------------------------------------------- the ways


def _all(way, pool, shares, seed):
    return in_turn(pool, lambda c, members: members)


def _random(way, pool, shares, seed):
    kind = pool.kinds("subtask", way) if way == "random_even" else None
    return controls.random_per_cluster(pool.part, shares[: np.max(pool.part) + 1], seed, kind)


def _random_per_kind(way, pool, shares, seed, total=None, each=None):
    kind = pool.kinds(way.removeprefix("random_per_"), way)
    if each is None:
        return controls.random_per_subtask(pool.part, kind, int(shares.sum()) if total is None else total, seed)
    if each < 0:
        raise ValueError(f"each is {each}; it cannot be negative")
    picks = [members[:each] for members in peers.shuffled(pool.rows, kind, seed).values()]
    return _table(np.concatenate(picks), pool.part)


def _k_center(way, pool, shares, seed):
    X = pool.of("X", way)
    return in_turn(pool, lambda c, members: members[controls.k_center_greedy(X[members], int(shares[c]), [seed, c])])


def _subclusters(way, pool):
    """What A-DBSCAN found in each part: as the pool holds it, or found now."""
    X, part = pool.of("X", way), np.asarray(pool.part)
    if pool.subclusters is None:
        return stage1.find_subclusters(X, part, pool.k, pool.minpts_rule)
    label, density = (pool.subclusters[name].to_numpy() for name in ("subcluster", "density"))
    distinct = {c: np.flatnonzero((part == c) & ~np.isnan(density)) for c in np.unique(part).tolist()}
    return {c: stage1.SubClusters(at, Result(label[at], np.nan, density[at], [])) for c, at in distinct.items()}


def _paper_rule(way, pool, shares, seed):
    kept = stage1.thin(pool.X, _subclusters(way, pool), None, seed=seed)["chosen"].to_numpy()
    return in_turn(pool, lambda c, members: members[kept[members]])


def _budget(way, pool, shares, seed):
    """A part that has too few rows in sub-clusters gives noise too, the densest first, and copies at the very last."""
    goal = dict(enumerate(shares.tolist()))
    table = stage1.thin(pool.X, _subclusters(way, pool), goal, pool.thinning, seed)
    kept, last = table["chosen"].to_numpy(), -table["density"].to_numpy()  # the nan of copies sorts last

    def pick(c, members):
        left = members[~kept[members]]
        left = left[np.argsort(last[left], kind="stable")]
        return np.concatenate([members[kept[members]], left])[: goal[c]]

    return in_turn(pool, pick)


def _stage1(way, pool, shares, seed):
    first = pool.of("first", way).astype(bool)
    return in_turn(pool, lambda c, members: members[first[members]], stage=1)


def _need(way, pool, first):
    """(12) of each row: given, or from the feedback; rows of stage 1 need nothing."""
    if pool.need is None and pool.feedback is not None:
        asked, need = np.flatnonzero(~first), np.zeros(len(first))
        raw, lora = (pool.feedback[name].to_numpy()[asked] for name in ("raw", "lora"))
        need[asked] = score_llm(raw, lora)
        return need
    return pool.of("need", way)


def _utility(way, pool, shares, seed, total=None):
    X, centroids, part = pool.of("X", way), pool.of("centroids", way), np.asarray(pool.part)
    first = pool.of("first", way).astype(bool)
    need, weights = _need(way, pool, first), pool.weights
    if way == "level":
        total = int(shares.sum()) if total is None else total
        return utility.fill_level(X, part, pool.kinds("subtask", way), need, first, total, weights)
    if way == "utility_z":
        weights = utility.standard_weights(X, part, centroids, need, first, weights)
    return utility.fill(X, part, centroids, need, first, shares, weights)


def _rds(way, pool, shares, seed, total=None, query_states=None):
    if query_states is None:
        raise ValueError("select=rds needs query_states: the states of the examples that `peers.queries` set aside")
    total = int(shares.sum()) if total is None else total
    return _table(peers.round_robin(pool.of("states", way), query_states, total), pool.part)


def _kmeans_quality(way, pool, shares, seed, total=None, groups=32, quality=None):
    total = int(shares.sum()) if total is None else total
    if quality is None and pool.feedback is not None:
        quality = pool.feedback["raw"].to_numpy()
    quality = None if isinstance(quality, str) and quality == "uniform" else quality
    return _table(peers.kmeans_quality(pool.of("X", way), total, groups, quality, seed), pool.part)


FIRST, ROUGE, NLL = (frozenset({name}) for name in ("first", "feedback_rouge", "feedback_nll"))
WAYS = {
    "utility": Way("stage 1, then by the utility (13) in each part: the paper's way", _utility, FIRST | ROUGE),
    "utility_z": Way("as utility, the three terms of (13) z-scored in each part first", _utility, FIRST | ROUGE),
    "nll": Way("as utility, with the likelihood of the right answer for ROUGE in (10)–(12)", _utility, FIRST | NLL),
    "level": Way("stage 1, then by (13) until every sub-task has as many", _utility, FIRST | ROUGE, per_part=False),
    "random": Way("the same number of each part, at random", _random),
    "random_even": Way("the same at random, the sub-tasks of a part taking turns", _random),
    "random_per_subtask": Way(
        "the same number of each sub-task over all parts, at random", _random_per_kind, per_part=False,
        arguments=("each",),
    ),
    "random_per_form": Way(
        "the same number of each form of answer over all parts, at random", _random_per_kind, per_part=False,
        arguments=("each",),
    ),
    "k_center": Way("in each part always the row farthest from those taken", _k_center),
    "budget": Way("A-DBSCAN in each part, and its sub-clusters thinned to a number", _budget),
    "stage1": Way("what stage 1 chose and nothing more", _stage1, FIRST, takes_n=False),
    "paper_rule": Way("A-DBSCAN and the paper's own sampling, which sets its number", _paper_rule, takes_n=False),
    "all": Way("every row", _all, takes_n=False),
    "rds": Way(
        "examples of each sub-task take turns, each with the row most like it to the model (RDS+)", _rds,
        frozenset({"states"}), per_part=False, arguments=("query_states",),
    ),
    "kmeans_quality": Way(
        "K-Means groups over all parts, in each rows drawn by the likelihood of their answers (k-means-quality)",
        _kmeans_quality, per_part=False, arguments=("groups", "quality"),
    ),
}  # fmt: skip
