"""What a page of the built book must be, measured in Chromium; as a program, a table of every page.

    python tests/page_quality.py [book/_build/html]

Rules of accessibility are those of axe-core (``vendor/axe-core``, under its own licence; a tool of the tests,
no part of the book).
"""

import gzip
import re
import sys
from pathlib import Path
from urllib.parse import unquote, urldefrag

from reading import CHROMIUM, DESK, FLAGS, PHONE, Reader, served

ROOT = Path(__file__).resolve().parents[1]
AXE = (Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
SETTINGS = {
    f"{width} {theme}": {**options, "color_scheme": theme}
    for width, options in (("390", PHONE), ("1280", DESK))
    for theme in ("light", "dark")
}
CROSSED = ("390 light", "1280 dark")  # both widths and both themes, in half the time
WIRE, RAW = 1_000_000, 2_000_000  # bytes a page may cost, compressed and not
TALL = 40_000  # pixels of a page on a phone; Sources had 57,848, the longest chapter with its tables has 37,128
TEXTS = (".html", ".css", ".js", ".svg", ".json")  # what a server compresses

BROKEN = """async () => {
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((v) => [v.id, v.nodes.map((n) => n.target.join(" ") + " " + n.html.slice(0, 160))]);
}"""

# Tables wider than their box whose first column, when the box is scrolled to its end, is gone or covers the others.
LOOSE = """() => [...document.querySelectorAll(".table-scroll, .pst-scrollable-table-container")].filter((box) => {
  if (box.scrollWidth <= box.clientWidth + 1) return false;
  box.scrollLeft = box.scrollWidth;
  const edge = box.getBoundingClientRect().left;
  const cells = box.matches(".table-scroll") ? "tbody .first" : "tbody tr > :first-child";
  const rows = [...box.querySelectorAll(cells)];
  if (!rows.length) return true;
  const loose = rows.some((cell) => {
    const at = cell.getBoundingClientRect();
    return Math.abs(at.left - edge) > 1.5 || at.width > box.clientWidth * 0.6;
  });
  box.scrollLeft = 0;
  return loose;
}).map((box) => box.innerText.slice(0, 60))"""

# Heads that are names of a file's columns, and numbers with powers of ten, in tables of results and of prose.
RAW_NAMES = """() => {
  const name = /[A-Za-z0-9]_[A-Za-z0-9]/, power = /\\d[eE][-+]?\\d/;
  const found = (cells, wrong) => [...cells].filter((cell) => !cell.querySelector("code"))
    .map((cell) => cell.textContent.trim().replace(/#$/, "")).filter((text) => wrong.test(text));
  return { heads: found(document.querySelectorAll(".bd-article table th"), name),
           powers: found(document.querySelectorAll(".bd-article table tbody :is(td, th)"), power) };
}"""

# Tables that sort and do not say so.
SILENT = """() => [...document.querySelectorAll("table")].filter((table) => table.querySelector("th[aria-sort]")
  && !table.closest(".table-scroll").nextElementSibling?.innerText.includes("sort"))
  .map((table) => table.innerText.slice(0, 60))"""

# Visible parts that a mouse can use and the keyboard cannot come to.
OUT_OF_REACH = """() => [...document.querySelectorAll(
    "a[href], button, input, select, summary, [onclick], [role=button], [data-bs-toggle], .table-scroll"
  )].filter((part) => {
  if (!part.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || part.disabled) return false;
  if (part.tabIndex < 0 || part.tabIndex > 0) return true;
  part.focus();
  return document.activeElement !== part;
}).map((part) => part.outerHTML.slice(0, 120))"""


def page_names(html):
    """The pages of a built book, the search page with them."""
    return sorted(p.relative_to(html).as_posix() for p in Path(html).glob("*.html") if p.name != "index.html")


def violations(page):
    """Rules of axe-core that the page breaks, with the elements that do."""
    page.evaluate(AXE)
    return {rule: nodes for rule, nodes in page.evaluate(BROKEN)}


def weigh(html, asked):
    """Bytes of the files that a page asked for, as they are and as a server sends them."""
    files = [Path(html, unquote(path)) for path in asked]
    raw = [(path.suffix in TEXTS, path.read_bytes()) for path in files if path.is_file()]
    wire = [gzip.compress(body, 6) if text else body for text, body in raw]
    return {"raw": sum(len(body) for _, body in raw), "wire": sum(map(len, wire))}


def dead_links(html):
    """``page -> target`` for each link inside the book whose file or anchor is not there."""
    html, anchors, links = Path(html), {}, []
    for path in html.glob("*.html"):
        text = path.read_text(encoding="utf-8")
        anchors[path.name] = set(re.findall(r'\s(?:id|name)="([^"]+)"', text))
        links += [(path.name, unquote(link)) for link in re.findall(r'\s(?:href|src)="([^"]+)"', text)]
    dead = set()
    for source, link in links:
        if re.match(r"[a-z][a-z0-9+.-]*:", link):
            continue
        target, anchor = urldefrag(link.replace("&amp;", "&"))
        target = target.split("?")[0] or source
        if not (html / target).exists() or (anchor and target.endswith(".html") and anchor not in anchors[target]):
            dead.add(f"{source} -> {link}")
    return sorted(dead)


def measure(browser, address, html, say=lambda line: None, settings=tuple(SETTINGS)):
    """What every page is: ``{page: {"axe": {setting: {rule: nodes}}, "overflow": pixels, "raw": bytes, …}}``."""
    figures = {name: {"axe": {}} for name in page_names(html)}
    for setting in settings:
        options = SETTINGS[setting]
        for name, found in figures.items():
            reader = Reader(browser, address, **options)
            page = reader.open(name)
            page.evaluate("document.querySelectorAll('img').forEach((i) => { i.loading = 'eager' })")
            page.wait_for_load_state("networkidle")
            found["axe"][setting] = violations(page)
            overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            found["overflow"] = max(found.get("overflow", 0), overflow)
            if setting == "390 light":
                found["phone"] = page.evaluate("document.documentElement.scrollHeight")
                found |= weigh(html, reader.asked)
                found |= {"loose": page.evaluate(LOOSE), "silent": page.evaluate(SILENT), **page.evaluate(RAW_NAMES)}
            found["wrong"] = found.get("wrong", []) + reader.wrong
            reader.context.close()
        say(f"{setting}: {len(figures)} pages")
    return figures


def table(figures):
    """The figures as lines of a table."""
    heads = ("axe 390 light", "axe 390 dark", "axe 1280 light", "axe 1280 dark", "overflow px", "raw kB", "wire kB",
             "px on a phone", "loose columns", "raw heads", "powers", "silent", "console")  # fmt: skip
    lines = ["| page | " + " | ".join(heads) + " |", "|---|" + "--:|" * len(heads)]
    for name, found in figures.items():
        cells = [sum(map(len, found["axe"][setting].values())) for setting in SETTINGS]
        cells += [found["overflow"], round(found["raw"] / 1000), round(found["wire"] / 1000), found["phone"]]
        cells += [len(found[key]) for key in ("loose", "heads", "powers", "silent", "wrong")]
        lines.append(f"| {name} | " + " | ".join(map(str, cells)) + " |")
    rules = {}
    for found in figures.values():
        for counts in found["axe"].values():
            for rule, nodes in counts.items():
                rules[rule] = rules.get(rule, 0) + len(nodes)
    return [*lines, "", *(f"{rule} {count}" for rule, count in sorted(rules.items(), key=lambda x: -x[1]))]


def main(arguments):
    """The command line."""
    from playwright.sync_api import sync_playwright

    html = Path(arguments[0]) if arguments else ROOT / "book" / "_build" / "html"
    with sync_playwright() as driver, served(html) as address:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        print("\n".join(table(measure(browser, address, html, lambda line: print(line, file=sys.stderr)))))
        browser.close()
    dead = dead_links(html)
    print(f"\n{len(dead)} dead links", *dead[:40], sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
