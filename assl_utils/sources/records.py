"""From a record of a published file to examples: one small function for each shape of record.

A loader takes one record, as :mod:`assl_utils.sources.formats` gives it, and returns its examples, ``(form, input, output)``,
with the labels written as this project writes them (``sources.LABELS``) and otherwise to the letter. What is no
example raises `Skip` with the reason, which is counted; what cannot be right raises `Malformed` with what was found,
which stops the run and names the record. Tidying, filtering and the repair of labels come later, where they can be
counted (:mod:`assl_utils.sources.cleaning`).
"""

import ast
import re

from assl_utils.errors import DataError
from assl_utils.tasks.catalog import LABELS
from assl_utils.tasks.published_forms import ASPECT, PRICES

_FEELINGS = dict(enumerate(reversed(LABELS["sentiment"])))  # FinFE: 2 = 积极, 1 = 中性, 0 = 消极
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
_SUBJECTS = (
    "sub",
    "sub-org",
    "sub-per",
    "target-company",
    "obj",
    "obj-org",
    "obj-per",
)  # FewFC, the first that is named


class Skip(Exception):
    """A record that is no example, with the reason in a few words."""


class Malformed(Exception):
    """A record that is not what its file should hold."""


def fe(record):
    """FinFE: ``[text, 0 | 1 | 2]``."""
    text, label = _cells(record, 2)
    return [("", _text(text, "the text"), _label(label, _FEELINGS))]


def nl(record):
    """FinNL: ``[text, "外国 公司"]``; the labels as they stand, one space between."""
    text, labels = _cells(record, 2)
    labels = " ".join(_text(labels, "the labels", empty=True).split())
    if not labels:
        raise Skip("no label")
    return [("", _text(text, "the text"), labels)]


def nsp(record):
    """FinNSP: ``[id, title, text, "a;b", "1" | "0", "a"]``; an example of each form, judge and subject."""
    number, title, text, entities, negative, key = _cells(record, 6)
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
    title, text = _text(title, "the title", empty=True).strip(), _text(text, "the text", empty=True).strip()
    if _bare(title) not in _bare(text):
        text = f"{title}\n{text}" if text else title
    if not text:
        raise Skip("empty input")
    return f"{text}\n实体：{';'.join(entities)}"


def na(record):
    """FinNA: ``[summary, text]``, the target first."""
    summary, text = _cells(record, 2)
    return [("", _text(text, "the text"), _text(summary, "the summary"))]


def re_(record):
    """FinRE: ``[head, tail, relation, text]``; ``unknown`` is 其他."""
    head, tail, relation, text = _cells(record, 4)
    relation = "其他" if relation == "unknown" else relation
    if relation not in LABELS["relation"]:
        raise Malformed(f"{relation!r} is none of the 44 relations")
    return [("", relation_input(head, tail, text), relation)]


def relation_input(head, tail, text):
    """The input of a relation question, worded as in the paper's Figure 12."""
    head, tail = _text(head, "the head"), _text(tail, "the tail")
    return f"{_text(text, 'the text')}头实体：{head}，尾实体：{tail}。"


def question(record):
    """FinQA, FinCQA: ``[question and context in one text, answer]``."""
    text, answer = _cells(record, 2)
    return [("", question_input(text), _text(answer, "the answer"))]


def question_input(text):
    """A question text; one without a question mark has no question that could be told from its context."""
    text = _text(text, "the question")
    if not re.search("[？?]", text):
        raise Malformed("there is no ？: the question cannot be told from its context")
    return text


def afqmc(record):
    """AFQMC: an object ``sentence1, sentence2, label``, the label ``"1"`` for the same meaning."""
    one, two, label = _fields(record, "sentence1", "sentence2", "label")
    return [("", _pair(one, two), _label(label, _MATCHES))]


def bq(record):
    """BQ: ``sentence1, sentence2, label``."""
    one, two, label = _cells(record, 3)
    return [("", _pair(one, two), _label(label.strip(), _MATCHES))]


def astock(record):
    """Astock: the news, and the five trading days after it as flare-zh-stocka prints them."""
    text, label = _fields(record, "text_a", "label")
    days = [" ".join(_fields(record, f"day{i}", f"open{i}", f"close{i}")) for i in range(1, 6)]
    return [("", "\n".join([_text(text, "the news").strip(), PRICES, *days]), _label(_whole(label), _MOVES))]


def cfsc_absa(record):
    """CFSC-ABSA: sentence, aspect, polarity; the aspect stands behind the sentence."""
    sentence, term, polarity = _fields(record, "sentence", "term", "polarity")
    sentence, term = _text(sentence, "the sentence").strip(), _text(term, "the aspect")
    return [("", f"{sentence}{ASPECT}{term}", _label(polarity, _POLARITIES))]


