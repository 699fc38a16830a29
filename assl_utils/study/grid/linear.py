"""The training word `linear`: each part gets a classifier for every kind of question that its rows hold.

The features of all rows and questions are hashed once for a run and kept on the disk; a line then takes seconds. A
question goes to the expert that the line's route names. Where that expert was trained on no row of the question's kind
it has no list of answers to choose from: the question stays without an answer, counts as wrong and is recorded as
unread. (A language model would say something; the cost of a router's mistake is here as high as it can be.)
"""

import functools
import time
from typing import NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp

from assl_utils import store
from assl_utils.evaluation import closed as score
from assl_utils.experts import linear
from assl_utils.routing import choosing
from assl_utils.study.grid import work
from assl_utils.tasks import closed

PROBED = 2000  # rows that an estimate is made from
WORDS = ("one", "mix")  # compositions that leave one expert a question


class Ready(NamedTuple):
    """A run's rows and questions as the learner sees them.

    Attributes
    ----------
    X, Q : csr_matrix
        Features of the run's rows and of the questions; a row without a kind has none.
    kinds : ndarray of str, shape (rows,)
    labels : ndarray of tuple, shape (rows,)
    asked : ndarray of str, shape (questions,)
        The kind of each question.
    position : dict of str to int
        Of each row, by its id.
    """

    X: sp.csr_matrix
    Q: sp.csr_matrix
    kinds: np.ndarray
    labels: np.ndarray
    asked: np.ndarray
    position: dict


@functools.lru_cache(maxsize=1)
def ready(data):
    """What a run's lines share, found once."""
    questions, kinds = data.questions("closed"), closed.kinds(data.rows)
    labels = np.empty(len(data.rows), dtype=object)
    labels[:] = [()] * len(labels)
    for kind in closed.KINDS:
        at = np.flatnonzero(kinds == kind)
        for i, own in zip(at, closed.labels(kind, data.rows["output"].iloc[at]), strict=True):
            labels[i] = own
    asked = questions["task"].to_numpy()
    X = _kept(data.closed_folder, "rows", data.rows["input"], kinds)
    Q = _kept(data.closed_folder, "questions", questions["input"], asked)
    return Ready(X, Q, kinds, labels, asked, {name: i for i, name in enumerate(data.rows["id"])})


def _kept(folder, name, texts, kinds):
    paths = [folder / f"{name}-{piece}.npy" for piece in ("indptr", "indices", "values")]
    with store.locked(folder / name):
        if not paths[-1].is_file():
            X = of_kinds(texts, kinds)
            for path, array in zip(paths, (X.indptr, X.indices, X.data), strict=True):
                store.write_array(array, path)
    start, columns, values = (store.read_array(path) for path in paths)
    return sp.csr_matrix((values, columns, start), shape=(len(texts), linear.BUCKETS))


def of_kinds(texts, kinds):
    """The features of texts, each as its kind is read; a text without a kind has none."""
    texts, order, blocks = np.asarray(texts, dtype=object), [], []
    for kind in ("", *closed.KINDS):
        at = np.flatnonzero(kinds == kind)
        order.append(at)
        none = sp.csr_matrix((len(at), linear.BUCKETS), dtype=np.float32)
        blocks.append(none if kind == "" else linear.features(texts[at], kind in closed.PAIRS))
    return sp.vstack(blocks, format="csr")[np.argsort(np.concatenate(order), kind="stable")]


