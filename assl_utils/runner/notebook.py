"""A notebook as text: its cells, its parameters, the part that decides a result, and old outputs under new prose.

Read as plain JSON: the runner asks these questions before it knows whether anything has to run, and nbformat alone
would take longer than the answers.
"""

import ast
import hashlib
import io
import json
import tokenize
from dataclasses import dataclass
from pathlib import Path

from assl_utils.runner import shapes

LEFT_OUT = "remove-cell"  # the tag of a cell that the book's page leaves out
NOT_FIGURES = {"use_style", "cjk_font_file", "colors"}  # functions of figures.style that draw nothing


class NotebookError(ValueError):
    """A notebook that does not keep to the form the runner needs; the message says where and what to write."""


@dataclass(frozen=True)
class Parameter:
    """One line of a parameters cell: ``name: kind = default  # help``."""

    name: str
    kind: str
    default: object
    help: str


def read(path):
    """The notebook's JSON, its shape checked."""
    try:
        value = shapes.load(path)
        if value is None and not Path(path).exists():
            raise FileNotFoundError(f"{path} is missing")
        return shaped(value, Path(path).name)
    except shapes.Damaged as damage:
        raise NotebookError(f"this is not a whole notebook: {damage}") from None


def on_the_page(written):
    """The notebook as a reader of the page has it: a cell that pages leave out keeps its place, but is no code."""
    cells = [one | {"cell_type": "raw"} if LEFT_OUT in tags(one) else one for one in written["cells"]]
    return written | {"cells": cells}


def of_text(text, name):
    """The notebook that a text holds; ``name`` is for messages."""
    try:
        return shaped(shapes.loads(text, name), name)
    except shapes.Damaged as damage:
        raise NotebookError(f"this is not a whole notebook: {damage}") from None


def shaped(value, name):
    """``value`` if it is a notebook as far as the runner uses one; what is not is named by cell."""
    if problem := shapes.complaint(value, _NOTEBOOK, need=("cells",)):
        raise NotebookError(f"{name} is not a whole notebook: {problem}")
    return value


def _text(value):
    lines = value if isinstance(value, list) else [value]
    return "" if all(isinstance(line, str) for line in lines) else "is no text and no list of lines"


def _cell(value):
    about = {"cell_type": str, "source": _text, "metadata": dict, "outputs": [dict]}
    found = shapes.complaint(value, about, need=("cell_type",))
    found = found or shapes.complaint(value.get("metadata", {}), {"tags": [str]}, "metadata", need=())
    return f"is none: {found}" if found else ""


_NOTEBOOK = {"cells": [_cell], "metadata": dict}


def source(cell):
    """A cell's text; the format allows one string or a list of lines."""
    text = cell.get("source", "")
    return text if isinstance(text, str) else "".join(text)


def tags(cell):
    """A cell's tags."""
    return cell.get("metadata", {}).get("tags", [])


def code_cells(notebook):
    """The code cells that hold code."""
    return [c for c in notebook["cells"] if c["cell_type"] == "code" and source(c).strip()]


def parameters(notebook, name):
    """The parameters that the notebook ``name`` declares: its first code cell, tagged ``parameters``.

    Every line is a typed assignment of a literal, so that a value from outside can be checked before a kernel starts.
    """
    cells = code_cells(notebook)
    tagged = [i for i, cell in enumerate(cells) if "parameters" in tags(cell)]
    if tagged != [0]:
        raise NotebookError(
            f"{name}: exactly one cell, the first code cell, is tagged `parameters` (found {len(tagged)})"
        )
    text = source(cells[0])
    try:
        comments, lines = _comments(text), ast.parse(text).body
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError) as error:
        raise NotebookError(f"{name}: the parameters cell is not Python: {error}") from None
    found = []
    for node in lines:
        wanted = (
            f"{name}: in the parameters cell a line reads `name: type = literal  # help`, not `{ast.unparse(node)}`"
        )
        if not (isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None):
            raise NotebookError(wanted)
        try:
            default = ast.literal_eval(node.value)
        except (ValueError, TypeError, RecursionError, MemoryError):
            raise NotebookError(wanted) from None
        found.append(
            Parameter(node.target.id, ast.unparse(node.annotation), default, comments.get(node.end_lineno, ""))
        )
    return found


def _comments(text):
    """Comments by line number."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {t.start[0]: t.string.lstrip("# ").strip() for t in tokens if t.type == tokenize.COMMENT}


def code(notebook):
    """The code that decides the results: every code cell but the parameters, whose values count instead."""
    return [source(c).rstrip() for c in code_cells(notebook) if "parameters" not in tags(c)]


def code_digest(notebook):
    """Hex digest of `code`: prose, outputs, tags and captions may change without a chapter running again."""
    return hashlib.sha256(json.dumps(code(notebook)).encode()).hexdigest()


def syntax(notebook, name):
    """The code cells as one syntax tree; lines for IPython (``%``, ``!``) are left out."""
    try:
        return _tree("\n\n".join(code(notebook)))
    except SyntaxError as error:
        raise NotebookError(f"{name}: {error.msg}: {(error.text or '').strip()}") from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotebookError(f"{name}: its code cannot be read: {error}") from None


def _tree(text):
    return ast.parse("\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in text.splitlines()))


def imports(cell):
    """Whether a code cell imports something."""
    return any(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.walk(_tree(source(cell))))


def drawers(notebook, name):
    """The names under which a notebook knows modules of `assl_utils.figures`."""
    found = [n for n in ast.walk(syntax(notebook, name)) if isinstance(n, ast.ImportFrom)]
    return {a.asname or a.name for n in found if n.module == "assl_utils.figures" for a in n.names}


def draws(cell, figures):
    """Whether a code cell shows a figure: it says ``plt.show()`` or calls a function that draws.

    Parameters
    ----------
    figures : set
        What `drawers` gives.
    """
    calls = [n.func for n in ast.walk(_tree(source(cell))) if isinstance(n, ast.Call)]
    named = [(f.value.id, f.attr) for f in calls if isinstance(f, ast.Attribute) and isinstance(f.value, ast.Name)]
    return any(
        (module, function) == ("plt", "show") or (module in figures and function not in NOT_FIGURES)
        for module, function in named
    )


def merged(written, executed):
    """The notebook as it is written now with the outputs of its last execution.

    The runner does not run a chapter again for a word of prose or a caption; the book shows the new text and the old
    results. Code cells are matched in order (their code is the same, or the stage would be stale), and the cell of
    injected parameters stays behind the parameters it overrides.

    Parameters
    ----------
    written, executed : dict
        The notebook in ``notebooks/`` and the one in the run's folder.

    Returns
    -------
    dict
        A new notebook; the arguments are left alone.
    """
    ran = [c for c in code_cells(executed) if "injected-parameters" not in tags(c)]
    mine = code_cells(written)
    if code(written) != [source(c).rstrip() for c in ran if "parameters" not in tags(c)] or len(ran) != len(mine):
        raise NotebookError("the code of this notebook differs from the code that ran; run its stage again")
    outputs = {id(cell): old for cell, old in zip(mine, ran, strict=True)}
    cells = []
    for cell in written["cells"]:
        old = outputs.get(id(cell))
        fresh = dict(cell) if old is None else {**cell, **{k: old.get(k) for k in ("outputs", "execution_count")}}
        cells.append(fresh)
        if "parameters" in tags(cell):
            cells += [c for c in executed["cells"] if "injected-parameters" in tags(c)]
    return {**executed, "cells": cells, "metadata": {**executed["metadata"], **written["metadata"]}}
