"""What is done to published rows before anything is trained on them, each step counted.

A row carries both readings: ``input, output`` as published and ``clean_input, clean_output`` as they should be, with
``fault`` where nothing can mend it. Which of them is used is the protocol's choice (:func:`settle`); leaks and copies
are :mod:`assl_utils.sources.leakage`'s business.
"""

import hashlib
import re

import numpy as np
import pandas as pd

from assl_utils.sources import leakage
from assl_utils.tasks import published_forms
from assl_utils.tasks.catalog import LABELS
from assl_utils.tasks.published_forms import SWAPPED, without_prices

_BREAKS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\ufeff\u200b-\u200f\u202a-\u202e\u2060-\u206f\u00ad\u061c\u180e\ufff9-\ufffb\ufffd\ud800-\udfff"
    "\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x9f]")
_BLANKS = re.compile("[ \\t\x0b\x0c\x1c-\x1f\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")  # control ones, too
_LINES = re.compile(r" ?\n[ \n]*")


def tidy(text):
    """The text without what no reader sees: control, zero-width, private-use and replacement characters, stray blanks.

    Line ends become ``\\n``, runs of blanks (no-break and ideographic ones and form feeds too) one space, runs of line
    ends one: what stood apart stays apart. Width and punctuation stay: they are the author's.
    """
    text = _BREAKS.sub("\n", text)
    text = _BLANKS.sub(" ", _CONTROL.sub("", _INVISIBLE.sub("", text)))
    return _LINES.sub("\n", text).strip()


def split_labels(text, names=LABELS["news_classification"]):
    """FinNL's labels, each once and in their order: ``外国债券``, ``中国  公司``.

    No name is the beginning of another, so reading from the left has one answer at most; a text that is not made of the
    names gives ``None``.
    """
    found, rest = [], "".join(text.split())
    while rest:
        name = next((name for name in names if rest.startswith(name)), None)
        if name is None:
            return None
        found.append(name)
        rest = rest[len(name) :]
    return list(dict.fromkeys(found)) or None


def readings(slug, text, output, published=False):
    """A row as published and as it should be.

    Parameters
    ----------
    slug : str
        The source, a key of ``sources.SOURCES``: the faults are the source's.
    text, output : str
        What a loader returned.
    published : bool, default False
        Whether they come from the published copy (``flare-zh-afqmc``), faults in, or from the original (``AFQMC``).

    Returns
    -------
    tuple of str
        ``input, output, clean_input, clean_output, fault``; the fault is the reason why ``clean`` leaves the row out,
        "" for nearly all.
    """
    row = _FAULTS[slug](text, output, published) if slug in _FAULTS else (text, output, text, output, "")
    return (*row[:2], tidy(row[2]), tidy(row[3]), row[4])


def _afqmc(text, output, published):
    """flare-zh-afqmc answers 是 where AFQMC says "different"."""
    other = SWAPPED.get(output, output)
    return (text, output, text, other, "") if published else (text, other, text, output, "")


def _news(text, output, published):
    names = split_labels(output)
    return text, output, text, " ".join(names or ()), "" if names else "a label that is none of the 16"


def _glued_news(text, output, published):
    """flare-zh-nl2 joins the labels by nothing."""
    _, _, _, clean, fault = _news(text, output, published)
    return text, "".join(output.split()), text, clean, fault


def _aspect(text, output, published):
    """The paper's Figure 9 shows CFSC-ABSA without the aspect; a published copy has lost it for good."""
    bare, found, _ = text.rpartition(published_forms.ASPECT)
    return (bare, output, text, output, "") if found else (text, output, text, output, "the aspect is not named")


def _prices(text, output, published):
    """flare-zh-stocka calls the five days after the news the five days before it: the prices give the label away."""
    return text, output, without_prices(text), output, ""


def _option(text, output, published):
    """fingpt-fineval answers with the option, ``D. 社会总产品``; FinanceIQ with the letter."""
    found = re.match(r"[A-H](?=$|[\s.．、:：])", output)
    letter = found[0] if found else ""
    line = next((line for line in reversed(text.split("\n")) if letter and line.startswith(f"{letter}、")), "")
    fault = "" if letter else "the answer begins with no letter"
    return text, f"{letter}. {line[2:]}" if line and not published else output, text, letter, fault


_FAULTS = {
    "afqmc": _afqmc,
    "finnl": _news,
    "nl": _news,
    "nl2": _glued_news,
    "cfsc_absa": _aspect,
    "stocka": _prices,
    "fineval": _option,
}


