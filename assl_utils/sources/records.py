"""From a record of a published file to examples: one small function for each shape of record.

A loader takes one record, as :mod:`assl_utils.sources.formats` gives it, and returns its examples, ``(form, input,
output)``, with the labels written as this project writes them (``catalog.LABELS``) and otherwise unchanged. What is no
example raises `Skip` with the reason, which is counted; what cannot be right raises `Malformed` with what was found,
which stops the run and names the record. Tidying, filtering and the repair of labels come later, where they can be
counted (:mod:`assl_utils.sources.cleaning`).
"""

import re

from assl_utils.errors import DataError
from assl_utils.sources import event_records, exam_records, plain_files
from assl_utils.sources.fields import Malformed, Skip, bare, cells, columns, label_of, names, text_of, whole
from assl_utils.tasks.catalog import LABELS
from assl_utils.tasks.published_forms import ASPECT, PRICES

_SENTIMENTS = dict(enumerate(reversed(LABELS["sentiment"])))  # FinFE: 2 = 积极, 1 = 中性, 0 = 消极
_MOVES = dict(enumerate(reversed(LABELS["stock_movement"])))  # Astock: 2 = 跑赢大盘, 0 = 表现不佳
_POLARITIES = {"positive": "积极", "neutral": "中性", "negative": "消极"}
_MATCHES = {"1": "是", "0": "否"}
_TYPES = {  # FinNER's eleven types in the three of flare-zh-ner; products, posts and laws have no counterpart there
    "公司": "ORG",
    "政府机构": "ORG",
    "其他机构": "ORG",
    "人物": "PER",
    "国家/地区": "LOC",
    "地址": "LOC",
}
_OTHER_TYPES = {"行业/领域", "产品", "政策/文件", "头衔/职务", "会议"}


def fe(record):
    """FinFE: ``[text, 0 | 1 | 2]``."""
    text, label = cells(record, 2)
    return [("", text_of(text, "the text"), label_of(label, _SENTIMENTS))]


def nl(record):
    """FinNL: ``[text, "外国 公司"]``; the labels as they are, one space between."""
    text, labels = cells(record, 2)
    labels = " ".join(text_of(labels, "the labels", empty=True).split())
    if not labels:
        raise Skip("no label")
    return [("", text_of(text, "the text"), labels)]


def nsp(record):
    """FinNSP: ``[id, title, text, "a;b", "1" | "0", "a"]``; an example of each form, judge and subject."""
    number, title, text, entities, negative, key = cells(record, 6)
    if str(number).lstrip("\ufeff") == "id":
        raise Skip("header row")
    if negative not in ("0", "1"):
        raise Malformed(f"negative is {negative!r}, not '0' or '1'")
    about = names(key)
    if (negative == "1") != bool(about):
        raise Malformed(f"negative is {negative} and the key entities are {key!r}: one of them is wrong")
    text = news(title, text, names(entities))
    return [("judge", text, "有" if negative == "1" else "无"), ("subject", text, "；".join(about) or "无")]


def news(title, text, entities):
    """The input of both negative-news forms: the news (title first where it adds something), then the entities."""
    title, text = text_of(title, "the title", empty=True).strip(), text_of(text, "the text", empty=True).strip()
    if bare(title) not in bare(text):
        text = f"{title}\n{text}" if text else title
    if not text:
        raise Skip("empty input")
    return f"{text}\n实体：{';'.join(entities)}"


def na(record):
    """FinNA: ``[summary, text]``, the target first."""
    summary, text = cells(record, 2)
    return [("", text_of(text, "the text"), text_of(summary, "the summary"))]


def re_(record):
    """FinRE: ``[head, tail, relation, text]``; ``unknown`` is 其他."""
    head, tail, relation, text = cells(record, 4)
    relation = "其他" if relation == "unknown" else relation
    if relation not in LABELS["relation"]:
        raise Malformed(f"{relation!r} is none of the 44 relations")
    return [("", relation_input(head, tail, text), relation)]


def relation_input(head, tail, text):
    """The input of a relation question, worded as in the paper's Figure 12."""
    head, tail = text_of(head, "the head"), text_of(tail, "the tail")
    return f"{text_of(text, 'the text')}头实体：{head}，尾实体：{tail}。"


def question(record):
    """FinQA, FinCQA: ``[question and context in one text, answer]``."""
    text, answer = cells(record, 2)
    return [("", question_input(text), text_of(answer, "the answer"))]


