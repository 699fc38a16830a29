"""Tables and texts as Markdown that shows them as they are."""

import re

# pandas is imported where a table needs it: the pages of the registry need none.


def table(frame, index=None):
    """A DataFrame as a Markdown table: numbers to the right, nothing read as markup.

    Parameters
    ----------
    frame : DataFrame
    index : str, optional
        Heading of the index, which becomes the first column; without it the index is not shown.
    """
    import pandas as pd

    frame = frame.rename_axis(columns=None)
    if index is not None:
        frame = frame.rename_axis(index).reset_index()
    right = {name for name in frame if pd.api.types.is_numeric_dtype(frame[name])}
    rows = [[shown(value) for value in row] for row in frame.itertuples(index=False)]
    return rows_of([plain(str(name)) for name in frame], rows, {i for i, name in enumerate(frame) if name in right})


def rows_of(head, rows, right=()):
    """The same of texts that are Markdown already; ``right`` holds the positions of columns of numbers."""
    rule = "|".join("---:" if i in right else "---" for i in range(len(head)))
    body = [" | ".join(re.sub(r"(?<!\\)\|", r"\\|", cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" if line != rule else f"|{line}|" for line in (" | ".join(head), rule, *body))


def shown(value):
    """One value: whole numbers with a comma for thousands, others with one decimal, nothing for what is missing."""
    if value is None or value != value:  # a gap
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if value.is_integer() and abs(value) >= 1000 else f"{value:,.1f}"
    return plain(value) if isinstance(value, str) else f"{value:,}"


def plain(text):
    """A text as Markdown that shows it as it is; what is in backticks stays code."""
    parts = text.split("`")
    parts[::2] = [re.sub(r"([\\*_\[\]<>$|{}#~])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)
