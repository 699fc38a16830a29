"""Event records (CCKS 2019, 2020, 2021, FewFC) as lines of event type and subject."""

from assl_utils.sources.fields import Malformed, Skip, cells, columns, text_of

_SUBJECTS = (
    "sub",
    "sub-org",
    "sub-per",
    "target-company",
    "obj",
    "obj-org",
    "obj-per",
)  # FewFC, the first that is named


def ccks2019(record):
    """CCKS 2019: ``[id, text, event type, entity]``; 其他 with the entity ``NaN`` is no event."""
    _, text, kind, entity = cells(record, 4)
    if kind in ("其他", "公司股市异常"):
        raise Skip(f"event type {kind}, which flare-zh-19ccks leaves out")
    if entity == "NaN":
        raise Malformed(f"an event of type {kind} without an entity")
    return [("", text_of(text, "the text"), events([(text_of(kind, "the event type"), text_of(entity, "the entity"))]))]


def ccks2020(record):
    """CCKS 2020: ``context``, ``type`` and for each type its spans, the end inclusive."""
    text, kinds, spans = columns(record, "context", "type", "entity")
    text = text_of(text, "the context")
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
    text, results = columns(record, "text", "result")
    pairs = []
    for result in results:
        lines = []
        for side in ("reason", "result"):
            kind, *slots = columns(result, *(f"{side}_{slot}" for slot in ("type", "product", "industry", "region")))
            lines.append((kind, next((slot for slot in slots if slot), "无")))
        pairs.append(events(lines))
    if not pairs:
        raise Skip("no event")
    return [
        ("", text_of(text, "the text"), "\n".join(dict.fromkeys(pairs)))
    ]  # a cause stays beside each of its effects


def fewfc(record):
    """FewFC: ``content`` and ``events`` with mentions; the subject is the first of ``_SUBJECTS`` that is named."""
    text, found = columns(record, "content", "events")
    text, pairs = text_of(text, "the content"), []
    for event in found:
        kind, mentions = columns(event, "type", "mentions")
        words = {}
        for mention in mentions:
            word, role, span = columns(mention, "word", "role", "span")
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
