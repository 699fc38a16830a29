"""A line of a grid: one sentence, *partition, select, train, compose, route, score*, and its seeds.

    kmeans random(share=0.1) answers(passes=12) one centroid cfleb

A word may have arguments in brackets. The words that follow from the others' silence are in `USUAL`; a sentence names a
word's arguments only where they differ from its own defaults, so that one experiment has one name.
"""

import ast
import functools
import hashlib
import json
import re
from dataclasses import dataclass, field

from assl_utils.errors import DataError, nearest
from assl_utils.experts import merging, phases
from assl_utils.routing import choosing
from assl_utils.selection import ways
from assl_utils.selection.budget import METHODS
from assl_utils.space import partitions

# What a word means is said where it is done; here stands what only a grid has.
PARTITIONS = partitions.WORDS | {
    "modules": "NumLLM's two modules from outside the run: raw textbook text, and numeric choice questions.",
}
SELECTIONS = {word: f"{way.what[0].upper()}{way.what[1:]}." for word, way in ways.WAYS.items()}
TRAININGS = {
    "nothing": "The base model as it is.",
    "linear": "No language model: linear classifiers on character n-grams, one for each kind of closed question.",
} | phases.WORDS
COMPOSITIONS = {
    "one": "The best expert answers alone.",
    "mix": "One adapter on the rows of all parts: the paper's mix.",
    "fused": "The sum of the k best experts' updates answers.",
    "mixed": "The mean of the k best experts' probabilities answers.",
    "vote": "The answer that most of the k best experts give.",
} | {f"merged_{how}": what for how, what in merging.HOWS.items()}
ROUTES = choosing.WORDS
SCORES = {
    "cfleb": "CFLEB's seven scores.",
    "all": "CFLEB and FinEval.",
    "fineval": "FinEval, split into numeric and other questions.",
    "general": "General instructions that no adapter was trained on.",
    "closed": "The run's own rows with answers from fixed lists, set aside before; the mean of the kinds' scores.",
}
WORDS = {
    "partition": PARTITIONS, "select": SELECTIONS, "train": TRAININGS, "compose": COMPOSITIONS, "route": ROUTES,
    "score": SCORES,
}  # fmt: skip
ARGUMENTS = {  # argument: (words that take it, its default, its type)
    "k": (("kmeans", "fused", "mixed", "vote"), {"kmeans": 0, "fused": 2, "mixed": 2, "vote": 3}, int),
    "only": (tuple(PARTITIONS), "", str),
    "share": (tuple(w for w in SELECTIONS if w not in ("all", "paper_rule")), 0.1, float),
    "each": (("random_per_subtask", "random_per_form"), 0, int),
    "cost_of": (("random", "random_even", "random_per_subtask", "random_per_form", "k_center", "budget"), "", str),
    "rows_of": (("random", "random_even", "random_per_subtask", "random_per_form", "k_center", "budget"), "", str),
    "thinning": (("budget",), "trimmed_medoids", str),
    "neighbours": (("paper_rule", "budget", "stage1", "utility", "utility_z", "nll", "level"), 20, int),
    "minpts": (("paper_rule", "budget", "stage1", "utility", "utility_z", "nll", "level"), "algorithm1", str),
    "lambda3": (("utility", "utility_z", "nll", "level"), 0.6, float),
    "scale": (("utility", "utility_z", "level"), 1, int),
    "plus": (tuple(SELECTIONS), "", str),
    "of": (("text", "text_then_answers"), "rows", str),
    "pieces": (("modules", "text", "text_then_answers"), 400, int),
    "passes": (tuple(word for word in TRAININGS if word not in ("nothing", "linear")), 3, int),
    "c": (("linear",), 1.0, float),
    "text_passes": (("text", "text_then_answers"), 3, int),
    "tagged": (("answers",), False, bool),
    "masked": (tuple(ROUTES), False, bool),
}
USUAL = {
    "partition": "kmeans", "select": "random", "train": "answers", "compose": "one", "route": "centroid",
    "score": "cfleb",
}  # fmt: skip
NEEDS_FEEDBACK = ("utility", "utility_z", "nll", "level")
NEEDS_FIRST = ("stage1", *NEEDS_FEEDBACK)
RULES = ("paper_rule",)  # words that set their number of rows, which others may take over
_WORD = re.compile(r"([a-z_0-9]+)(?:\((.*)\))?")


