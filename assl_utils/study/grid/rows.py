"""A line's first two words: the parts of the rows, and which rows of each part are trained on."""

import dataclasses
import functools
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from assl_utils import shapes, store
from assl_utils.errors import DataError
from assl_utils.experts import generation, identity, shelf, states, training_sets
from assl_utils.experts.shapes import Training
from assl_utils.selection import feedback, peers, stage1, stage2, ways
from assl_utils.selection.pool import Pool
from assl_utils.selection.scores import likelihood, score_llm
from assl_utils.space import partitions
from assl_utils.study.grid import sentences
from assl_utils.study.grid.data import counts
from assl_utils.tasks.wordings import prompts

FEW = 2  # rows of each sub-task that `rds` compares the others with
SEVERAL = 64  # questions or rows that go through the model at a time where only their states or likelihoods count


@dataclass(frozen=True)
class Chosen:
    """What one line trains on.

    Attributes
    ----------
    sets : dict of str to DataFrame
        The training rows of each part, by its name, in the order of training.
    parts : partitions.Partition or None
        None where the rows do not come from the run.
    trained, read : int
        Tokens that finding these rows took, in training the first experts and in answers and likelihoods.
    """

    sets: dict
    parts: object = None
    trained: int = 0
    read: int = 0
    extra: dict = field(default_factory=dict)

    def together(self):
        """All training rows, part after part."""
        return pd.concat(self.sets.values(), ignore_index=True)

    def mixture(self):
        """How many rows of each part, sub-task and source."""
        named = [rows.assign(part=name) for name, rows in self.sets.items() if "subtask" in rows]
        every = pd.concat(named, ignore_index=True) if named else pd.DataFrame({"part": [], "subtask": []})
        return counts(every, every["part"])


@functools.lru_cache(maxsize=16)
def partition(data, word, clustering_seed, score="cfleb"):
    """The parts of the run's rows that a word makes; rows set aside for the questions of a score are in none."""
    if score == "closed":
        inside = ~data.aside
        return _widened(_partition(data, word, clustering_seed, inside), inside)
    return _partition(data, word, clustering_seed)


def _partition(data, word, clustering_seed, inside=slice(None)):
    only = [name.strip() for name in word["only"].split("+")] if word["only"] else None
    k = word["k"] or data.values["03_semantic_clustering"]["n_clusters"] if word.name == "kmeans" else 0
    rows, vectors = data.rows[inside].reset_index(drop=True), data.vectors[inside]
    return partitions.partition(word.name, rows, vectors, k=k, seed=clustering_seed, only=only)


def _widened(parts, inside):
    """Parts of some rows as parts of all, those left out with the label -1."""
    labels = np.full(len(inside), -1, dtype=np.int64)
    labels[inside] = parts.labels
    return dataclasses.replace(parts, labels=labels)


@functools.lru_cache(maxsize=4)
def _subclusters(data, word, clustering_seed, score, k, minpts_rule):
    """What A-DBSCAN finds in each part, as a pool holds it; many lines of one clustering ask for it."""
    labels = partition(data, word, clustering_seed, score).labels
    at = np.flatnonzero(labels >= 0)
    X = data.vectors[at]
    table = stage1.thin(X, stage1.find_subclusters(X, labels[at], k, minpts_rule))
    whole = pd.DataFrame({"subcluster": np.full(len(labels), -1), "density": np.nan})
    whole.loc[at, ["subcluster", "density"]] = table[["subcluster", "density"]].to_numpy()
    return whole.astype({"subcluster": np.int64})


