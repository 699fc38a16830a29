"""Hostile texts in a chapter's outputs, and its page in Chromium; `make test-faults` takes the long way there."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import book_sample
import hostile
import pandas as pd
import reading

from assl_utils.book import build

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """A small book whose first chapter shows every hostile text in each way that a cell can, safe or not."""
    if reading.CHROMIUM is None:
        reading.missing("no Chromium on this machine: apt-get install chromium")
    root = book_sample.make(tmp_path_factory.mktemp("hostile") / "repository")
    book_sample.write(root / "runs" / "cpu" / "01_data_collection" / "notebook.ipynb", executed())
    return build.build(root, say=lambda line: None)


def executed():
    """The sample's first chapter, its outputs replaced."""
    chapter = book_sample.executed(book_sample.chapter_one())
    texts = list(hostile.TEXTS.values())
    table = pd.DataFrame({"text": texts, "n": range(len(texts))})
    cells = {cell["id"]: cell for cell in chapter["cells"]}
    cells["c2"]["outputs"] = [
        book_sample.display(**{"text/html": table.to_html(escape=escape), "text/plain": "rows"})
        for escape in (True, False)
    ]
    cells["c2"]["outputs"] += [book_sample.display(**{"text/plain": text}) for text in texts]
    cells["c2"]["outputs"] += [
        book_sample.display(**{f"text/{kind}": text, "text/plain": "instead"})
        for text in texts
        for kind in ("html", "markdown", "latex")
    ]
    cells["c3"]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": [f"{text}\n" for text in texts]}]
    return chapter


def test_hostile_texts_are_read_and_do_nothing(page):
    found = hostile.looked_at(page, ["01_data_collection.html", f"search.html?q={hostile.ELSEWHERE}"])
    assert found["wrong"] == []
    assert found["pages"] == 2 and found["shown"] > 3 * len(hostile.TEXTS)


def test_what_comes_alive_is_found_out(tmp_path):
    """The same look at a page into which the texts were written as they are."""
    first = ("long", "direction", "terminal")  # what follows the comment is not seen
    texts = [
        hostile.TEXTS[name] for name in (*first, *sorted(set(hostile.TEXTS) - {*first, "head", "comment"}), "comment")
    ]
    for name, held in (("a.html", "".join(texts)), ("head.html", hostile.TEXTS["head"])):  # that one leads elsewhere
        (tmp_path / name).write_text(f"<meta charset=utf-8><body>{held}", encoding="utf-8", errors="replace")
    wrong = hostile.looked_at(tmp_path, ["a.html", "head.html"])["wrong"]
    assert any(f"head.html: asked another host: http://{hostile.ELSEWHERE}/" == line for line in wrong)
    told = " ".join(line for line in wrong if line.startswith("a.html"))
    for word in ("asked another host", "live: <script", "a script of the data ran", "steer", "wider than the window"):
        assert word in told, word


def test_a_mirror_of_hostile_rows_has_each_text_in_lists_to_train_on_and_to_ask(tmp_path):
    added = hostile.mirror(tmp_path, {"one": "<b>敌</b>"})
    holds = [path.parent.name + "/" + path.name for path in tmp_path.rglob("*.json") if "<b>敌</b>" in path.read_text()]
    assert added == len(holds) > 12
    assert {"fincuge-finfe/train_list.json", "fincuge-finfe/eval_list.json", "afqmc/dev.json"} <= set(holds)
