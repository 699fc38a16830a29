"""What the book asks of Sphinx beyond its settings: formulas, Chinese search and a door that stays shut.

* Formulas are typeset by KaTeX from the book's own folder, on the pages that have one, under the paper's numbers.
* The search index holds every character and every pair of neighbouring characters of Chinese text, and the search box
  splits what is typed into the same pairs. A word is then found wherever it is, whether or not a dictionary would
  have cut the sentence there; English is stemmed as always.
* A word of the glossary leads to the chapter that explains it.
* The pages with parts that a reader can touch load the scripts of those parts, other pages do not.
* Each page carries a content security policy: a browser refuses to load anything for it from another host.
"""

import html
import itertools
import re
from pathlib import Path

from docutils.nodes import SkipNode, math_block
from sphinx.search.en import SearchEnglish

from assl_utils.book import search_terms

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_RUNS = re.compile(rf"[{HAN}]+|[^\W{HAN}]+")
# Beside the configuration, out of _static: jupyter-book loads every script it finds there, on every page.
_VENDOR, _TOUCH = Path("_vendor"), Path("_touch")
TOUCHED = {"explore": ("touch.js", "walk.js", "map.js", "question.js")}  # page to the scripts of its parts

_TAG = re.compile(r"\\tag\{([^{}]*)\}")

POLICY = "default-src 'self' data:; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'"


def index_terms(text: str) -> list[str]:
    """Terms of a text: its words, and of each run of Chinese the characters and the pairs of neighbours."""
    terms = []
    for run in _RUNS.findall(text):
        if re.match(f"[{HAN}]", run):
            terms += [*run, *(a + b for a, b in itertools.pairwise(run))]
        else:
            terms.append(run)
    return terms


class SearchPairs(SearchEnglish):
    """English search that also takes Chinese, by pairs of characters."""

    lang = "zh"
    language_name = "English and Chinese"
    # The same cut as `index_terms`, but for the single characters of a longer run: its pairs say more.
    js_splitter_code = r"""
var splitQuery = (query) => {
  const han = "\\u{3400}-\\u{4dbf}\\u{4e00}-\\u{9fff}\\u{f900}-\\u{faff}\\u{20000}-\\u{3ffff}";
  const runs = query.match(new RegExp(`[${han}]+|(?:(?![${han}])[\\p{Letter}\\p{Number}_])+`, "gu")) || [];
  return runs.flatMap((run) => {
    const chars = [...run];
    if (chars.length === 1 || !new RegExp(`^[${han}]`, "u").test(run)) return [run];
    return chars.slice(1).map((char, i) => chars[i] + char);
  });
};
"""

    def split(self, input):
        return index_terms(input)


def visit_math(self, node):
    """An inline formula: its source in a span, which KaTeX replaces."""
    self.body.append(f'<span class="math notranslate nohighlight">{html.escape(node.astext())}</span>')
    raise SkipNode


def visit_displaymath(self, node):
    """A displayed formula with its number beside it.

    KaTeX would lay a ``\\tag`` over the formula where the screen is narrow, so the number is taken out of it.
    """
    source = _TAG.sub("", node.astext()).strip()
    if r"\\" in source and not node.get("nowrap", node.get("no-wrap")) and r"\begin" not in source:
        source = rf"\begin{{split}}{source}\end{{split}}"
    self.body.append(self.starttag(node, "div", CLASS="formula notranslate nohighlight"))
    self.body.append(f'<div class="math">{html.escape(source)}</div>')
    if node.get("number"):
        self.body.append(f'<span class="eqno">({html.escape(str(node["number"]))})</span>')
    self.body.append("</div>\n")
    raise SkipNode


def keep_numbers(app, doctree):
    """Number each equation as its ``\\tag`` does, in references too: the book keeps the paper's numbers."""
    domain = app.env.get_domain("math")
    for node in doctree.findall(math_block):
        tag = _TAG.search(node.astext())
        if tag:
            node["number"] = tag[1]
            if node.get("label"):
                domain.equations[node["label"]] = (app.env.docname, tag[1])


def add_katex(app, pagename, templatename, context, doctree):
    """Load KaTeX on the pages that have a formula, and forbid every page to load from elsewhere."""
    context["metatags"] = (
        f'{context.get("metatags", "")}<meta http-equiv="Content-Security-Policy" content="{POLICY}" />'
    )
    if app.builder.format == "html" and app.env.get_domain("math").has_equations(pagename):
        app.add_css_file("katex/katex.min.css")
        app.add_js_file("katex/katex.min.js", loading_method="defer", priority=700)
        app.add_js_file("math.js", loading_method="defer", priority=710)


def add_parts(app, pagename, templatename, context, doctree):
    """Load the scripts of what a reader can touch on the pages that have such parts."""
    if app.builder.format != "html" or pagename not in TOUCHED:
        return
    app.add_css_file("touch.css")
    for name in TOUCHED[pagename]:
        app.add_js_file(name, priority=720)


def add_folders(app, config):
    """The folders of scripts that are not on every page, as far as the book has them."""
    there = [str(folder) for folder in (_VENDOR, _TOUCH) if Path(app.confdir, folder).is_dir()]
    config.html_static_path.extend(there)


def setup(app):
    """Sphinx's entry point."""
    app.add_html_math_renderer("katex", inline_renderers=(visit_math, None), block_renderers=(visit_displaymath, None))
    app.add_search_language(SearchPairs)
    app.connect("config-inited", add_folders)
    app.connect("doctree-read", keep_numbers)
    app.connect("doctree-read", search_terms.add_terms)
    app.connect("html-page-context", add_katex)
    app.connect("html-page-context", add_parts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
