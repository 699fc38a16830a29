"""Each word of the glossary is an index entry of the chapter that its line names."""

from pathlib import Path

from docutils import frontend, nodes, utils
from sphinx import addnodes

from assl_utils.book import search_terms

ROOT = Path(__file__).resolve().parents[2]
GLOSSARY = """\
| English | 中文 | Meaning | First in |
|---|---|---|---|
| MMR, marginal relevance | 边际相关 | what | {ref}`ch-five` |
| protocol `clean` | clean 方案 | what | {ref}`ch-one` |
| router | 路由、路由器 | what | {ref}`ch-five` |
| router again, MMR | 路由 | what | {ref}`ch-five` |
"""
FIVE = ["MMR", "marginal relevance", "边际相关", "router", "路由", "路由器", "router again"]


class App:
    """What Sphinx gives: the book's folder, and an environment that is told of files."""

    def __init__(self, folder):
        self.srcdir, self.env, self.noted = folder, self, []

    def note_dependency(self, name):
        self.noted.append(name)


def page(label):
    document = utils.new_document("page", frontend.get_default_settings())
    document += nodes.section("", nodes.title("", "A title"), ids=["a-title", label])
    return document


def entries(folder, label):
    document, app = page(label), App(folder)
    search_terms.add_terms(app, document)
    return [entry for node in document.findall(addnodes.index) for entry in node["entries"]], app.noted


def test_a_line_gives_its_words_once():
    assert search_terms.homes(GLOSSARY) == {"ch-five": FIVE, "ch-one": ["protocol clean", "clean 方案"]}


def test_a_page_gets_the_entries_of_its_label_and_depends_on_the_glossary(tmp_path):
    (tmp_path / "glossary.md").write_text(GLOSSARY, encoding="utf-8")
    found, noted = entries(tmp_path, "ch-five")
    assert found == [("single", word, "", "main", None) for word in FIVE] and noted == [str(tmp_path / "glossary.md")]
    assert entries(tmp_path, "elsewhere") == ([], [])


def test_a_book_without_a_glossary_has_no_entries(tmp_path):
    assert entries(tmp_path, "ch-five") == ([], [])


def test_every_line_of_our_glossary_is_read():
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    assert len(search_terms.LINE.findall(text)) == text.count("{ref}`") - text.count("on the page {ref}`") > 80
