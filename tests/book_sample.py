"""A book of two chapters and one page, with the real settings, styles and scripts: quick to build, odd on purpose."""

import atexit
import base64
import copy
import functools
import json
import shutil
import struct
import tempfile
import zlib
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).resolve().parents[1]

TOC = """\
format: jb-book
root: intro
chapters:
  - file: 01_data_collection
  - file: 02_instruction_expansion
"""

INTRO = """\
# A small book

The first chapter is {ref}`ch-data`. Its formula is {eq}`density`; the next is {ref}`another <ch-expansion>`.

| quantity | a very wide column of a very wide table | another very wide column of it | and one more column |
|---|---|---|---|
| 情感分析 sentiment | `judge` | 积极 positive · 中性 neutral · 消极 negative | 2 |
| 商业银行的净息差收窄 | `a_long_name_of_a_function_that_is_not_broken` | `another_long_name_of_a_function` | 1 |
"""

HOSTILE = "<script>window.stolen = 1</script><img src='http://elsewhere.example/x.png'>"


def picture(width=900, height=300):
    """A plain PNG in base64."""

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"".join(b"\0" + bytes([70, 120, 170] * width) for _ in range(height)))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return base64.b64encode(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    ).decode()


SCORES = pd.DataFrame(
    {
        "score": [9.5, 10.25, float("nan"), -3.0],
        "rows": ["1,200", "90", "7", "300"],
        "AVG_lo": [1.07e-14, 2.5, 1e9, 0.0],
    },
    index=["mix", "base", "lead-1", "all-data"],
)


def pandas_table(cell):
    """The HTML pandas gives a notebook; ``cell`` as it stands, escaped or not."""
    columns = "".join(f"<th>column_{i}</th>" for i in range(14))
    values = "".join(f"<td>{cell if i == 0 else i / 7:}</td>" for i in range(14))
    return (
        "<div>\n<style scoped>\n .dataframe tbody tr th { vertical-align: top; }\n</style>\n"
        f'<table border="1" class="dataframe">\n<thead>\n<tr style="text-align: right;">'
        f"<th></th>{columns}</tr></thead>\n"
        f"<tbody>\n<tr><th>0</th>{values}</tr>\n</tbody>\n</table>\n<p>1 rows × 14 columns</p>\n</div>"
    )


def markdown(name, text):
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def code(name, text, outputs=(), **metadata):
    return {"cell_type": "code", "id": name, "metadata": metadata, "source": text, "outputs": list(outputs),
            "execution_count": 1 if outputs else None}  # fmt: skip


def display(**data):
    return {"output_type": "display_data", "metadata": {}, "data": data}


def notebook(cells):
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def chapter_one():
    """The notebook as it is written: no outputs, no injected cell."""
    figure = {
        "tags": ["hide-input"],
        "mystnb": {
            "figure": {"name": "fig-blue", "caption": "Blue is what a picture of one colour is."},
            "image": {"alt": "A wide rectangle filled with one shade of blue, nothing else."},
        },
    }
    return notebook([
        markdown("m1", "(ch-data)=\n# 1 Data\nSee {ref}`ch-expansion` and {numref}`fig-blue`."),
        code("p", 'k: int = 20  # neighbours; paper: 20\nsource: str = "平台"', tags=["parameters"]),
        markdown("m2", "Density, numbered, in words of both languages:\n\n"
                 "$$\\rho_i = \\Bigl(\\frac{1}{k}\\sum_{j \\in N_k(i)} d(x_i, x_j)\\Bigr)^{-1}"
                 " \\quad \\text{密度} \\tag{7}$$ (density)"
                 "\n\n$$a < b \\tag{8a}$$\n\nand in a line $\\varepsilon \\cdot \\rho_{\\max} / 2$."),
        code("c1", "figure()", **figure),
        code("c2", "rows"),
        code("c3", "print(rows)"),
        code("c4", "scores"),
        markdown("m3", "## A word\n\nA word that only this page has: 浮动利率票据的久期."),
    ])  # fmt: skip


def executed(written):
    """The same notebook as a run leaves it: an injected cell, outputs, and text nobody should run."""
    ran = copy.deepcopy(written)
    cells = {c["id"]: c for c in ran["cells"]}
    cells["c1"]["outputs"] = [display(**{"image/png": picture(), "text/plain": "<Figure>"})]
    escaped = HOSTILE.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    cells["c2"]["outputs"] = [
        display(**{"text/html": pandas_table(HOSTILE), "text/plain": "rows"}),
        display(**{"text/html": pandas_table(escaped), "text/plain": "rows"}),
        display(**{"text/html": HOSTILE, "text/plain": "plain instead of html"}),
        display(**{"text/markdown": HOSTILE, "text/plain": "plain instead of markdown"}),
        display(**{"application/javascript": "window.stolen = 1"}),
    ]
    cells["c3"]["outputs"] = [
        {"output_type": "stream", "name": "stdout", "text": [f"{HOSTILE}\n", "公司债收益率上行\n"]}
    ]
    cells["c4"]["outputs"] = [display(**{"text/html": SCORES.to_html(), "text/plain": "scores"})]
    injected = code("i", "# Parameters\nk = 5", tags=["injected-parameters"])
    ran["cells"].insert(2, injected)
    for cell in ran["cells"]:
        cell["metadata"]["papermill"] = {"start_time": "2024-01-01T00:00:00"}
    ran["metadata"]["papermill"] = {"duration": 1.5}
    return ran


def chapter_two():
    return notebook([
        markdown("m", "(ch-expansion)=\n# 2 Expansion\nBack to {ref}`ch-data`."),
        code("p", "seed: int = 0", tags=["parameters"]),
    ])  # fmt: skip


def write(path, notebook):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(notebook, ensure_ascii=False), encoding="utf-8")


def make(root):
    """Write the sample repository to the folder ``root``: chapter 1 has run, chapter 2 has not."""
    root = Path(root)
    (root / "notebooks" / "profiles").mkdir(parents=True)
    for name in ("_config.yml", "_static", "_touch", "_vendor"):
        source = ROOT / "book" / name
        target = root / "book" / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)
    (root / "book" / "references.bib").write_text("", encoding="utf-8")
    (root / "book" / "_toc.yml").write_text(TOC, encoding="utf-8")
    (root / "book" / "intro.md").write_text(INTRO, encoding="utf-8")
    write(root / "notebooks" / "01_data_collection.ipynb", chapter_one())
    write(root / "notebooks" / "02_instruction_expansion.ipynb", chapter_two())
    write(root / "runs" / "cpu" / "01_data_collection" / "notebook.ipynb", executed(chapter_one()))
    return root


@functools.cache
def built():
    """The sample built once per test process; the folder goes when the process ends."""
    from assl_utils.book import build

    folder = tempfile.TemporaryDirectory(prefix="book-sample-")
    atexit.register(folder.cleanup)
    said = []
    root = make(Path(folder.name) / "repository")
    build.build(root, say=said.append)
    return root, said