@dataclass(frozen=True)
class Word:
    """A word and its arguments, those that have their default left out."""

    name: str
    arguments: tuple = ()

    def __str__(self):
        inside = ", ".join(f"{name}={value}" for name, value in self.arguments)
        return f"{self.name}({inside})" if inside else self.name

    def __getitem__(self, name):
        """An argument's value, its default where it was not given."""
        words, default, _ = ARGUMENTS[name]
        if self.name not in words:
            raise KeyError(f"{self.name} takes no {name}")
        return dict(self.arguments).get(name, default[self.name] if isinstance(default, dict) else default)


@dataclass(frozen=True)
class Sentence:
    """One experiment, without its seeds."""

    partition: Word
    select: Word
    train: Word
    compose: Word
    route: Word
    score: Word

    def __str__(self):
        return " ".join(str(getattr(self, place)) for place in WORDS)

    @property
    def trained(self):
        """The first three words, which decide the adapters."""
        return f"{self.partition} {self.select} {self.train}"


@dataclass(frozen=True)
class Line:
    """A sentence with its seeds.

    Attributes
    ----------
    sentence : Sentence
    seed : int
        Start of the training.
    clustering_seed : int
        Of the clusters and of whatever rows are drawn.
    blocks : tuple of (str, str)
        Which questions of the grid it serves, and what tables and figures call it there.
    place : str
        File and line that ask for it, for messages; it does not count in comparisons.
    """

    sentence: Sentence
    seed: int = 0
    clustering_seed: int = 0
    blocks: tuple = field(default=(), compare=False)
    place: str = field(default="", compare=False)

    def __str__(self):
        return f"{self.sentence} · seed {self.seed}, clustering {self.clustering_seed}"

    @functools.cached_property
    def key(self):
        """Sixteen digits that follow from sentence and seeds."""
        return digest([str(self.sentence), self.seed, self.clustering_seed])

    @property
    def family(self):
        """Lines of one family share adapters or feedback, so they are done one after the other."""
        part, select, train = self.sentence.partition, self.sentence.select, self.sentence.train
        asked = dict(select.arguments).get("cost_of") or select.name
        if asked in NEEDS_FEEDBACK:
            first = [select[name] for name in ("neighbours", "minpts") if select.name in ARGUMENTS[name][0]]
            kind = "likelihood" if asked == "nll" else "rouge"
            return str(part), kind, select["share"], *first, str(train), self.seed, self.clustering_seed
        return str(part), str(select), str(train), self.seed, self.clustering_seed