def choose(data, line):
    """The training rows of a line; feedback that its words need is asked for first, and kept.

    Returns
    -------
    Chosen
    """
    if line.sentence.partition.name == "modules":
        return _modules(data, line)
    word = line.sentence.select
    parts = _parts(data, line)
    pool = Pool(data.rows, parts.labels, data.vectors, parts.centroids(data.vectors), **_how(word))
    pool = _with_subclusters(data, line, pool)
    total, spent, how = _total(data, line, parts), {"trained": 0, "read": 0}, {}
    if word.name in sentences.NEEDS_FIRST:
        taken = ways.choose("budget", pool, total // 2, line.clustering_seed)
        pool = dataclasses.replace(pool, first=_mask(len(data.rows), taken["position"]))
    if word.name in sentences.NEEDS_FEEDBACK:
        pool, spent = _with_feedback(data, line, pool, parts)
    elif word.name == "rds":
        pool, how, spent = _with_states(data, pool, line.clustering_seed)
    elif word.name == "kmeans_quality" and line.sentence.train.name == "linear":
        how = {"quality": "uniform"}  # no model says how likely an answer is
    elif word.name == "kmeans_quality":
        how, spent = {"quality": raw_likelihood(data)}, {"trained": 0, "read": tokens_of(data)}
    elif "each" in dict(word.arguments):
        total, how = None, {"each": word["each"]}
    taken = ways.choose(word.name, pool, total, line.clustering_seed, **how)
    sets = {}
    for number, part in enumerate(parts.names):
        at = taken.loc[taken["part"] == number, "position"].to_numpy()
        if len(at):
            sets[part] = data.rows.iloc[at].reset_index(drop=True)
    if not sets:
        raise DataError(f"{line}: no row is left to train on")
    return Chosen(_plus(data, line, sets), parts, **spent)


def _total(data, line, parts):
    """How many rows a line takes in all; None where its word decides that itself."""
    word, there = line.sentence.select, int((parts.labels >= 0).sum())
    if word.name in ("all", "paper_rule"):
        return there
    if dict(word.arguments).get("rows_of"):
        return len(ways.choose(word["rows_of"], _with_subclusters(data, line, _bare(data, parts), True), there))
    total = word["share"] * there
    if dict(word.arguments).get("cost_of"):
        total *= cost_factor(data, line, word["cost_of"])
    return min(there, round(total))


def cost_factor(data, line, other):
    r"""How many times as much the rows cost once their choice by the word ``other`` is counted.

    .. math:: 1 + \frac{T_{first} + \tfrac12 T_{answers}}{T_{experts}}

    in tokens, at as many rows and passes; one that is trained on takes twice the operations of one that is read.
    """
    word = dataclasses.replace(line.sentence.select, name=other, arguments=_share(line.sentence.select))
    chosen = choose(data, dataclasses.replace(line, sentence=dataclasses.replace(line.sentence, select=word)))
    _, tokenizer = data.model()
    recipe = data.recipe(line.seed, line.sentence.train["passes"])
    how = {key: getattr(recipe, key) for key in ("epochs", "batch_size", "max_length", "seed")}
    tokens = sum(sum(training_sets.prepare(tokenizer, rows, **how).tokens()) for rows in chosen.sets.values())
    return 1 + (chosen.trained + chosen.read / 2) / tokens


def _parts(data, line):
    return partition(data, line.sentence.partition, line.clustering_seed, line.sentence.score.name)


def _bare(data, parts):
    """The pool of a line whose words say nothing of the stages."""
    return Pool(data.rows, parts.labels, data.vectors, parts.centroids(data.vectors))


def _with_subclusters(data, line, pool, wanted=False):
    """The pool with A-DBSCAN's sub-clusters where the line's word, or another whose number it takes, thins them."""
    if not wanted and line.sentence.select.name not in ("paper_rule", "budget"):
        return pool
    asked = line.sentence.partition, line.clustering_seed, line.sentence.score.name, pool.k, pool.minpts_rule
    return dataclasses.replace(pool, subclusters=_subclusters(data, *asked))


def _share(word):
    return tuple((name, value) for name, value in word.arguments if name == "share")


# ------------------------------------------------------------------------------------------- what some words ask first


def _how(word):
    """What a word says of the stages: neighbours, MinPts and the weights of (13)."""
    how = {"neighbours": "k", "minpts": "minpts_rule"}
    found = {name: word[argument] for argument, name in how.items() if word.name in sentences.ARGUMENTS[argument][0]}
    found |= {"thinning": word["thinning"]} if word.name == "budget" else {}
    return found | ({"weights": (0.2, 0.2, word["lambda3"])} if word.name in sentences.NEEDS_FEEDBACK else {})


def _mask(n, positions):
    found = np.zeros(n, dtype=bool)
    found[positions] = True
    return found


def _with_feedback(data, line, pool, parts):
    """The pool with the need (12) of the rows that stage 1 left out, and what finding it took."""
    word, train, first = line.sentence.select, line.sentence.train, pool.first
    recipe, experts = data.recipe(line.seed, train["passes"]), {}
    for number, part in enumerate(parts.names):
        rows = data.rows[first & (parts.labels == number)].reset_index(drop=True)
        if len(rows):
            experts[part] = shelf.trained(data.adapters, data.base, rows, recipe, label=f"stage1 {part}")
    left = np.flatnonzero(~first & (parts.labels >= 0))
    left = left[[parts.names[p] in experts for p in parts.labels[left]]]
    answering = [parts.names[p] for p in parts.labels[left]]
    kind = "nll" if word.name == "nll" else "rouge"
    table = _feedback(data, left, experts, answering, kind)
    scale = word["scale"] if kind == "rouge" else 1.0
    scores = pd.DataFrame({
        "id": data.rows["id"].to_numpy()[left], "score": score_llm(table["raw"], table["lora"], scale)
    })  # fmt: skip
    read = int(table[["raw_read", "raw_written", "lora_read", "lora_written"]].to_numpy().sum())
    trained = sum(shapes.read(folder / "training.json", Training)["tokens"] for folder in experts.values())
    return dataclasses.replace(pool, need=stage2.need_of(data.rows, scores)), {"trained": trained, "read": read}


def _feedback(data, left, experts, answering, kind):
    """Both models' scores of the rows ``left``; kept, so that another line does not ask again."""
    who = {part: identity.content_hash(folder) for part, folder in experts.items()}
    rows = data.rows.iloc[left].reset_index(drop=True)
    asked = [kind, data.digest, training_sets.rows_hash(rows), [who[part] for part in answering]]
    path = data.folder / "feedback" / f"{sentences.digest(asked)}.parquet"
    with store.locked(path):
        if not path.is_file():
            how = {**data.feedback, "cache": data.answers, "kind": kind}
            table = feedback.ask(*data.model(), rows, experts, answering, **how)
            store.write_table(table.drop(columns=["raw_answer", "lora_answer"]), path)
        return store.read_table(path)


def _with_states(data, pool, seed):
    """The pool with the model's hidden states and without the examples that its rows are compared with."""
    path = data.folder / "feedback" / f"states-{data.digest}.npy"
    with store.locked(path):
        if not path.is_file():
            model, tokenizer = data.model()
            texts = prompts(data.rows), data.rows["output"].tolist()
            store.write_array(states.weighted_mean_states(model, tokenizer, *texts, batch_size=SEVERAL), path)
    found, part = store.read_array(path), pool.part.copy()
    examples = peers.queries(data.rows, FEW, seed)
    examples = examples[part[examples] >= 0]
    part[examples] = -1  # an example is not chosen
    spent = {"trained": 0, "read": tokens_of(data)}
    return dataclasses.replace(pool, states=found, part=part), {"query_states": found[examples]}, spent


def raw_likelihood(data):
    """The base model's likelihood of a token of each row's answer."""
    path = data.folder / "feedback" / f"likelihood-{data.digest}.npy"
    with store.locked(path):
        if not path.is_file():
            model, tokenizer = data.model()
            texts = prompts(data.rows), data.rows["output"].tolist()
            nll = generation.log_likelihood(model, tokenizer, *texts, batch_size=SEVERAL, label="likelihoods")
            store.write_array(likelihood(nll), path)
    return store.read_array(path)


@functools.lru_cache(maxsize=4)
def tokens_of(data):
    """Tokens of all rows, read once."""
    _, tokenizer = data.model()
    how = {"epochs": 1, "batch_size": 8, "max_length": data.values["06_lora_training"]["max_length"]}
    return sum(training_sets.prepare(tokenizer, data.rows, **how).tokens())


# --------------------------------------------------------------------------------------- rows from outside of the run


def _plus(data, line, sets):
    """The sets with rows of another kind added to each part: ``plus=general:0.1`` adds a tenth of general ones."""
    for piece in (p for p in line.sentence.select["plus"].split("+") if p):
        kind, share = piece.split(":")
        more = data.extra(kind, round(float(share) * sum(map(len, sets.values()))), line.clustering_seed)
        sizes = np.array([len(rows) for rows in sets.values()])
        ends = np.round(np.cumsum(sizes) / sizes.sum() * len(more)).astype(int)
        begin = 0
        for (name, rows), end in zip(sets.items(), ends, strict=True):
            sets[name] = pd.concat([rows, more.iloc[begin:end]], ignore_index=True)
            begin = end
    return sets


def _modules(data, line):
    """NumLLM's two modules: raw textbook text, and numeric choice questions."""
    word, seed = line.sentence.partition, line.clustering_seed
    sets = {
        "textbook": data.extra("textbook", word["pieces"], seed),
        "numeric": data.extra("numeric", word["pieces"], seed),
    }
    return Chosen({name: rows for name, rows in sets.items() if word["only"] in ("", name)})
