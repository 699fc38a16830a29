"""From what a model wrote to what it answered; what cannot be read counts as unread and is never guessed.

``parse(task, answer)`` returns the answer in its canonical form and whether it could be read at all. An unread answer
is ``("", False)``: it counts as wrong and is also counted in the column ``unparsed``, so that a model which writes in
another format is not confused with a model which is mistaken. Reading is generous about the frame (``答案是…``, quotes,
full-width letters, an explanation after the answer) and strict about the content: two different labels where one is
asked for, or none, are no answer. Control and other invisible characters are taken out before. Reading takes time in
proportion to an answer's length, also where a model repeats itself up to its limit: no pattern below has several ways
to divide the same run of characters.

=====================  ============================================================================================
sentiment, FE          one of 积极 / 中性 / 消极; also 正面, 正向, positive; 中立, neutral; 负面, 负向, negative
stock_movement         one of 跑赢大盘 / 中性 / 表现不佳; also 强于大盘, 弱于大盘, 跑输大盘, 与大盘持平
matching               是 / 否; also 一致, 相同, yes; 不一致, 不同, no
NSP1 (form judge)      有 / 无; also the yes-or-no readings 是 = 有, 否 = 无, and 没有, 存在负面, 未发现负面, …
NSP2 (form subject)    entities parted by ``；`` ``;`` or lines, without these by ``、`` ``，``; 无 = the empty set;
                       separators alone are no answer
news, NL               a set of the 16 names, also glued (中国公司); canonical: the registry's order, one space
relation, RE           a set of the 44 names, longest first (被拟收购 is not 收购); unknown and 无关系 = 其他
choices, exam          letters A-E in order: ``D``, ``D. 文字``, ``答案是D``, ``A、C、D``, ``ACD\\n解析：…``
event_subject, ner     lines ``left, right``
summary, QA            the text itself, without 摘要： or 答案： before it and quotes around it
=====================  ============================================================================================
"""

import itertools
import re
import unicodedata

from assl_utils.tasks.catalog import LABELS

UNPARSED = "<unparsed>"  # the label that no reference has: as_set of an answer that could not be read
LONGEST_ENTITY = 40  # characters; a longer "entity" is a sentence (the longest of FinNSP has 34)

# The evaluation's task names, as (sub-task, form).
TASKS = {
    "FE": ("sentiment", ""),
    "QA": ("qa", ""),
    "NA": ("summary", ""),
    "RE": ("relation", ""),
    "NSP1": ("negative_news", "judge"),
    "NSP2": ("negative_news", "subject"),
    "NL": ("news_classification", ""),
    "exam": ("single_choice", ""),
}

SENTIMENTS = {"正面": "积极", "正向": "积极", "positive": "积极", "中立": "中性", "neutral": "中性"}
SENTIMENTS |= {"负面": "消极", "负向": "消极", "negative": "消极"} | {name: name for name in LABELS["sentiment"]}
MOVES = {"强于大盘": "跑赢大盘", "弱于大盘": "表现不佳", "跑输大盘": "表现不佳", "与大盘持平": "中性", "中立": "中性"}
MOVES |= {name: name for name in LABELS["stock_movement"]}
NONE_RELATION = {"unknown": "其他", "无关系": "其他", "没有关系": "其他", "无": "其他"}

SAME = dict.fromkeys(("是", "是的", "一致", "相同", "相似", "语义一致", "意思一致", "意思相同", "对", "yes"), "是")
SAME |= dict.fromkeys(("否", "不是", "不一致", "不相同", "不同", "不相似", "语义不一致", "意思不同", "no"), "否")
HAVE = dict.fromkeys(("有", "有的", "存在", "含有", "是", "是的", "yes"), "有")
HAVE |= dict.fromkeys(("无", "没有", "没", "不存在", "未发现", "不含", "否", "不是", "no"), "无")

_DIFFERENT = re.compile(r"不一致|不相同|不同|不相似|不等价|有差异|有区别")
_ALIKE = re.compile(r"(?<!不)(?:一致|相同|相似|等价)")
_BAD = r"(?:任何|明显|相关|什么)?的?(?:负面|利空|不利)"
_NO_NEWS = re.compile(rf"(?:没有?|无|不存在|未发现|未见|[未不]涉及|不含有?|不是|不属于|并非){_BAD}")
_NEWS = re.compile(rf"(?<![没不未])(?:有|存在|含有|涉及|发现|出现|(?<!不)是|属于){_BAD}")
_NO_ENTITY = re.compile(r"(?:没有|不存在|未发现|未见|无)(?:任何|明显|相关)?的?(?:负面|实体|主体|被负面)")

