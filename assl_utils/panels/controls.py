"""Panels: sliders and words that move a chapter's table and picture at once, without a rerun.

In a notebook that is run by hand a panel is made of widgets, and a button writes its values into the cell of
parameters. Anywhere else, on the published page above all, it is the picture at the run's own values. A panel writes no
file and decides no result: what it shows is computed by the functions that the chapter calls.
"""

from __future__ import annotations

import html
import io
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from assl_utils import progress
from assl_utils.errors import DataError

BUTTON = "Write into the parameters cell"
OUTSIDE = "This program does not let a notebook change its cells: copy the lines above into the cell of parameters."
WRITTEN = "Written into the cell of parameters: run it, and the cells below it."


class Range(NamedTuple):
    """A number from ``low`` to ``high``; a whole one where all three are."""

    low: float
    high: float
    step: float = 1


class View(NamedTuple):
    """What a panel shows: a sentence, a table, and how to draw the picture."""

    says: str
    table: pd.DataFrame
    draw: Callable[[], Figure]


@dataclass
class Panel:
    """A chapter's values, what they may become, and what follows from them.

    Attributes
    ----------
    controls : mapping of str to Range or tuple of str
        What moves each parameter: a slider, or a list of words.
    start : mapping of str to value
        The values of the run. What else it holds is passed over, so a notebook may give its ``globals()``.
    follow : callable
        Of all values by name; gives a `View`. A ``ValueError`` or `DataError` is shown as a sentence.
    """

    controls: Mapping[str, Range | tuple]
    start: Mapping[str, object]
    follow: Callable[..., View]

    def __post_init__(self):
        self.start = {name: self.start[name] for name in self.controls}

    def show(self) -> None:
        """Widgets where somebody can move them, else the picture, which the notebook's ``plt.show()`` then shows."""
        if live():
            from IPython.display import display

            display(Widgets(self).box)
        else:
            self.follow(**self.start).draw().suptitle(self.words(self.start), fontsize=9, x=0.01, ha="left")

    def words(self, values: Mapping) -> str:
        """``k = 5 · budget = 36``."""
        return " · ".join(f"{name} = {shown(value)}" for name, value in values.items())

    def lines(self, values: Mapping) -> dict[str, str]:
        """Of each value that is another one than at the start, how Python writes it."""
        return {name: repr(value) for name, value in values.items() if value != self.start[name]}


class Widgets:
    """A panel in a notebook: a control for each value, the table and the picture beside them, and the button.

    Attributes
    ----------
    box : ipywidgets.Widget
        All of it.
    control : dict of str to ipywidgets.Widget
    """

    def __init__(self, panel: Panel):
        import ipywidgets

        self.panel = panel
        self.control = {name: _control(name, kind, panel.start[name]) for name, kind in panel.controls.items()}
        self.says, self.table, self.lines = (ipywidgets.HTML() for _ in range(3))
        self.picture = ipywidgets.Image(format="png", layout={"width": "100%", "max_width": "640px"})
        self.button = ipywidgets.Button(description=BUTTON, layout={"width": "auto"}, disabled=True)
        self.written = ipywidgets.Output()
        left = ipywidgets.VBox([*self.control.values(), self.button, self.lines, self.written, self.says, self.table])
        left.layout.width, left.layout.flex = "400px", "0 1 auto"
        right = ipywidgets.VBox([self.picture], layout={"flex": "1 1 380px", "min_width": "300px"})
        self.box = ipywidgets.HBox([left, right], layout={"flex_flow": "row wrap"})
        for one in self.control.values():
            one.observe(self.moved, names="value")
        self.button.on_click(self.write)
        self.moved()

    def values(self) -> dict:
        """What the controls stand at."""
        return {name: one.value for name, one in self.control.items()}

    def moved(self, _=None) -> None:
        """Let sentence, table and picture follow the controls; where they cannot, the sentence says why."""
        values = self.values()
        changed = self.panel.lines(values)
        self.button.disabled = not changed
        self.lines.value = _pre("\n".join(f"{name} = {text}" for name, text in changed.items()))
        self.written.outputs = ()
        try:
            view = self.panel.follow(**values)
            picture = png(view.draw())
        except (ValueError, DataError) as error:
            self.says.value, self.table.value = f"<p>{html.escape(str(error))}</p>", ""
            self.picture.layout.visibility = "hidden"
            return
        self.says.value, self.table.value = f"<p>{html.escape(view.says)}</p>", _table(view.table)
        self.picture.value, self.picture.layout.visibility = picture, "visible"

    def write(self, _=None) -> None:
        """Change the cell of parameters in the program that shows the notebook, where that can be done."""
        code = WRITE
        for word, value in (("LINES", self.panel.lines(self.values())), ("WRITTEN", WRITTEN), ("OUTSIDE", OUTSIDE)):
            code = code.replace(word, json.dumps(value))
        data = {"application/javascript": code, "text/plain": OUTSIDE}
        self.written.outputs = ({"output_type": "display_data", "data": data, "metadata": {}},)


# JupyterLab, begun by `make lab`, lets a page reach its application; the open document is changed as if typed.
# papermill and `make lab` tag the cell of this run's values, every chapter its own.
WRITE = """
const panel = window.jupyterapp && window.jupyterapp.shell.currentWidget;
const cells = (panel && panel.content && panel.content.widgets) || [];
const tagged = (tag) => cells.find((cell) => (cell.model.getMetadata('tags') || []).includes(tag));
const cell = tagged('injected-parameters') || tagged('parameters');
if (!cell) {
  element.textContent = OUTSIDE;
} else {
  let text = cell.model.sharedModel.getSource();
  for (const [name, value] of Object.entries(LINES)) {
    const line = new RegExp('^(' + name + '(?:[ ]*:[^=\\\\n]*)?[ ]*=[ ]*)[^#\\\\n]*?([ ]*#.*)?$', 'm');
    text = line.test(text)
      ? text.replace(line, (_, head, tail) => head + value + (tail || ''))
      : text + '\\n' + name + ' = ' + value;
  }
  cell.model.sharedModel.setSource(text);
  element.textContent = WRITTEN;
}
"""


def live() -> bool:
    """Whether somebody sits at this notebook: it has a kernel, and the runner did not begin it."""
    return progress.in_notebook() and "ASSL_INPUTS" not in os.environ


def shown(value) -> str:
    """A value for people: no quotes, no long tail of digits."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def png(figure: Figure) -> bytes:
    """A figure as a picture, closed afterwards, so that no cell shows it a second time."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", bbox_inches="tight")
    plt.close(figure)
    return stream.getvalue()


def _control(name, kind, value):
    import ipywidgets

    looks = {"description": name, "style": {"description_width": "9.5em"}, "layout": {"width": "380px"}}
    if not isinstance(kind, Range):
        return ipywidgets.Dropdown(options=list(dict.fromkeys([*kind, value])), value=value, **looks)
    slider = ipywidgets.IntSlider if all(isinstance(part, int) for part in (*kind, value)) else ipywidgets.FloatSlider
    low, high = min(kind.low, value), max(kind.high, value)
    return slider(value=value, min=low, max=high, step=kind.step, continuous_update=False, **looks)


def _table(table) -> str:
    """A table close together, the name of its rows in the corner."""
    corner = table.rename_axis(None).rename_axis(table.index.name, axis=1)
    return f'<div style="line-height: 1.3; text-align: right">{corner.to_html(border=0, col_space=60)}</div>'


def _pre(text) -> str:
    return f"<pre>{html.escape(text)}</pre>" if text else ""
