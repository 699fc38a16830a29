"""Laws of how a chapter reads: folded plumbing, short cells, a sentence before code, names before abbreviations.

Each law takes a chapter's name and its JSON, and gives its breaches as sentences. The chapters of the
method (1 to 8) and the chapters of studies (10 to 12) keep them all; chapter 9 is a table and a figure.
"""

import re
import statistics

from assl_utils.runner import notebook

METHOD = (*range(1, 9), 10, 11, 12)  # chapters that tell the method, and what was studied with it
ABSTRACT = ":class: abstract-zh"  # its cell is Chinese, and has the Chinese names beside the abbreviations
WATCHED = range(1, 13)  # chapters whose words are watched
FOLDED = "hide-input"
MEDIAN = 6  # lines of a chapter's middle code cell
WORDS = 8  # of prose to each line of code
# An abbreviation and what has to be beside its first use.
NAMES = {
    "FE": "sentiment",
    "NA": "summar",
    "RE": "relation",
    "NSP1": "negative",
    "NSP2": "negative",
    "NL": "classif|topic",
    "ROUGE": "recall",
    "LoRA": "low-rank",
    "MMR": "marginal relevance",
    "SSE": "squared",
    "CFLEB": "Chinese financial",
    "FinEval": "exam|benchmark",
}
PRIVATE = (
    r"by lot", r"dice", r"lessons?", r"taught", r"ears?", r"heard", r"dearer", r"to be had", r"giants?", r"crumbs?",
    r"examinations?", r"nobody at home",
)  # fmt: skip


def number(name):
    """``4`` for ``04_adbscan``."""
    return int(re.match(r"\d*", name)[0] or 0)


def texts(written):
    """``[(cell number, text)]`` of the prose."""
    return [(i, notebook.source(c)) for i, c in enumerate(written["cells"], 1) if c["cell_type"] == "markdown"]


def coded(written):
    """``[(cell number, cell)]`` of the code."""
    cells = enumerate(written["cells"], 1)
    return [(i, c) for i, c in cells if c["cell_type"] == "code" and notebook.source(c).strip()]


def sentences(text):
    """A cell's prose without its headings and labels."""
    return "\n".join(line for line in text.splitlines() if not re.match(r"#|\(.*\)=\s*$", line)).strip()


def words(text):
    """How many words a text has: what holds a letter, so that a table's bars and a sum's signs do not count."""
    return sum(bool(re.search(r"[^\W\d_]", word)) for word in text.split())


def lines(cell):
    """A code cell's lines that hold something."""
    return [line for line in notebook.source(cell).splitlines() if line.strip()]


def a_title_of_its_number(name, written):
    """The chapter begins with ``# 4 A-DBSCAN: …``."""
    first = next((text for _, text in texts(written)), "")
    if number(name) and not re.search(rf"^# {number(name)} \S", first, flags=re.MULTILINE):
        return [f"{name}: its first cell has no title `# {number(name)} …`"]
    return []


def plumbing_is_folded(name, written):
    """The parameters and the imports are folded away in the page."""
    return [
        f"{name}, cell {i}: {what} are folded away in the page; tag the cell `{FOLDED}`"
        for i, cell in enumerate(written["cells"], 1)
        if cell["cell_type"] == "code" and FOLDED not in notebook.tags(cell)
        for what in [
            ("parameters" if "parameters" in notebook.tags(cell) else "imports" if notebook.imports(cell) else "")
        ]
        if what
    ]


def imported_once(name, written):
    """All imports are in one cell, the one behind the parameters."""
    cells = [
        (i, c) for i, c in enumerate(written["cells"], 1) if c["cell_type"] == "code" and notebook.source(c).strip()
    ]
    return [
        f"{name}, cell {i}: imports belong in the cell behind the parameters"
        for place, (i, cell) in enumerate(cells)
        if place != 1 and notebook.imports(cell)
    ]


def short_cells(name, written):
    """The middle code cell is short."""
    if number(name) not in METHOD:
        return []
    middle = statistics.median(len(lines(cell)) for cell in notebook.code_cells(written))
    return (
        [f"{name}: half of its code cells have {middle:g} lines or more; {MEDIAN} at most"] if middle > MEDIAN else []
    )


def more_prose_than_code(name, written):
    """A chapter explains what it runs. Every line of code counts, the folded ones too."""
    if number(name) not in METHOD:
        return []
    code = sum(len(lines(cell)) for cell in notebook.code_cells(written))
    prose = sum(words(text) for _, text in texts(written))
    if prose >= WORDS * code:
        return []
    return [f"{name}: {prose} words of prose to {code} lines of code, {prose / code:.1f} to one; {WORDS} at least"]


def a_sentence_before_code(name, written):
    """No two code cells in a row, but a figure behind its data and the imports behind the parameters."""
    if number(name) not in METHOD:
        return []
    figures, found, before = notebook.drawers(written, name), [], ""
    for i, cell in enumerate(written["cells"], 1):
        if cell["cell_type"] == "markdown" and sentences(notebook.source(cell)):
            before = ""
        elif cell["cell_type"] == "code" and notebook.source(cell).strip():
            alone = "parameters" in before and notebook.imports(cell)
            if before and not alone and not notebook.draws(cell, figures):
                found.append(f"{name}, cell {i}: code follows code; say in a sentence what comes")
            before = "parameters" if "parameters" in notebook.tags(cell) else "code"
    return found


def names_before_abbreviations(name, written):
    """An abbreviation is expanded beside its first use in the chapter's sentences."""
    if number(name) not in WATCHED:
        return []
    found = []
    for short, full in NAMES.items():
        cells = [(i, sentences(text)) for i, text in texts(written) if ABSTRACT not in text]
        used = [(i, text) for i, text in cells if re.search(rf"\b{short}\b", text)]
        if used and not re.search(full, used[0][1], flags=re.IGNORECASE):
            found.append(f"{name}, cell {used[0][0]}: {short} is used for the first time and not expanded ({full})")
    return found


def plain_words(name, written):
    """No private metaphors."""
    if number(name) not in WATCHED:
        return []
    private = re.compile(rf"\b(?:{'|'.join(PRIVATE)})\b", flags=re.IGNORECASE)
    return [
        f"{name}, cell {i}: `{word}` is a private word; HOUSE's list has the plain one"
        for i, cell in enumerate(written["cells"], 1)
        for word in sorted(set(private.findall(notebook.source(cell) + _caption(cell))))
    ]


def _caption(cell):
    myst = cell.get("metadata", {}).get("mystnb", {})
    return f" {myst.get('figure', {}).get('caption', '')} {myst.get('image', {}).get('alt', '')}"


LAWS = (
    a_title_of_its_number,
    plumbing_is_folded,
    imported_once,
    short_cells,
    more_prose_than_code,
    a_sentence_before_code,
    names_before_abbreviations,
    plain_words,
)