_END = re.compile(r"<\|[^|]*\|>|</s>")  # a chat template's own marks end the answer
# What no reader sees: control characters, joiners, marks of direction, tags, half surrogates.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0001\U000e0020-\U000e007f]"
)
_BLANK = re.compile(r"[\x0b\x0c\x1c-\x1f\x85]")  # control characters that part words
_SPLIT = re.compile(r"[\s、,，;；。.!！?？:：/|\"'“”‘’「」『』()（）\[\]【】<>《》*`~…—-]+")
_NOUN = r"(?:答案|结论|结果|回答|判断|情绪|情感|倾向|态度|极性|类别|标签|分类|类型|关系|之间|走势|选项|选择|实体|主体)"
# 是否 before a word is the question again; 是否 at the end says "is: 否".
_MARK = re.compile(
    rf"{_NOUN}\s*+(?:(?:应该|应当|应|选)\s*+)?(?:(?:是(?!否\w)|属于|分别|包括|存在|为|有(?![限无])|:)\s*+)+"
)
# 与否 takes all of its word before it, so only a word's beginning can begin it.
_WHETHER = re.compile(r"(?:是否|是不是|有没有|有无|能否)(?=\w)\w*+|有无|(?<!\w)\w*与否")
# Group 1 is the white space before the first line break, which is kept: it lets every gap be looked at once.
_WHY = re.compile(
    r"(?<!\s)([^\S\n]*+)\n\s*+(?:解析|分析|解释|理由|原因|说明)\s*+[:：].*|(?:解析|解释|理由)\s*+[:：].*", re.DOTALL
)


def parse(task, answer, form=""):
    """Read one answer.

    Parameters
    ----------
    task : str
        A task of the evaluation (``FE`` … ``NL``, ``exam``) or a sub-task's slug; ``negative_news`` needs its form,
        as ``form`` or as ``negative_news:judge``.
    answer : str or None
        What the model wrote.

    Returns
    -------
    (str, bool)
        Canonical answer and True, or ``""`` and False. Of a set, items come in the registry's order (NL, RE) or as
        written (NSP2), without repeats; :func:`as_set` takes it apart.
    """
    subtask, form = _resolve(task, form)
    text = _END.split(visible(answer), maxsplit=1)[0].strip() if isinstance(answer, str) else ""
    parsed = _READERS[subtask, form](text) if text else None
    return (parsed, True) if parsed else ("", False)


def add(subtask, labels=()):
    """Read the answers of a sub-task of one's own: one of ``labels``, or without any the text itself."""
    _READERS[subtask, ""] = _one_label({nfkc(label).lower(): label for label in labels}) if labels else _free


def as_set(task, parsed, form=""):
    """The items of a canonical answer, ready to be compared; of an unread one the single item ``UNPARSED``."""
    key = _resolve(task, form)
    if not parsed:
        return frozenset({UNPARSED})
    if key == ("negative_news", "subject"):
        items = () if parsed.strip() == "无" else re.split(r"[;；]", parsed)
        return frozenset(map(fold, set(items))) - {""}
    items = parsed.split("\n") if key[0] in ("event_subject", "ner") else parsed.split()
    return frozenset(map(fold, set(items))) - {""}


def reference_set(task, reference, form=""):
    """The items of a gold answer. Entities are parted by ``；`` alone here; labels are read like answers."""
    key = _resolve(task, form)
    if key == ("negative_news", "subject"):
        return as_set(task, reference.strip() or "无", form)
    parsed, ok = parse(task, reference, form)
    if not ok:
        raise ValueError(f"{task}: the reference {reference!r} holds no known label.")
    return as_set(task, parsed, form)


def fold(text):
    """One spelling for width, case, white space and what cannot be seen: what two items are compared by."""
    return " ".join(nfkc(visible(text)).casefold().split())


def visible(text):
    """``text`` without what no reader sees, such as ESC, NUL, joiners and marks of direction; tabs and lines stay."""
    return _BLANK.sub(" ", _UNSEEN.sub("", text))


def nfkc(text):
    """``unicodedata.normalize("NFKC", text)`` in linear time.

    Python sorts a row of combining marks by insertion: 30,000 accents in turn above and below take it most of a
    second. Here each row is sorted beforehand, which leaves the normal form as it is.
    """
    apart = {ord(c): unicodedata.normalize("NFKD", c) for c in set(text)}
    if any(map(unicodedata.combining, "".join(apart.values()))):
        rows = itertools.groupby(text.translate(apart), lambda c: unicodedata.combining(c) > 0)
        text = "".join("".join(sorted(row, key=unicodedata.combining) if marks else row) for marks, row in rows)
    return unicodedata.normalize("NFKC", text)


