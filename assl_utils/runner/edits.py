"""What a reader changed in the cells of a notebook that is run by hand, and which values hold then.

Three layers, the later over the earlier: the notebook's own values, this run's (profile, SET), the reader's. A cell
shows all parameters at once, so what the reader changed is told by comparison: of the paper's cell with the notebook as
it was committed, of the cell below it with this run's values.
"""

import ast
import textwrap
from dataclasses import dataclass, field

from assl_utils.errors import close
from assl_utils.runner import ranges
from assl_utils.runner.pipeline import RunnerError
from assl_utils.runner.values import from_profile

MARK = "# Parameters"  # how the cell with the run's values begins; papermill writes the same line
UNKNOWN = object()  # the value of a line that is no literal: Python knows it, the text alone does not tell
WIDTH = 107  # as many letters as an output has room for beside the list of files, on a screen of 1280 points
OURS = "run_dir"  # decided by the folder that the notebook works in


class Refused(RunnerError):
    """Something in a cell that the reader has to put right; a notebook shows the sentence without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


@dataclass
class Cells:
    """What the cells of parameters hold that were run: the paper's (None if none was), the one below, others."""

    top: dict = None
    below: dict = field(default_factory=dict)

    @classmethod
    def of_history(cls, history, declared):
        """Read from the sources of all cells run so far, the last one of each kind counts.

        A cell of the reader's own that only sets parameters counts as one below, until the paper's is run again.
        """
        top, marked, own = None, {}, {}
        for source in history:
            lines = assignments(source)
            if not {name for name, *_ in lines} & set(declared):
                continue
            values = {name: value for name, value, _ in lines}
            if all(typed for *_, typed in lines):
                top, own = values, {}
            elif source.lstrip().startswith(MARK):
                marked = values
            else:
                own |= {name: value for name, value in values.items() if name in declared}
        return cls(top, marked | own)

    @property
    def names(self):
        """Every name that the cells set."""
        return [*(self.top or {}), *self.below]


def assignments(source):
    """``[(name, value, whether it has a type)]`` of a cell that does nothing else; empty for any other cell."""
    try:
        lines = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = []
    for line in lines:
        targets = line.targets if isinstance(line, ast.Assign) else [getattr(line, "target", None)]
        if not isinstance(line, ast.Assign | ast.AnnAssign) or not all(isinstance(t, ast.Name) for t in targets):
            return []
        found += [(target.id, _value(line.value), isinstance(line, ast.AnnAssign)) for target in targets]
    return found


def _value(node):
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError):
        return UNKNOWN


@dataclass
class Values:
    """The values that hold, and those among them that are the reader's: ``{name: value}``."""

    all: dict
    edited: dict
    notes: list


def decide(cells, declared, committed, run, namespace, allowed, stage):
    """The values that hold in a notebook, as `Values`.

    Parameters
    ----------
    cells : Cells
    declared : dict
        The chapter's `notebook.Parameter` objects by name.
    committed, run : dict
        The notebook's own values before the reader touched them, and this run's.
    namespace : dict
        The kernel's variables, for lines that are no literals.
    allowed : dict
        From `ranges.load`.
    stage : str

    Raises
    ------
    Refused
        With a line for every name that the chapter does not declare and every value that cannot be.
    """
    problems = [_unknown(name, declared, stage) for name in dict.fromkeys(cells.names) if name not in declared]
    found = Values({}, {}, [])
    for name, parameter in declared.items():
        if name == OURS:
            continue
        usual, own = _typed(run[name], parameter), _typed(committed[name], parameter)
        places = {"below": (cells.below, usual), "top": (cells.top or {}, own)}
        values = {}
        for place, (cell, standard) in places.items():
            value = cell.get(name, standard)
            value = namespace.get(name, standard) if value is UNKNOWN else value
            try:
                value = from_profile(value, parameter.kind)
            except (ValueError, OverflowError):
                problems.append(f"{name} is of type {parameter.kind}; {ranges.shown(value)} is not")
                continue
            problems += [line] if (line := ranges.complaint(name, value, ranges.of(allowed, stage, name))) else []
            if value != standard:
                values[place] = value
        found.all[name] = next(iter(values.values()), usual)
        if values and found.all[name] != usual:
            found.edited[name] = found.all[name]
        if len(values) == 2 and values["below"] != values["top"]:
            found.notes.append(
                f"{name} was edited in both cells: {values['below']!r} below counts, not {values['top']!r} above"
            )
        if cells.top is not None and name not in cells.top and name not in cells.below:
            found.notes.append(f"{name} stands in no cell: {found.all[name]!r} is this run's value")
    if problems:
        raise Refused("\n".join(dict.fromkeys(problems)))
    return found


def _typed(value, parameter):
    return from_profile(value, parameter.kind)


def _unknown(name, declared, stage):
    meant = close(name, declared)
    hint = f"; nearest is `{meant}: {declared[meant].kind}`" if meant else ""
    return f"{stage} declares no parameter `{name}`{hint}"


def account(values, committed, run, given, names):
    """What a reader should know of the values that hold: what differs from the notebook's own, and what was edited.

    Parameters
    ----------
    values : Values
    committed, run, given : dict
        The notebook's own values, this run's, and who set these.
    names : str
        ``runs/cpu-lab, a trial of runs/cpu``.
    """
    lines = [names]
    others = {name: run[name] for name in given if name in values.all and name not in values.edited}
    others = {name: value for name, value in others.items() if _plain(value) != _plain(committed[name])}
    for origin in dict.fromkeys(given[name] for name in others):
        words = [f"{n} = {v!r} ({committed[n]!r})" for n, v in others.items() if given[n] == origin]
        lines.append(f"From {origin}, in brackets the paper's cell: {', '.join(words)}")
    if values.edited:
        words = [f"{name} = {value!r} (this run: {run[name]!r})" for name, value in values.edited.items()]
        lines.append(f"Edited here: {', '.join(words)}")
    lines += values.notes
    return "\n".join(wrapped(line) for line in lines)


def wrapped(line):
    """A line broken where a notebook on a small screen has room for it; names and commands stay whole."""
    broken = textwrap.wrap(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return "\n".join(broken)


def _plain(value):
    return list(value) if isinstance(value, tuple) else value


def cell_text(stage, declared, values, run):
    """The source of the cell that shows this run's values in a copy of a notebook, each with its help."""
    lines = [f"{MARK} of this run: edit them here, and run the cell and those below it", f"{OURS} = {f'runs/{run}'!r}"]
    for name, value in values.items():
        help_ = f"  # {declared[name].help}" if declared[name].help else ""
        lines.append(f"{name} = {value!r}{help_}")
    return "\n".join(lines)