def ccks2019(record):
    """CCKS 2019: ``[id, text, event type, entity]``; 其他 with the entity ``NaN`` is no event."""
    _, text, kind, entity = _cells(record, 4)
    if kind in ("其他", "公司股市异常"):
        raise Skip(f"event type {kind}, which flare-zh-19ccks leaves out")
    if entity == "NaN":
        raise Malformed(f"an event of type {kind} without an entity")
    return [("", _text(text, "the text"), events([(_text(kind, "the event type"), _text(entity, "the entity"))]))]


def ccks2020(record):
    """CCKS 2020: ``context``, ``type`` and for each type its spans, the end inclusive."""
    text, kinds, spans = _fields(record, "context", "type", "entity")
    text = _text(text, "the context")
    if len(kinds) != len(spans):
        raise Malformed(f"{len(kinds)} event types and {len(spans)} lists of entities")
    pairs = []
    for kind, places in zip(kinds, spans, strict=True):
        pairs += [(kind, _cut(text, place, inclusive=True)) for place in places]
    if not pairs:
        raise Skip("no event")
    return [("", text, events(pairs))]


def ccks2021(record):
    """CCKS 2021: causes and effects, two lines each: ``原因事件类型, 原因实体`` and ``结果事件类型, 结果实体``."""
    text, results = _fields(record, "text", "result")
    pairs = []
    for result in results:
        lines = []
        for side in ("reason", "result"):
            kind, *slots = _fields(result, *(f"{side}_{slot}" for slot in ("type", "product", "industry", "region")))
            lines.append((kind, next((slot for slot in slots if slot), "无")))
        pairs.append(events(lines))
    if not pairs:
        raise Skip("no event")
    return [("", _text(text, "the text"), "\n".join(dict.fromkeys(pairs)))]  # a cause stays beside each of its effects


def fewfc(record):
    """FewFC: ``content`` and ``events`` with mentions; the subject is the first of ``_SUBJECTS`` that is named."""
    text, found = _fields(record, "content", "events")
    text, pairs = _text(text, "the content"), []
    for event in found:
        kind, mentions = _fields(event, "type", "mentions")
        words = {}
        for mention in mentions:
            word, role, span = _fields(mention, "word", "role", "span")
            if _cut(text, span, inclusive=False) != word:
                raise Malformed(f"the span {span} holds {_cut(text, span, inclusive=False)!r}, not {word!r}")
            words.setdefault(role, word)
        subject = next((words[role] for role in _SUBJECTS if role in words), None)
        if subject:
            pairs.append((kind, subject))
    if not pairs:
        raise Skip("no event with a subject")
    return [("", text, events(pairs))]


def _cut(text, span, inclusive):
    """What stands in the text from the first to the second of two positions."""
    if not isinstance(span, list) or [type(place) for place in span] != [int, int]:
        raise Malformed(f"the span {span!r} is no pair of whole numbers")
    start, end = span[0], span[1] + inclusive
    if not 0 <= start < end <= len(text):
        raise Malformed(f"the span {span} is outside the text of {len(text)} characters")
    return text[start:end]


def events(pairs):
    """Lines ``事件类型, 事件主体``, each once, in order."""
    return "\n".join(dict.fromkeys(f"{kind}, {entity}" for kind, entity in pairs))


def ner(record):
    """FinNER: ``labels`` as ``entity:type``; the eleven types in flare-zh-ner's three."""
    text, labels = _fields(record, "text", "labels")
    lines = []
    for label in labels:
        entity, colon, kind = _text(label, "a label", empty=True).rpartition(":")
        if not colon or kind not in _TYPES.keys() | _OTHER_TYPES:
            raise Malformed(f"the label {label!r} does not end in one of FinNER's eleven types")
        if kind in _TYPES:
            lines.append(f"{entity}, {_TYPES[kind]}")
    if not lines:
        raise Skip("no person, organisation or place")
    return [("", _text(text, "the text"), "\n".join(dict.fromkeys(lines)))]


def financeiq(record):
    """FinanceIQ: ``Question, A, B, C, D, Answer``."""
    stem, answer = _fields(record, "Question", "Answer")
    return [("", *exam(stem, dict(zip("ABCD", _fields(record, *"ABCD"), strict=True)), answer))]


def fineval(record):
    """FinEval: ``question, A, B, C, D, answer``."""
    stem, answer = _fields(record, "question", "answer")
    return [("", *exam(stem, dict(zip("ABCD", _fields(record, *"ABCD"), strict=True)), answer))]