def _resolve(task, form):
    if task in TASKS:
        return TASKS[task]
    subtask, _, named = task.partition(":")
    form = form or named
    if (subtask, form) in _READERS:
        return subtask, form
    if subtask == "negative_news":
        raise ValueError(f"negative_news is read by form, 'judge' or 'subject'; got {form!r}.")
    if (subtask, "") in _READERS:  # a form that changes nothing here
        return subtask, ""
    known = ", ".join([*TASKS, *sorted({name for name, _ in _READERS})])
    raise ValueError(f"No task or sub-task is called {task!r}; known: {known}.")


def _plain(text):
    """The normal form, with one kind of line end, up to a mark of the end that only it shows (``＜|…|＞``)."""
    return _END.split(nfkc(text), maxsplit=1)[0].replace("\r\n", "\n").replace("\r", "\n").strip()


def _segments(text):
    return [part for part in _SPLIT.split(text.strip()) if part]


def _first_line(text):
    return next((line for line in text.split("\n") if _segments(line)), "")


def _after_mark(text):
    """What follows the last 答案是, 类别：, …; None if there is no such mark or nothing after it."""
    marks = list(_MARK.finditer(text))
    tail = text[marks[-1].end() :] if marks else ""
    return tail if _segments(tail) else None


def _bare(text, names):
    """The label that opens the first line on its own, unless another one is there too."""
    segments = re.sub("或者?|还是|和|以?及", " ", " ".join(_segments(_first_line(text)))).split()
    if not segments or segments[0] not in names:
        return None
    values = {names[part] for part in segments if part in names}
    return values.pop() if len(values) == 1 else None


def _one_label(names):
    longest_first = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    mention = re.compile(rf"(?<![不非未无])(?<!不是)(?<!并非)(?<!没有)(?<!不算)(?:{longest_first})")

    def read(text):
        text = _plain(text).lower()
        tail = _after_mark(text)
        for part in [text] if tail is None else [text, tail]:
            if found := _bare(part, names):
                return found
        for part in [text] if tail is None else [tail, text]:
            found = {names[name] for name in mention.findall(part)}
            if found:
                return found.pop() if len(found) == 1 else None
        return None

    return read


def _yes_or_no(names, positive, negative, yes, no):
    def read(text):
        text = _plain(text).lower()
        text = re.sub(r"(?<=答案是)([否肯])定的?", lambda found: "否" if found[1] == "否" else "是", text)
        tail = _after_mark(text)
        for part in [text] if tail is None else [text, tail]:
            if found := _bare(part, names):
                return found
        rest = _WHETHER.sub(" ", text)
        if found := _bare(rest, names):
            return found
        denied = bool(negative.search(rest))
        claimed = bool(positive.search(negative.sub(" ", rest)))
        return None if denied == claimed else (no if denied else yes)

    return read


def _label_set(names, also=()):
    names, also = list(names), dict(also)
    ordered = sorted([*names, *also], key=len, reverse=True)
    label = re.compile("|".join(map(re.escape, ordered)))
    # A segment counts when labels and these small words use it up; a label inside a sentence is a word, not an answer.
    # The longest word at a place is the only one tried (无关系 is not also 无 and 关系): no choice, no way back.
    words = sorted([*ordered, "和", "与", "以及", "及", "类别", "类", "关系", "的"], key=len, reverse=True)
    whole = re.compile(rf"(?:(?>{'|'.join(map(re.escape, words))}))+")

    def found(text):
        pieces = [piece for piece in _segments(text) if whole.fullmatch(piece)]
        return {also.get(name, name) for piece in pieces for name in label.findall(piece)}

    def read(text):
        plain = _plain(text)
        text = _WHY.sub(r"\1", plain) or plain
        tail = _after_mark(text)
        for part in [_first_line(text), text] if tail is None else [_first_line(tail), tail, text]:
            if labels := found(part):
                return " ".join(name for name in names if name in labels)
        return None

    return read