def question_input(text):
    """A question text; one without a question mark has a question that cannot be parted from its context."""
    text = text_of(text, "the question")
    if not re.search("[？?]", text):
        raise Malformed("there is no ？: the question cannot be told from its context")
    return text


def afqmc(record):
    """AFQMC: an object ``sentence1, sentence2, label``, the label ``"1"`` for the same meaning."""
    one, two, label = columns(record, "sentence1", "sentence2", "label")
    return [("", _pair(one, two), label_of(label, _MATCHES))]


def bq(record):
    """BQ: ``sentence1, sentence2, label``."""
    one, two, label = cells(record, 3)
    return [("", _pair(one, two), label_of(label.strip(), _MATCHES))]


def astock(record):
    """Astock: the news, and the five trading days after it as flare-zh-stocka prints them."""
    text, label = columns(record, "text_a", "label")
    days = [" ".join(columns(record, f"day{i}", f"open{i}", f"close{i}")) for i in range(1, 6)]
    return [("", "\n".join([text_of(text, "the news").strip(), PRICES, *days]), label_of(whole(label), _MOVES))]


def cfsc_absa(record):
    """CFSC-ABSA: sentence, aspect, polarity; the aspect follows the sentence."""
    sentence, term, polarity = columns(record, "sentence", "term", "polarity")
    sentence, term = text_of(sentence, "the sentence").strip(), text_of(term, "the aspect")
    return [("", f"{sentence}{ASPECT}{term}", label_of(polarity, _POLARITIES))]


def ner(record):
    """FinNER: ``labels`` as ``entity:type``; the eleven types in flare-zh-ner's three."""
    text, labels = columns(record, "text", "labels")
    lines = []
    for label in labels:
        entity, colon, kind = text_of(label, "a label", empty=True).rpartition(":")
        if not colon or kind not in _TYPES.keys() | _OTHER_TYPES:
            raise Malformed(f"the label {label!r} does not end in one of FinNER's eleven types")
        if kind in _TYPES:
            lines.append(f"{entity}, {_TYPES[kind]}")
    if not lines:
        raise Skip("no person, organisation or place")
    return [("", text_of(text, "the text"), "\n".join(dict.fromkeys(lines)))]


def flare(record):
    """Every flare-zh file: ``text`` and ``answer``, whatever else there is."""
    text, answer = columns(record, "text", "answer")
    if not text_of(answer, "the answer").strip():
        raise Skip("no answer")
    return [("", text_of(text, "the text"), answer.strip())]


def triple(record):
    """``instruction, input, output``: the input, or where it is empty the instruction, which then holds it."""
    instruction, text, output = columns(record, "instruction", "input", "output")
    if text is None or (isinstance(text, str) and not text.strip()):
        text = instruction
    return [("", text_of(text, "the input"), text_of(output, "the output").strip())]


def _pair(one, two):
    one, two = text_of(one, "the first sentence"), text_of(two, "the second sentence")
    return f"{one}\n{two}"


SHAPES = {
    "fe": fe,
    "nl": nl,
    "nsp": nsp,
    "na": na,
    "re": re_,
    "question": question,
    "afqmc": afqmc,
    "bq": bq,
    "astock": astock,
    "cfsc_absa": cfsc_absa,
    "ccks2019": event_records.ccks2019,
    "ccks2020": event_records.ccks2020,
    "ccks2021": event_records.ccks2021,
    "fewfc": event_records.fewfc,
    "ner": ner,
    "financeiq": exam_records.financeiq,
    "fineval": exam_records.fineval,
    "cflue": exam_records.cflue,
    "flare": flare,
    "triple": triple,
    "fincorpus": exam_records.fincorpus,
}


def load(shape, records, name):
    """All examples of a file.

    Parameters
    ----------
    shape : str or callable
        A key of ``SHAPES``, or a loader.
    records : list
        From :func:`assl_utils.sources.formats.records`.
    name : str
        What messages call the file.

    Returns
    -------
    examples : list of (int, tuple)
        The record's number, from 1, and an example of it.
    skipped : dict
        Reason: how many records were skipped for it.
    """
    loader, examples, skipped = shape if callable(shape) else SHAPES[shape], [], {}
    for number, record in enumerate(records, 1):
        try:
            examples += [(number, example) for example in loader(record)]
        except Skip as reason:
            skipped[str(reason)] = skipped.get(str(reason), 0) + 1
        except Malformed as error:
            raise DataError(plain_files.shortened(str(error)), name, number) from None
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            problem = f"the record has another form than this file should hold ({plain_files.shortened(str(error))})"
            raise DataError(problem, name, number) from None
    return examples, skipped