def cflue(record):
    """CFLUE: the options are a Python literal in a text; the answer is letters, an analysis may follow."""
    stem, choices, answer, analysis = _fields(record, "question", "choices", "answer", "analysis")
    try:
        options = ast.literal_eval(choices)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):  # all that a crooked literal raises
        options = None
    if not isinstance(options, dict) or not options:
        raise Malformed(f"the choices {str(choices)[:40]!r} are no Python dictionary in a text")
    text, letters = exam(stem, options, answer)
    analysis = _text(analysis or "", "the analysis", empty=True).strip()
    return [("", text, f"{letters}\n解析：{analysis}" if analysis else letters)]


def exam(stem, options, answer):
    """An exam question as (input, letters): the stem, then a line ``A、…`` for each option."""
    stem, answer = _text(stem, "the question").strip(), _text(answer, "the answer").strip()
    if not answer or set(answer) - set(options) or list(answer) != sorted(set(answer)):
        raise Malformed(f"the answer {answer!r} is not made of the letters {''.join(map(str, options))} in order")
    lines = [
        f"{letter}、{_text(str(text), f'option {letter}', empty=True).strip()}" for letter, text in options.items()
    ]
    return "\n".join([stem, *lines]), answer


def flare(record):
    """Every flare-zh file: ``text`` and ``answer``, whatever else there is."""
    text, answer = _fields(record, "text", "answer")
    if not _text(answer, "the answer").strip():
        raise Skip("no answer")
    return [("", _text(text, "the text"), answer.strip())]


def triple(record):
    """``instruction, input, output``: the input, or where it is empty the instruction, which then holds it."""
    instruction, text, output = _fields(record, "instruction", "input", "output")
    if text is None or (isinstance(text, str) and not text.strip()):
        text = instruction
    return [("", _text(text, "the input"), _text(output, "the output").strip())]


_ANSWER = re.compile(r"(?:^|\n)\s*答案\s*[:：]\s*(\[[^\]\n]*\]|[A-H][A-H、,，\s]*(?=\n|$))")
_ANALYSIS = re.compile(r"(?:^|\n)\s*分析解释\s*[:：]\s*(.*)", re.DOTALL)


def fincorpus(record):
    """FinCorpus: question, options, ``答案：`` and often ``分析解释：`` in one ``text``."""
    (text,) = _fields(record, "text")
    text = _text(text, "the text")
    answer = _ANSWER.search(text)
    letters = "".join(sorted(set(re.findall("[A-H]", answer[1])))) if answer else ""
    if not letters:
        raise Skip("no letter after 答案：")
    if not all(re.search(rf"(?:^|\n)\s*{letter}\s*[、.．:：]", text[: answer.start()]) for letter in letters):
        raise Skip("no lettered options")
    analysis = _ANALYSIS.search(text, answer.end())
    reason = analysis[1].strip() if analysis else ""
    return [("", text[: answer.start()].strip(), f"{letters}\n解析：{reason}" if reason else letters)]


def _cells(record, count):
    if not isinstance(record, list):
        raise Malformed(f"a list of {count} is expected, not {type(record).__name__}")
    if len(record) != count:
        raise Malformed(f"{len(record)} items where {count} are expected")
    return record


def _fields(record, *names):
    if not isinstance(record, dict):
        raise Malformed(f"an object with {', '.join(names)} is expected, not {type(record).__name__}")
    missing = [name for name in names if name not in record]
    if missing:
        raise Malformed(f"the column {missing[0]!r} is missing; there are {', '.join(map(repr, list(record)[:12]))}")
    return [record[name] for name in names]


def _text(value, what, empty=False):
    if not isinstance(value, str):
        raise Malformed(f"{what} is {type(value).__name__}, not text: {str(value)[:40]!r}")
    if not empty and not value.strip():
        raise Skip("empty input" if what != "the answer" else "no answer")
    return value


def _label(value, names):
    if type(value) not in (int, str) or value not in names:  # 1.0 and True are 1 to Python
        raise Malformed(f"the label {value!r} is none of {', '.join(map(repr, names))}")
    return names[value]


def _whole(text):
    return int(text) if re.fullmatch(r"\d+", str(text)) else text


def names(text):
    return list(
        dict.fromkeys(name.strip() for name in _text(text, "the entities", empty=True).split(";") if name.strip())
    )


def _pair(one, two):
    one, two = _text(one, "the first sentence"), _text(two, "the second sentence")
    return f"{one}\n{two}"


def _bare(text):
    return re.sub(r"[\W_]", "", text)


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
    "ccks2019": ccks2019,
    "ccks2020": ccks2020,
    "ccks2021": ccks2021,
    "fewfc": fewfc,
    "ner": ner,
    "financeiq": financeiq,
    "fineval": fineval,
    "cflue": cflue,
    "flare": flare,
    "triple": triple,
    "fincorpus": fincorpus,
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
            raise DataError(str(error), name, number) from None
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise DataError(f"the record has another form than this file should hold ({error})", name, number) from None
    return examples, skipped
