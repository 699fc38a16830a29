"""Chapters as pages: what a run left, under the prose as it is written now."""

from assl_utils.book import markdown, pictures, safe_outputs
from assl_utils.runner import notebook

ANSWER = "answer"  # tag of the cell whose printed sentences stand at the top of the page too


def _prose(name, text):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _box(kind, text):
    return f":::{{{kind}}}\n{text}\n:::"


def chapter(written, executed, run, before=None):
    """The notebook of a page.

    Parameters
    ----------
    written : dict
        The notebook as it is in ``notebooks/``.
    executed : dict or None
        What the run left of it; None if the run has not reached it.
    run : str
        Name of the run, for the page.
    before : str, optional
        What the chapter needs and how long it takes (:mod:`assl_utils.book.before`).

    Returns
    -------
    dict
        The current prose over the run's outputs, both parameter cells titled, outputs made safe. A chapter whose code
        has changed since is shown as it ran, and says so.
    """
    note = None
    if executed is None:
        page = {**written, "cells": [_blank(c) for c in written["cells"]]}
        note = _box("note", f"The run `{run}` has not reached this chapter: the code below shows no results yet.")
    else:
        try:
            page = notebook.merged(written, executed)
        except notebook.NotebookError:
            page = executed
            note = _box("warning", f"This chapter's code has changed since the run `{run}`. It is shown as it ran.")
    cells = []
    for cell in page["cells"]:
        tags = notebook.tags(cell)
        if "parameters" in tags:
            cells.append(_prose("title-defaults", "{.parameters-title}\nParameters: the defaults"))
        elif "injected-parameters" in tags:
            cells.append(_prose("title-injected", f"{{.parameters-title}}\nThis run, `{run}`, sets"))
            source = safe_outputs.text_of(cell["source"]).removeprefix("# Parameters\n")  # which the title says
            cell = {**cell, "id": "injected", "source": source}  # papermill draws a new id each time
        if cell["cell_type"] == "code":
            outputs = [safe_outputs.safe_output(output) for output in cell["outputs"]]
            cell = {**cell, "outputs": [_lighter(o) for o in outputs if o]}
        cells.append({**cell, "metadata": _quiet(cell["metadata"])})
        if cell is page["cells"][0]:  # below the title
            cells += [_prose("before", before)] if before else []
            cells += [_prose("run-note", note)] if note else []
            cells += [_prose("run-answer", answer)] if (answer := _answer(page["cells"], run)) else []
    kept = {k: page["metadata"][k] for k in ("kernelspec", "language_info") if k in page["metadata"]}
    return {"cells": cells, "metadata": kept, "nbformat": 4, "nbformat_minor": 5}


def _answer(cells, run):
    """What the chapter's cell with the tag `answer` printed, in a box for the top of the page; None without one."""
    lines = [
        line
        for cell in cells if ANSWER in notebook.tags(cell)
        for output in cell.get("outputs", ()) if output.get("name") == "stdout"
        for line in safe_outputs.text_of(output["text"]).splitlines() if line.strip()
    ]  # fmt: skip
    said = "\n".join(f"- {markdown.plain(line.strip())}" for line in lines)
    return f":::{{admonition}} The answer of the run `{run}`\n:class: tip\n\n{said}\n:::" if said else None


def _lighter(output):
    data = output.get("data", {})
    if "image/png" not in data:
        return output
    return {**output, "data": {**data, "image/png": pictures.lighter(safe_outputs.text_of(data["image/png"]))}}


def _blank(cell):
    return {**cell, "outputs": [], "execution_count": None} if cell["cell_type"] == "code" else cell


def _quiet(metadata):
    """A cell's metadata without the runner's timestamps, so that the same results make the same page."""
    return {k: v for k, v in metadata.items() if k not in ("papermill", "execution", "collapsed")}
