"""An answer, and how it is shown: in a terminal, in a notebook."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from assl_utils.routing.visible import visible
from assl_utils.tasks import wordings
from assl_utils.tasks.catalog import TASKS

# ------------------------------------------------------------------------------------------------------------- answers


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """What was answered, by whom and why, and what the one who answered was trained on.

    Attributes
    ----------
    question, answer : str
        The question as it was looked at.
    expert : str
        Who answered; ``"base"`` where no expert was near enough.
    distances : dict
        From the question to each expert, nearest first.
    margin : float
        How much farther the second expert is; ``inf`` where there is one only.
    margin_percentile : float or None
        Share of the run's evaluation questions with a smaller margin, in percent; None where the run routed none.
    nearest : DataFrame[id, source, task, subtask, instruction, input, output, distance, hash]
        The training rows of the nearest expert that are nearest to the question. ``hash`` is the sha256 of the row's
        three texts, see :func:`assl_utils.experts.training_sets.rows_hash`; an id counts rows and changes with the
        corpus.
    tasks : Series
        Share of each task in the training rows of the nearest expert, in percent, the largest first.
    seconds : dict
        To ``encode`` and ``route`` the question and to ``answer`` it; of questions asked together, each one's share.
    reject : float or None
        The distance beyond which the base model answers; None where the nearest expert always does.
    notes : tuple of str
        What was left out, where something was.
    """

    question: str
    answer: str
    expert: str
    distances: dict[str, float]
    margin: float
    margin_percentile: float | None
    nearest: pd.DataFrame
    tasks: pd.Series
    seconds: dict[str, float]
    reject: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def closest(self) -> str:
        """The nearest expert, whether it answered or was too far."""
        return next(iter(self.distances))

    def as_dict(self) -> dict:
        """The same as JSON has it: plain values, and None for an infinite number."""
        return {
            "question": self.question,
            "answer": self.answer,
            "expert": self.expert,
            "distances": self.distances,
            "margin": self.margin if math.isfinite(self.margin) else None,
            "margin_percentile": self.margin_percentile,
            "reject": self.reject,
            "nearest": self.nearest.to_dict("records"),
            "tasks": self.tasks.to_dict(),
            "seconds": self.seconds,
            "notes": list(self.notes),
        }

    def __repr__(self) -> str:
        return f"<Answer {_short(self.answer, 40)!r} by {self.expert}>"

    def __str__(self) -> str:
        lines = [self.answer, ""]
        lines += [f"{name:<10} {text}" for name, text in self._reasons()]
        if len(self.nearest):
            lines += ["", f"nearest rows that {self.closest} was trained on"]
        for row in self.nearest.itertuples():
            lines.append(f"  {row.distance:.3f}  {row.id} ({row.source}, {row.subtask}; sha256 {row.hash[:12]})")
            asked = " | ".join(_short(text, 50) for text in (row.instruction, row.input) if text)
            lines.append(f"         {asked} → {_short(row.output, 40)}")
        return visible("\n".join(lines))

    def _repr_html_(self) -> str:
        parts = [_paragraph(self.question), _paragraph(self.answer, "strong"), _table(self._reasons())]
        if len(self.nearest):
            rows = [
                (f"{row.distance:.3f}", f"{row.id} ({row.source}, {row.subtask})",
                 wordings.prompt(row.instruction, row.input), row.output, row.hash[:12])
                for row in self.nearest.itertuples()
            ]  # fmt: skip
            parts.append(_paragraph(f"Nearest rows that {self.closest} was trained on:"))
            parts.append(_table(rows, ("distance", "row", "question", "answer", "hash")))
        # the classes keep a text's dollar signs from being read as formulas
        return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'

    def _reasons(self) -> list[tuple[str, str]]:
        """The account of the choice, a name and a sentence each."""
        if self.expert == self.closest:
            why = f"{self.expert}, whose centroid is nearest to the question"
        else:
            away = f"{self.distances[self.closest]:.3f} away and the limit is {self.reject:.3f}"
            why = f"{self.expert}, for {self.closest}, the nearest expert, is {away}"
        margin = f"{self.margin:.3f}" if math.isfinite(self.margin) else "there is no other expert"
        if self.margin_percentile is not None:
            # rounded down: 99.7 is not "clearer than all"
            margin += f", clearer than {math.floor(self.margin_percentile)} % of the evaluation questions"
        trained_on = [f"{_task(task)} {share:.0f} %" for task, share in self.tasks.items()]
        return [
            ("answered", f"by {why}"),
            ("distances", " · ".join(f"{name} {value:.3f}" for name, value in self.distances.items())),
            ("margin", margin),
            ("trained", f"{self.closest}: " + (", ".join(trained_on) or "no rows")),
            ("seconds", " · ".join(f"{name} {value:.3f}" for name, value in self.seconds.items())),
            *(("note", note) for note in self.notes),
        ]


def _task(name: str) -> str:
    return f"{name} {TASKS[name]}" if name in TASKS else name


def _short(text: str, length: int) -> str:
    """Text in one line that a terminal shows as it is, cut where it is longer."""
    line = visible(" ".join(text.split()))
    return line if len(line) <= length else line[: length - 1] + "…"


def _paragraph(text: str, tag: str = "span") -> str:
    return f'<p style="white-space: pre-wrap"><{tag}>{_safe(text)}</{tag}></p>'


def _table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Texts as an HTML table, of the class that the book's theme knows; it names no colours, so dark pages suit it."""
    style = 'style="text-align: left; vertical-align: top; white-space: pre-wrap"'
    titles = "".join(f"<th {style}>{_safe(title)}</th>" for title in head)
    lines = ["".join(f"<td {style}>{_safe(cell)}</td>" for cell in row) for row in rows]
    top = f"<thead><tr>{titles}</tr></thead>" if head else ""
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f'<table class="dataframe" style="margin-left: 0">{top}<tbody>{body}</tbody></table>'


def _safe(text: str) -> str:
    return html.escape(visible(text))
