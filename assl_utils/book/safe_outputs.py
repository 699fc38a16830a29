"""Outputs of a chapter as a page may show them, with nothing that a browser could execute.

Outputs come from data, and data may hold anything. Of a cell's outputs a page keeps pictures, plain text, tables and
code; a table is taken apart and put together again from its rows and cells, every text in it escaped, and code is one
block of Python in a fence, nothing else.
"""

import ast
import html
import re
from html.parser import HTMLParser

from assl_utils.book import headings
from assl_utils.routing.visible import visible

PICTURES = ("image/png", "image/jpeg", "image/svg+xml")
TABLE_TAGS = ("table", "thead", "tbody", "tfoot", "tr", "th", "td")
_NUMBER = re.compile(r"\s*([-−+]?[\d,]*\.?\d+(e[+-]?\d+)?\s*%?|NaN|inf|-inf|)\s*")
_TQDM = re.compile(r"[^\n]*TqdmWarning: IProgress[^\n]*\n[^\n]*\n?")
_DIGIT = re.compile(r"\d")


def text_of(value):
    """A field of a notebook, which may be one string or a list of lines."""
    return value if isinstance(value, str) else "".join(value)


class _Table(HTMLParser):
    """Writes pandas' table again from its parts; any other tag becomes text, which it was before."""

    def __init__(self):
        super().__init__()
        self.parts = []
        self.opened = []  # tables seen, and tags open below them
        self.tables = 0
        self.foreign = False  # something other than a wrapper stood before the first table
        self.muted = False  # inside <style>

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "div") and not self.opened:
            self.muted = tag == "style"
        elif tag in TABLE_TAGS or (tag == "p" and self.tables and not self.opened):
            self.tables += tag == "table"
            self.foreign |= not self.tables
            own = ' class="dataframe"' if tag == "table" else _attributes(dict(attrs))
            self.parts.append(f"<{tag}{own}>")
            self.opened.append(tag)
        elif self.opened:
            self.parts.append(html.escape(visible(self.get_starttag_text())))
        else:
            self.foreign |= not self.tables

    def handle_endtag(self, tag):
        if tag == "style":
            self.muted = False
        elif tag in self.opened:
            while True:  # close what was left open, so that the page's own structure cannot break
                last = self.opened.pop()
                self.parts.append(f"</{last}>")
                if last == tag:
                    break
        elif self.opened:
            self.parts.append(html.escape(f"</{tag}>"))

    def handle_data(self, data):
        if self.opened and not self.muted:
            self.parts.append(html.escape(visible(data), quote=False))

    def result(self):
        self.close()
        while self.opened:
            self.parts.append(f"</{self.opened.pop()}>")
        return "".join(self.parts) if self.tables and not self.foreign else None


def _attributes(attrs):
    """The attributes of a cell that matter: how far it spans and what it heads."""
    kept = {k: v for k, v in attrs.items() if k in ("colspan", "rowspan") and (v or "").isdigit()}
    if attrs.get("scope") in ("row", "col"):
        kept["scope"] = attrs["scope"]
    return "".join(f' {k}="{v}"' for k, v in kept.items())


def align_numbers(table):
    """A safe table with ``class="number"`` on the columns that hold numbers only, heading included.

    Columns are counted from the right: what spans several rows is on the left.
    """
    rows = [re.findall(r"<(t[hd])([^>]*)>(.*?)</t[hd]>", row, re.S) for row in re.findall(r"<tr>.*?</tr>", table, re.S)]
    body = [[text for tag, _, text in reversed(row) if tag == "td"] for row in rows]
    columns = max(map(len, body), default=0)
    cells = [[row[i] for row in body if i < len(row)] for i in range(columns)]
    numeric = [all(_NUMBER.fullmatch(x) for x in column) and any(map(_DIGIT.search, column)) for column in cells]

    def mark(row):
        parts = re.split(r"(?=<t[hd][ >])", row[0])
        heads = "<td" not in row[0]
        for i, part in enumerate(reversed(parts[1:])):
            if i < columns and numeric[i] and (heads or part.startswith("<td")) and "colspan" not in part:
                parts[-1 - i] = f'{part[:3]} class="number"{part[3:]}'
        return "".join(parts)

    return re.sub(r"<tr>.*?</tr>", mark, table, flags=re.S)


