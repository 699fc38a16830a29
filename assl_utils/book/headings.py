"""Names of columns and rows as people read them; the files keep their own, and so does the code."""

import re

# Names that say too little when their underscores become blanks.
WORDS = {
    "diff": "difference",
    "estimated_s": "estimate, s",
    "eval_id": "question",
    "eval_input": "text of the question",
    "floor_s": "floor, s",
    "held_out_loss": "loss on held-out rows",
    "hi": "interval to",
    "instruction_id": "wording",
    "kept_least": "fewest kept",
    "kept_most": "most kept",
    "largest_least": "largest, at least",
    "largest_most": "largest, at most",
    "lo": "interval from",
    "lr": "learning rate",
    "mcnemar_p": "p (McNemar)",
    "minpts": "MinPts",
    "over_floor": "× floor",
    "paper_name": "name in the paper",
    "same_output": "same answer",
    "sse": "sum of squares",
    "stand_in": "stand-in",
    "subclusters": "sub-clusters",
    "subtask": "sub-task",
    "train_id": "training row",
    "train_input": "training text",
}
_ENDS = {"_lo": ", interval from", "_hi": ", interval to"}
_NAME = re.compile(r"\b[A-Za-z0-9]+(_[A-Za-z0-9]+)+\b")
_POWER = re.compile(r"[-+]?\d+(\.\d+)?e[-+]?\d+")
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def heading(name):
    """A column's or a row's name in words; so is a name within a phrase.

    Examples
    --------
    >>> heading("paper_name"), heading("AVG_lo"), heading("random_at_cost – mix"), heading("kept rows")
    ('name in the paper', 'AVG, interval from', 'random at cost – mix', 'kept rows')
    """
    if name in WORDS:
        return WORDS[name]
    if name[-3:] in _ENDS and _NAME.fullmatch(name):
        return f"{heading(name[:-3])}{_ENDS[name[-3:]]}"
    return _NAME.sub(lambda found: found[0].replace("_", " "), name)


def number(text):
    """A cell's number without the notation of a program: in full, or times a power of ten where that is shorter.

    Examples
    --------
    >>> number("1.07e-14"), number("3.5e+01"), number("12.50"), number("2e-00012x")
    ('1.07 × 10⁻¹⁴', '35', '12.50', '2e-00012x')
    """
    if not _POWER.fullmatch(text):
        return text
    digits, _, power = f"{float(text):.6g}".partition("e")
    return digits + (f" × 10{str(int(power)).translate(_RAISED)}" if power else "")