_RUN = r"[A-E](?:[\s、,和与及/]*+[A-E])*(?![A-Za-z0-9])"
_CLOSED = r"(?=$|[\s.。、,:;!)\]】》\"'”’*]|选项|项|正确|对|是对)"  # so that A股 and B端 are words, not answers
_OPEN = r"[\s(\[【《\"'“‘*]*+"
_WRONG = r"(?:选项|项)?是?(?:错|不正确|不对|有误)"
_LEAD = re.compile(rf"{_OPEN}(?:选项?{_OPEN})?({_RUN}){_CLOSED}(?!{_WRONG})")
_ITEM = re.compile(r"(?:^|(?<=[\s;,。]))([A-E])\s*+[.、:)]\s*+(?=[^\sA-E.、])")
# 选 may also stand between 答案 and its letters (答案应该选D), but then that 选 begins the mark: no two marks overlap.
_CHOICE = r"(?:答案|正确(?:的)?选项|(?<![不未错])选(?:择)?)\s*+(?:应该|应当|应|只有)*\s*+[是为有:]*+"
_CHOSEN = re.compile(rf"{_CHOICE}{_OPEN}({_RUN}){_CLOSED}")
_LONE = re.compile(rf"(?<![A-Za-z0-9])(?<!不选)(?<!不是)([A-E]{{1,5}})(?![A-Za-z0-9股轮类级款座])(?!{_WRONG})")


def _letters(text):
    """The letters that open the answer, else those after the last 答案是 or 选, else the only ones that are alone."""
    text = _plain(text)
    text = _WHY.sub(r"\1", text).strip() or text
    if (small := re.match(r"[a-e]{1,5}(?![A-Za-z0-9])", text)) and list(small[0]) == sorted(set(small[0])):
        text = small[0].upper() + text[small.end() :]
    if _ITEM.match(text):  # whole options, "A. 甲\nC. 丙"
        lines = itertools.takewhile(_ITEM.match, (line.strip() for line in text.split("\n")))
        run = "".join(letter for line in lines for letter in _ITEM.findall(line))
    elif lead := _LEAD.match(text):
        run = lead[1]
    elif chosen := _CHOSEN.findall(text):
        run = chosen[-1]
    else:
        lone = set(_LONE.findall(text))
        run = lone.pop() if len(lone) == 1 else ""
    letters = re.findall("[A-E]", run)
    return "".join(sorted(letters)) if len(letters) == len(set(letters)) else None


_FRAME = " \t\n。.\"'“”‘’「」[]【】*-"


def _entities(text):
    plain = _plain(text)
    tail = _after_mark(plain)
    body = plain if tail is None else tail
    said = _bare(body, HAVE)
    if said or _NO_ENTITY.search(body):  # a bare 有 names nobody
        return None if said == "有" else "无"
    items = _named(r"[;\n]", body)
    if len(items) < 2:  # not two different ones
        items = _named(r"[、,;\n]", body)
    if not any(map(_segments, items)) or any(len(item) > LONGEST_ENTITY or "。" in item for item in items):
        return None
    return "；".join(items)


def _named(separators, text):
    """The different names between separators, without what frames them."""
    items = (" ".join(item.strip(_FRAME).split()) for item in re.split(separators, text))
    return list(dict.fromkeys(item for item in items if item))


def _pairs(at_last):
    def read(text):
        lines = []
        for line in _plain(text).split("\n"):
            parts = [" ".join(part.split()) for part in (line.rsplit if at_last else line.split)(",", 1)]
            if len(parts) == 2 and all(parts):
                lines.append(", ".join(parts))
        return "\n".join(dict.fromkeys(lines)) or None

    return read


_PREFIX = re.compile(r"(?:(?:答案|回答|摘要|答|新闻摘要|总结)\s*+[:：]\s*+)+")


def _free(text):
    text, before = text.strip(), None
    while text != before:  # a frame inside a frame; a pair of quotes goes once, so there are ten rounds at most
        before = text
        text = text[found.end() :] if (found := _PREFIX.match(text)) else text
        for left, right in ('""', "“”", "「」", "『』"):
            if len(text) > 2 and text[0] == left and text[-1] == right and left not in text[1:-1]:
                text = text[1:-1].strip()
    return text or None


_READERS = {
    ("sentiment", ""): _one_label(SENTIMENTS),
    ("stock_movement", ""): _one_label(MOVES),
    ("matching", ""): _yes_or_no(SAME, _ALIKE, _DIFFERENT, "是", "否"),
    ("negative_news", "judge"): _yes_or_no(HAVE, _NEWS, _NO_NEWS, "有", "无"),
    ("negative_news", "subject"): _entities,
    ("news_classification", ""): _label_set(LABELS["news_classification"]),
    ("relation", ""): _label_set(LABELS["relation"], NONE_RELATION),
    ("event_subject", ""): _pairs(at_last=False),
    ("ner", ""): _pairs(at_last=True),
    ("summary", ""): _free,
    ("qa", ""): _free,
    ("causal_qa", ""): _free,
    ("single_choice", ""): _letters,
    ("multiple_choice", ""): _letters,
}