def one_heading(table):
    """A safe table whose index name is in the corner, where pandas gives it a row of its own.

    Only where the corner is free: a table whose columns have a name too keeps both rows.
    """
    rows = re.findall(r"<tr>.*?</tr>", table.split("</thead>")[0], re.S) if "</thead>" in table else []
    if len(rows) != 2:
        return table
    first, second = (re.findall(r"<th[^>]*>(.*?)</th>", row, re.S) for row in rows)
    names = [name for name in second if name]
    if not names or len(first) != len(second) or any(first[: len(names)]) or any(second[len(names) :]):
        return table
    cells = "".join(f"<th>{name}</th>" for name in names + first[len(names) :])
    return table.replace(rows[0], f"<tr>{cells}</tr>", 1).replace(rows[1], "", 1)


def in_words(table):
    """A safe table whose column and row heads are words and whose numbers are written as people write them."""
    table = re.sub(r"(<th[^>]*>)([^<]*)(?=</th>)", lambda m: m[1] + headings.heading(m[2].strip()), table)
    return re.sub(r"(<td[^>]*>)([^<]*)(?=</td>)", lambda m: m[1] + headings.number(m[2].strip()), table)


def first_column(table):
    """A safe table with ``class="first"`` on the cells of its first column, which stays in sight on a phone.

    A cell that spans several rows is the first of each of them. A head without text is no head: it becomes a cell.
    """
    below = 0  # rows that the last first cell still spans

    def mark(row):
        nonlocal below
        if below:
            below -= 1
            return row[0]
        span = re.match(r'<tr>\s*<t[hd][^>]*rowspan="(\d+)"', row[0])
        below = int(span[1]) - 1 if span else 0
        marked = re.sub(r'(<t[hd][^>]*class="number)', r"\1 first", row[0], count=1)
        at_first = re.match(r'<tr>\s*<t[hd][^>]*class="number first', marked)
        return marked if at_first else re.sub(r"(<tr>\s*<t[hd])", r'\1 class="first"', row[0], count=1)

    table = re.sub(r"<tr>.*?</tr>", mark, table, flags=re.S)
    return re.sub(r"<th([^>]*)>\s*</th>", r"<td\1></td>", table)


def safe_table(source):
    """A table's HTML in a box that scrolls, or None when ``source`` is no table.

    Examples
    --------
    >>> safe_table("<table><tr><td><b>涨</b></td></tr></table>").split("</div>")[0].split("group")[1]
    '" aria-label="table"><table class="dataframe"><tr><td class="first">&lt;b&gt;涨&lt;/b&gt;</td></tr></table>'
    """
    parser = _Table()
    parser.feed(source)
    table = parser.result()
    if table is None:
        return None
    table = first_column(in_words(align_numbers(one_heading(table))))
    return f'<div class="table-scroll" tabindex="0" role="group" aria-label="table">{table}</div>'


def safe_stream(output):
    """Printed text without what says something about the machine only, or None if nothing is left.

    That is progress bars (redrawn over themselves, or tqdm's wish for another one) and the folder packages lie in.
    """
    text = _TQDM.sub("", text_of(output["text"]))
    text = re.sub(r"(?:/[^\s:/'\"]+)+/site-packages/", "", text)
    text = "\n".join(line for line in text.split("\n") if "\r" not in line)
    return {**output, "text": visible(text)} if text.strip() else None


def safe_code(source):
    """Markdown that is one fenced block of Python and nothing else, as `show_source` makes it; else None."""
    block = re.fullmatch(r"```python\n(.*)\n```", source, re.S)
    if block is None or "```" in block[1]:
        return None
    try:
        ast.parse(block[1])
    except (SyntaxError, ValueError):  # what is not Python cannot be coloured, and a build takes that for a fault
        return None
    return source


def safe_output(output):
    """An output as the page may show it, or None if nothing is left of it."""
    if output["output_type"] == "stream":
        return safe_stream(output)
    if output["output_type"] not in ("display_data", "execute_result"):
        return output
    data = {kind: value for kind, value in output["data"].items() if kind in PICTURES}
    if "text/plain" in output["data"]:
        data["text/plain"] = visible(text_of(output["data"]["text/plain"]))
    table = safe_table(text_of(output["data"].get("text/html", "")))
    if table:
        data["text/html"] = table
    if code := safe_code(text_of(output["data"].get("text/markdown", ""))):
        data["text/markdown"] = code
    return {**output, "data": data, "metadata": {}} if data else None