def ask(data, line, chosen):
    """The answers of a line to its questions, who gave them, and what it cost.

    Returns
    -------
    items : DataFrame
        As of :func:`assl_utils.evaluation.closed.judge`, with ``expert``.
    experts : dict of str to str
        Each expert's name and the digits of its rows.
    spent : dict
        ``tokens`` (n-grams of the training rows of a kind, each once a row) and ``seconds``; ``steps`` is None.
    """
    began, at = time.perf_counter(), ready(data)
    sets = {work.MIX: chosen.together()} if line.sentence.compose.name == work.MIX else chosen.sets
    rows = {name: np.array([at.position[i] for i in own["id"]]) for name, own in sets.items()}
    names = list(rows)
    train = functools.partial(_answers, at, c=line.sentence.train["c"], seed=line.seed)
    if len(names) == 1:
        experts = names * len(at.asked)
        given = train(rows[names[0]], np.arange(len(at.asked)))
    elif line.sentence.route.name in work.AFTERWARDS:
        experts, given = _best(data, line, at, rows, train)
    else:
        costs = work.distances(data, line, chosen)[:, [chosen.parts.names.index(name) for name in names]]
        nearest, given = costs.argmin(axis=1), np.empty(len(at.asked), dtype=object)
        for number, name in enumerate(names):
            mine = np.flatnonzero(nearest == number)
            given[mine] = train(rows[name], mine)
        experts = [names[i] for i in nearest]
    items = score.judge("line", data.questions("closed"), given).assign(expert=experts)
    read = int(sum(at.X.indptr[own + 1].sum() - at.X.indptr[own].sum() for own in rows.values()))
    spent = {"steps": None, "tokens": read, "seconds": time.perf_counter() - began}
    return items, {name: linear.name_of(own["id"]) for name, own in sets.items()}, spent


def _answers(at, rows, wanted, c, seed):
    """What the expert of some rows (positions) answers to some questions (positions)."""
    found = np.empty(len(wanted), dtype=object)
    for kind in np.unique(at.asked[wanted]):
        mine, train = np.flatnonzero(at.asked[wanted] == kind), rows[at.kinds[rows] == kind]
        model = linear.fit(at.X[train], at.labels[train], kind in closed.SETS, c, seed) if len(train) else None
        if model is not None:
            said = np.empty(len(mine), dtype=object)
            said[:] = model.answer(at.Q[wanted[mine]])
            found[mine] = said
    return found


def _best(data, line, at, rows, train):
    """The best answer of each question, or of the expert that is best at its kind: routes that look at the scores."""
    questions, every = data.questions("closed"), np.arange(len(at.asked))
    said = {name: train(own, every) for name, own in rows.items()}
    judged = pd.concat([score.judge(name, questions, given) for name, given in said.items()], ignore_index=True)
    word, names = line.sentence.route.name, list(rows)
    best = choosing.choose(word, scores=judged, models=names, tasks=questions["task"], ids=questions["id"])
    given = np.empty(len(every), dtype=object)
    for number, name in enumerate(names):
        given[best == number] = said[name][best == number]
    return [names[i] for i in best], given


def seconds_a_row(data):
    """How long a row of training takes here, after a trial of `PROBED` rows. What choosing takes is not in it."""
    at = ready(data)
    closed_rows = np.flatnonzero((at.kinds != "") & ~data.aside)
    some = np.random.default_rng(0).permutation(closed_rows)[:PROBED]
    began = time.perf_counter()
    _answers(at, some, np.arange(len(at.asked)), 1.0, 0)
    return (time.perf_counter() - began) / max(1, len(some))


def trivial(data):
    """What the answers that need no learner score: points by kind and name, as :func:`record.trivial_scores`.

    ``majority`` gives the labels that most rows of a kind have, set for set; the mean of the kinds is ``closed``.
    """
    at, questions = ready(data), data.questions("closed")
    given = np.empty(len(questions), dtype=object)
    for kind in closed.KINDS:
        own = pd.Series(at.labels[(at.kinds == kind) & ~data.aside])
        counted = own[own.map(len) > 0].value_counts()
        if len(counted):
            first = min(counted.index[counted == counted.iloc[0]])
            for i in np.flatnonzero(at.asked == kind):
                given[i] = first
    points = score.score(score.judge("majority", questions, given)).rename({"AVG": "closed"})
    return {task: {"majority": round(float(value), 4)} for task, value in points.items()}