def settle(rows, protocol):
    """The rows as a protocol reads them.

    ``paper`` takes ``input`` and ``output`` as published; ``clean`` takes the mended ones and leaves out the rows with
    a fault, and those that tidying leaves empty. Returns the rows without ``clean_input, clean_output`` and ``fault``.
    """
    if protocol == "clean":
        rows = rows.assign(input=rows["clean_input"], output=rows["clean_output"])
        fault = rows["fault"] if "fault" in rows else ""
        rows = rows[(fault == "") & (rows["input"].str.strip() != "") & (rows["output"].str.strip() != "")]
    elif protocol != "paper":
        raise ValueError(f"The protocol is 'clean' or 'paper', got {protocol!r}.")
    return rows.drop(columns=["clean_input", "clean_output", "fault"], errors="ignore").reset_index(drop=True)


def mended(rows):
    """How many rows of each source ``clean`` reads otherwise than ``paper``.

    Returns
    -------
    DataFrame
        ``source, rows, input, output, left_out``: rows altogether, with another input (more than tidied away), with
        another output, and with a fault that leaves them out.
    """
    fault = rows["fault"] != "" if "fault" in rows else pd.Series(False, index=rows.index)
    changed = pd.DataFrame({"source": rows["source"], "rows": 1, **_changed(rows), "left_out": fault.astype(int)})
    return changed.groupby("source", sort=False).sum().reset_index()


def _changed(rows):
    """Whether tidying alone does not make the two readings of input and of output the same, as 0 or 1."""
    sides = {side: rows[side].map(tidy) != rows[f"clean_{side}"].map(tidy) for side in ("input", "output")}
    return {side: differs.astype(int) for side, differs in sides.items()}


def examples(rows, quotable=None):
    """One row of each source that ``clean`` reads otherwise, beside itself: ``source, published, corrected``.

    ``quotable`` says for each row whether its licence lets a line of it be quoted; of the others only the end of the
    input's hash is shown. Left out, every row is.
    """
    out = []
    changed = sum(_changed(rows).values()) > 0
    quotable = pd.Series(True, index=rows.index) if quotable is None else quotable
    for _, group in rows[changed].sort_values("id").groupby("source", sort=False):
        row = group.iloc[0]
        before, after = (
            f"{quoted(text, quotable[row.name])} → {answer}"
            for text, answer in ((row["input"], row["output"]), (row["clean_input"], row["clean_output"]))
        )
        out.append((row["source"], before, after if row["fault"] == "" else f"left out: {row['fault']}"))
    return pd.DataFrame(out, columns=["source", "published", "corrected"])


def quoted(text, allowed=True, length=40):
    """A text as a page may show it: its two ends where the licence allows a quotation, else a piece of its hash."""
    if not allowed:
        return f"[{hashlib.sha256(text.encode()).hexdigest()[:12]}]"
    text = " ".join(text.split())
    return text if len(text) <= length else f"{text[: length // 2]}…{text[-length // 2 :]}"


def swapped_labels(rows, reference):
    """Whether a source of pairs answers like a reference, or just the other way round.

    Parameters
    ----------
    rows, reference : DataFrame
        ``input`` and ``output`` (是 or 否). Pairs are compared by their normalised sentences, in either order.

    Returns
    -------
    dict
        ``shared`` pairs, on how many the two ``agree``, and the ``verdict``: ``swapped`` when fewer than a tenth agree,
        ``right`` when more than nine tenths do, on ten pairs or more (coins do either once in a thousand times), else
        ``unclear``.
    """
    keyed = [
        frame.assign(key=[leakage.part_of("matching", text)[1] for text in frame["input"]]).drop_duplicates("key")
        for frame in (rows, reference)
    ]
    both = keyed[0].merge(keyed[1], on="key", suffixes=("", "_reference"))
    both = both[~both["key"].isin(["", "|"])]  # nothing but punctuation: no key
    shared, agree = len(both), int((both["output"] == both["output_reference"]).sum())
    verdict = "unclear"
    if shared >= 10 and agree < 0.1 * shared:
        verdict = "swapped"
    elif shared >= 10 and agree > 0.9 * shared:
        verdict = "right"
    return {"shared": shared, "agree": agree, "verdict": verdict}


def likeness(rows):
    """How well the answers of pairs follow their likeness, without any reference.

    The chance that a pair answered 是 shares more of its characters (Jaccard) than one answered 否, ties counted half
    (the area under the ROC curve): above one half where 是 means "the same", below it where labels are swapped.
    """
    share = np.array([_overlap(*text.partition("\n")[::2]) for text in rows["input"]])
    same = (rows["output"] == "是").to_numpy()
    if not same.any() or same.all():
        return float("nan")
    ranks = pd.Series(share).rank().to_numpy()
    n = same.sum()
    return float((ranks[same].sum() - n * (n + 1) / 2) / (n * (len(same) - n)))


def _overlap(one, two):
    one, two = set(leakage.normalise(one)), set(leakage.normalise(two))
    return len(one & two) / max(len(one | two), 1)
