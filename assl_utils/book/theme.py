"""Mends what the theme leaves undone in the pages it writes: names for screen readers, landmarks, 1.5 MB of icons."""

import re
from dataclasses import dataclass

ICON_SCRIPT = "_static/scripts/fontawesome.js"
THEME_ICONS = "_static/vendor/fontawesome/webfonts/fa-solid-900.ttf"
ICONS = "_static/fonts/book-icons.woff"  # book.css names it
ICON_RULE = r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}'
STYLES = "_static/styles/pydata-sphinx-theme.css"


class ThemeError(ValueError):
    """The theme's pages are not as they are known here; the message names page and mend."""


@dataclass(frozen=True)
class Mend:
    """A pattern of the theme's markup, what stands in its place, and why; ``everywhere``: each page has it."""

    why: str
    pattern: str
    replacement: str
    everywhere: bool = True


MENDS = (
    Mend(
        "the script holds 2,000 icons and draws a dozen; the theme's style sheet draws the same ones from a font",
        r"\s*<!-- So that users can add custom icons -->\s*<script defer src=\"[^\"]*fontawesome\.js[^>]*></script>",
        "",
    ),
    Mend(
        "axe label-content-name-mismatch: the button reads `Search Ctrl+K`, its hidden name was only `Search`",
        r'(<button class="btn search-button-field [^>]*?) title="Search" aria-label="Search"',
        r"\1",
    ),
    Mend(
        "axe region: the book's title and the search button stood outside every landmark",
        r'<div id="pst-primary-sidebar" class="bd-sidebar-primary bd-sidebar[^"]*"',
        r'\g<0> role="region" aria-label="Title, search and chapters"',
    ),
    Mend(
        "axe label-content-name-mismatch: the line reads `Show code cell source`, its hidden name was another one",
        r'<summary aria-label="Toggle hidden content">',
        "<summary>",
        everywhere=False,
    ),
    Mend(
        "axe summary-name: the button that unfolds a chapter's pages in the list at the left had no name",
        r'<summary>(?=<span class="toctree-toggle")',
        '<summary aria-label="Pages below">',
        everywhere=False,
    ),
    Mend(
        "the file is the notebook of the repository, see `launch.offer_notebooks`, and can fetch what it needs",
        r'(<li><a href="_sources/[^"]*\.ipynb"[^>]*?)title="Download source file"',
        r'\1title="This notebook. Opened alone, it fetches its project, installs it, and runs the chapters it reads"',
        everywhere=False,
    ),
    Mend(
        "axe deprecated-role, aria-allowed-role, required-children: what stands in a list of literature is its item",
        r' role="doc-biblioentry"',
        ' role="listitem"',
        everywhere=False,
    ),
)


def mend_pages(html):
    """Mend every page in the folder ``html``, and draw the icons from a font of the few that the pages use.

    Raises
    ------
    ThemeError
        If a page lacks what each page had: another version of the theme has other markup, and somebody has to look.
    """
    pages = [path for path in sorted(html.glob("*.html")) if "<body" in path.read_text(encoding="utf-8")]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for mend in MENDS:
            text, times = re.subn(mend.pattern, mend.replacement, text)
            if mend.everywhere and not times:
                raise ThemeError(f"{path.name} has no `{mend.pattern}`; look at MENDS in assl_utils/book/theme.py")
        path.write_text(text, encoding="utf-8")
    for name in (ICON_SCRIPT, f"{ICON_SCRIPT}.map"):
        (html / name).unlink(missing_ok=True)
    cut_icons(html, pages)


def cut_icons(html, pages):
    """Write the font of the icons that ``pages`` name, and leave their rules alone in the style; returns how many."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    styles = (html / STYLES).read_text(encoding="utf-8")
    named = {name for page in pages for name in re.findall(r"\bfa-[a-z0-9-]+", page.read_text(encoding="utf-8"))}
    codes = {}
    for names, code in re.findall(ICON_RULE, styles):
        codes |= dict.fromkeys(re.findall(r"\.(fa-[a-z0-9-]+):before", names), int(code, 16))
    used = {codes[name] for name in named & set(codes)}
    if not used:
        raise ThemeError(f"{STYLES} gives no icon a letter; look at cut_icons in assl_utils/book/theme.py")
    kept = re.sub(ICON_RULE, lambda rule: rule[0] if int(rule[2], 16) in used else "", styles)
    (html / STYLES).write_text(kept, encoding="utf-8")
    (html / ICONS).parent.mkdir(parents=True, exist_ok=True)
    options = subset.Options(flavor="woff", layout_features=[], hinting=False, recalc_timestamp=False)
    with TTFont(html / THEME_ICONS) as font:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=used)
        cutter.subset(font)
        subset.save_font(font, str(html / ICONS), options)
    return len(used)
