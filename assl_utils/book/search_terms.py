"""The glossary's words lead a search to the chapter that explains them.

Sphinx weighs every page that has a word alike and then sorts by title, so that chapter 10 came before the chapter about
the word. Entries of an index weigh more. Each line of the glossary names its chapter, so its words become such entries
there.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx import addnodes

GLOSSARY = "glossary.md"
LINE = re.compile(r"^\| (.+?) \| (.+?) \| .+ \| \{ref\}`([\w-]+)` \|$", re.MULTILINE)


def homes(glossary):
    """The words of each label, English and Chinese.

    Parameters
    ----------
    glossary : str
        The page's source: tables of English, Chinese, meaning and the label of the chapter.

    Returns
    -------
    dict of str to list of str
    """
    found = {}
    for english, chinese, label in LINE.findall(glossary):
        words = [*english.replace("`", "").split(", "), *chinese.split("、")]
        found.setdefault(label, []).extend(word for word in words if word not in found.get(label, ()))
    return found


def add_terms(app, doctree):
    """Give a page the entries of the labels that it has."""
    glossary = Path(app.srcdir, GLOSSARY)
    if not glossary.is_file():
        return
    labelled = {name for node in doctree.findall(nodes.Element) for name in node.get("ids", ())}
    found = homes(glossary.read_text(encoding="utf-8"))
    words = [word for label, own in found.items() if label in labelled for word in own]
    if words:
        app.env.note_dependency(str(glossary))
        doctree.append(addnodes.index(entries=[("single", word, "", "main", None) for word in words]))