def digest(value):
    """Sixteen digits of a value's sha256."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def read_word(place, text, where=""):
    """A word of a sentence from its text, ``"kmeans(k=8)"``.

    Raises
    ------
    DataError
        For a word or an argument that there is not; it names the nearest.
    """
    found = _WORD.fullmatch(str(text).strip())
    name = found[1] if found else str(text)
    if name not in WORDS[place]:
        raise DataError(f"{where}{place}: there is no word {name!r}; {nearest(name, WORDS[place])}")
    return Word(name, _arguments(name, found[2], where))


def _arguments(name, text, where):
    given = {}
    for part in (p for p in re.split(r",\s*(?=[a-z_0-9]+\s*=)", text or "") if p.strip()):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        own = [argument for argument, (words, _, _) in ARGUMENTS.items() if name in words]
        if not equals or key not in own:
            raise DataError(f"{where}{name} takes no {key!r}; {nearest(key, own)}")
        given[key] = _value(name, key, value, where)
    return tuple((key, value) for key, value in sorted(given.items()) if value != Word(name)[key])


def _value(name, key, text, where):
    kind = ARGUMENTS[key][2]
    try:
        if kind is str:
            return text
        value = ast.literal_eval(text.removesuffix("%").strip())
        value = value / 100 if text.endswith("%") else value
        if kind is bool and isinstance(value, bool):
            return value
        if kind is not bool and not isinstance(value, bool) and kind(value) == value:
            return kind(value)
    except (ValueError, SyntaxError, TypeError):
        pass
    raise DataError(f"{where}{name}: {key}={text} is no {kind.__name__}")


def sentence(words, where=""):
    """A sentence from a mapping of place to word, the usual word where none is given; it is checked as a whole."""
    if unknown := set(words) - set(WORDS):
        name = sorted(unknown)[0]
        raise DataError(f"{where}a sentence has no place {name!r}; {nearest(name, WORDS)}")
    made = Sentence(**{place: read_word(place, words.get(place, USUAL[place]), where) for place in WORDS})
    check(made, where)
    return made


def check(made, where=""):
    """Refuse words that contradict each other, before anything trains."""
    part, select, train, compose, route = (getattr(made, p) for p in list(WORDS)[:5])

    def refuse(why):
        raise DataError(f"{where}{made}: {why}")

    _check_linear(made, refuse)
    single = part.name == "one" or (part.name == "modules" and part["only"])
    if single and route.name not in ("centroid", "oracle", "oracle_task", "validated"):
        refuse(f"route={route.name} has nothing to choose from, for partition={part} gives a single expert")
    if single and compose.name != "one":
        refuse(f"compose={compose.name} needs several experts, and partition={part} gives one")
    if compose.name == "mix" and route.name != "centroid":
        refuse(f"compose=mix leaves one adapter, so route={route.name} has nothing to choose from")
    if compose.name.startswith("merged") and route.name != "centroid":
        refuse(f"compose={compose.name} leaves one adapter, so route={route.name} has nothing to choose from")
    if compose.name in ("fused", "mixed", "vote") and route.name in ("validated", "oracle", "oracle_task"):
        refuse(f"compose={compose.name} asks the k nearest experts, and route={route.name} ranks none")
    if select.name == "all" and route.name == "validated":
        refuse("route=validated tries the experts on rows that none was trained on, and select=all leaves none")
    if "share" in dict(select.arguments) and not 0 < select["share"] <= 1:
        refuse(f"share={select['share']} is to be above 0 and at most 1")
    if train.name == "nothing" and (not single or select.name != "all"):
        refuse("train=nothing trains on no row: it goes with partition=one and select=all")
    if train.name not in ("nothing", "linear") and train["passes"] < 1:
        refuse(f"passes={train['passes']} is to be at least 1")
    if train.name.startswith("text") and train["of"] not in ("rows", "textbook"):
        refuse(f"of={train['of']} is none of rows, textbook")
    for piece in (p for p in select["plus"].split("+") if p):
        if not re.fullmatch(r"(general|arithmetic|numeric):0?\.\d+", piece):
            refuse(f"plus={piece} is to be general, arithmetic or numeric with a share, such as plus=general:0.1")
    if part.name == "modules" and compose.name == "one" and part["only"] not in ("textbook", "numeric"):
        refuse("modules are merged (compose=merged_svd, …), or one of them is named: modules(only=numeric)")
    if part.name == "modules" and (compose.name in ("mix", "fused", "mixed", "vote") or route.name != "centroid"):
        refuse("modules are merged or asked one alone, and nothing routes to them: they hold no rows of the run")
    if "k" in dict(part.arguments) and part["k"] < 1:
        refuse(f"k={part['k']} is to be at least 1")
    if dict(select.arguments).get("thinning", METHODS[0]) not in METHODS:
        refuse(f"thinning={select['thinning']} is none of {', '.join(METHODS)}")
    if dict(select.arguments).get("rows_of", "") not in ("", *RULES):
        refuse(f"rows_of={select['rows_of']} is none of {', '.join(RULES)}")
    if dict(select.arguments).get("rows_of") and dict(select.arguments).get("cost_of"):
        refuse("rows_of and cost_of each say how many rows are taken: give one of them")
    if select.name in SELECTIONS and dict(select.arguments).get("cost_of", "") not in ("", *NEEDS_FEEDBACK):
        refuse(f"cost_of={dict(select.arguments)['cost_of']} is none of {', '.join(NEEDS_FEEDBACK)}")


def _check_linear(made, refuse):
    """Refuse what a learner without a language model cannot do."""
    part, select, train, compose, route, score = (getattr(made, place) for place in WORDS)
    if (train.name == "linear") != (score.name == "closed"):
        refuse("train=linear answers the questions of score=closed, and nothing else answers them")
    if train.name != "linear":
        return
    if train["c"] <= 0:
        refuse(f"c={train['c']} is to be above 0")
    if select.name in (*NEEDS_FEEDBACK, "rds") or dict(select.arguments).get("cost_of"):
        refuse(f"select={select} asks a language model, and train=linear has none")
    if part.name == "modules" or select["plus"]:
        refuse("train=linear learns from the run's own rows alone")
    if compose.name not in ("one", "mix"):
        refuse(f"compose={compose.name} needs adapters, and train=linear makes none")
    if route.name == "validated":
        refuse("route=validated holds rows out that a language model answers; train=linear has none")
