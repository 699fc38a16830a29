"""A notebook that is run by hand: it works in a trial, with this run's values and the reader's over them.

`store.open_stage` asks `params.by_hand`, which makes a `Session`. From then on it listens to the cells that are run:
a cell of parameters that is run again sets the values again, a name that no cell has made is explained, and behind the
last cell stands what the change did. Nothing of this happens under the runner.
"""

import ast
import contextlib
import os
import subprocess
import sys

from assl_utils import store
from assl_utils.runner import edits, links, notebook, outputs, ranges, state, trials, verdict
from assl_utils.runner.pipeline import RunnerError

_OPEN = {}  # the one session of this kernel, by the name "session"; opening a stage again replaces it


class Session:
    """One chapter, opened by hand.

    Attributes
    ----------
    pipeline : Pipeline
    stage : str
    run : dict
        This run's values, without what was edited by hand.
    given, declared : dict
        Who set them; the notebook's parameters.
    folder, usual : Path
        The trial's folder, and that of the run it began from.
    judge : callable
        Gives a `state.Judge` of the trial with all that it remembers.
    """

    def __init__(self, pipeline, resolved, stage, usual, judge, shell):
        self.pipeline, self.stage, self.shell, self.judge = pipeline, stage, shell, judge
        self.declared = resolved.declared[stage]
        self.folder, self.usual = pipeline.root / "runs" / resolved.run, usual
        self.committed = committed(pipeline, stage, usual, self.declared)
        self.given = resolved.given[stage]
        self.run = {n: v if n in self.given else self.committed[n] for n, v in resolved.values[stage].items()}
        self.command = f"make {{}} PROFILE={resolved.profile}"
        self.command += f" PROTOCOL={resolved.protocol} SEED={resolved.seed}" if usual.name != resolved.profile else ""
        self.command += f" TRIAL={resolved.trial}"
        self.cells = _chapter_cells(pipeline.notebook(stage))
        self.ran, self.held, self.lock, self.before = [], {}, None, {}

    def open(self):
        """Set the values, hold the stage for this kernel, and listen; returns the folder to work in."""
        values = self._decide()
        trials.begin(self.folder, self.usual, self.pipeline.names)
        release()  # the same kernel opens its stage again
        self._hold()
        links.make_own(self.folder / self.stage)
        self.before = outputs.marks(self.folder / self.stage)
        self._set(values, f"runs/{self.folder.name}, a trial of runs/{self.usual.name}, which stays as it is")
        _replace(self)
        return f"runs/{self.folder.name}"

    def _decide(self):
        namespace, allowed = self.shell.user_ns, ranges.load(self.pipeline.root)
        cells = edits.Cells.of_history(namespace.get("In", []), self.declared)
        if cells.top is None and not cells.below:  # a kernel without a history, or the whole notebook in one cell
            cells.top = {name: namespace.get(name, value) for name, value in self.committed.items()}
        return edits.decide(cells, self.declared, self.committed, self.run, namespace, allowed, self.stage)

    def _set(self, values, title):
        self.held = values.all | ({edits.OURS: f"runs/{self.folder.name}"} if edits.OURS in self.declared else {})
        self.shell.user_ns.update(self.held)
        before = trials.read(self.folder)["edited"].get(self.stage, {})
        gone = [name for name in before if name not in values.edited and name in values.all]
        values.notes += [f"{name} is no longer {before[name]!r}, as it was edited before" for name in gone]
        trials.remember(self.folder, "edited", self.stage, values.edited)
        print(edits.account(values, self.committed, self.run, self.given, title))

    def _hold(self):
        """A second kernel on this stage would write over what the first one writes."""
        from assl_utils.runner.run import busy, hold

        if holder := busy(self.folder):
            raise edits.Refused(f"runs/{self.folder.name} is being worked on by {holder}; wait or stop it")
        way = "shut down one of the two kernels, or work in another trial (TRIAL=…)"
        try:
            refusal = f"{self.stage} of runs/{self.folder.name} is open in {{}}; {way}"
            self.lock = hold(self.folder / f".open-{self.stage}", refusal)
        except RunnerError as error:
            raise edits.Refused(str(error)) from None

    def close(self):
        """Let the stage go."""
        if self.lock is not None:
            self.lock.close()

    def after_cell(self, result):
        """Called by IPython behind every cell."""
        info = result.info
        if getattr(info, "silent", False):
            return
        source = (info.raw_cell or "").rstrip()
        self.ran.append((getattr(info, "cell_id", None), source))
        try:
            self._note_files()
            if result.success and {name for name, *_ in edits.assignments(source)} & set(self.declared):
                self._set(self._decide(), "The values are set again: run the cells below, from the first one on.")
                self.ran.clear()
            elif isinstance(result.error_in_exec, NameError):
                print(self._missing(result.error_in_exec.name))
            elif result.success and self.cells and self._is(self.cells[-1], self.ran[-1]):
                print(self._verdict())
        except RunnerError as error:
            self.shell.user_ns.update(self.held)
            print(f"{error}\nThe values from before stay.", file=sys.stderr)
        except Exception as error:  # a mistake of ours must not look like one of the chapter's
            print(f"(what changed cannot be told: {type(error).__name__}: {error})", file=sys.stderr)

    def _note_files(self):
        """Let the runner know afterwards what was written by hand, so that an expert too many is no person's file."""
        folder = self.folder / self.stage
        known = outputs.named(folder / state.EARLIER)
        names = known | set(outputs.own(folder, (), self.before)) if folder.is_dir() else known
        if names != known:
            with store.atomic_path(folder / state.EARLIER) as part:
                part.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")

    @staticmethod
    def _is(cell, ran):
        """Whether a cell of the chapter is the one that was run: by its id where the program tells it, or its text."""
        return ran[0] == cell[1] or ran[1] == cell[2]

    def _missing(self, name):
        number = next((cell[0] for cell in self.cells if name in _made_by(cell[2])), None)
        where = f"notebooks/{self.stage}.ipynb"
        if number is None:
            return f"No cell of {where} makes `{name}`: is it spelt right?"
        return (
            f"`{name}` is made by cell {number} of {where}, which was not run here, or is gone: run the cells in order."
        )

    def _verdict(self):
        lines = []
        skipped = [str(cell[0]) for cell in self._below_opening() if not any(self._is(cell, ran) for ran in self.ran)]
        if skipped:
            cells = f"cell {skipped[0]}" if len(skipped) == 1 else f"cells {', '.join(skipped)}"
            lines.append(f"Not run since the values were set, or changed: {cells}. Old and new results may be mixed.")
        lines.append(verdict.sentence(self.usual / self.stage, self.folder / self.stage))
        judge = self.judge()
        lines.append(verdict.follows(judge, self.stage, self.command))
        judge.hashes.save()
        return "\n".join(edits.wrapped(line) for line in lines)

    def _below_opening(self):
        """The chapter's cells behind the one that opens the stage."""
        opens = [i for i, cell in enumerate(self.cells) if "open_stage(" in cell[2]]
        return self.cells[opens[0] + 1 :] if opens else []


def _replace(session):
    events = getattr(session.shell, "events", None)
    if old := _OPEN.pop("session", None):
        with contextlib.suppress(ValueError, AttributeError):
            events.unregister("post_run_cell", old.after_cell)
    _OPEN["session"] = session
    if events is not None:
        events.register("post_run_cell", session.after_cell)


def release():
    """Let go of what this kernel holds, so that it can be opened again."""
    if old := _OPEN.get("session"):
        old.close()


def refused(pipeline, stage, namespace):
    """A line for each parameter of a notebook run by hand, outside any run, whose value the runner would refuse."""
    declared = {p.name: p for p in notebook.parameters(notebook.read(pipeline.notebook(stage)), stage)}
    own = {name: namespace.get(name, p.default) for name, p in declared.items()}
    standard = {name: p.default for name, p in declared.items()}
    allowed = ranges.load(pipeline.root)
    edits.decide(edits.Cells(own), declared, standard, standard, namespace, allowed, stage)


def committed(pipeline, stage, usual, declared):
    """The notebook's own values before the reader touched them: by git, else as the usual run has run it."""
    git = ["git", "-C", str(pipeline.root), "show", f"HEAD:./notebooks/{stage}.ipynb"]
    values = {name: parameter.default for name, parameter in declared.items()}
    for read in (
        lambda: notebook.of_text(subprocess.run(git, capture_output=True, text=True, check=True).stdout, stage),
        lambda: notebook.read(usual / stage / state.EXECUTED),
    ):
        with contextlib.suppress(OSError, subprocess.CalledProcessError, notebook.NotebookError):
            old = {p.name: p.default for p in notebook.parameters(read(), stage)}
            return values | {name: value for name, value in old.items() if name in values}
    return values


def _chapter_cells(path):
    """``[(number, id, source)]`` of the chapter's code cells as they are in the repository, its parameters left out."""
    return [
        (number, cell.get("id"), notebook.source(cell).rstrip())
        for number, cell in enumerate(notebook.read(path)["cells"], 1)
        if cell["cell_type"] == "code" and notebook.source(cell).strip() and "parameters" not in notebook.tags(cell)
    ]


def _made_by(source):
    """Names that a cell sets, imports or defines."""
    with contextlib.suppress(SyntaxError, ValueError, RecursionError):
        tree = ast.parse(source)
        names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        names |= {
            a.asname or a.name for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names
        }
        return names | {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
    return set()


def named(run_dir, root):
    """The run that a folder is: ``runs/cpu`` or its whole path gives ``cpu``; empty for any other folder."""
    folder, runs = (os.path.abspath(os.path.join(root, name)) for name in (run_dir, "runs"))
    return os.path.basename(folder) if os.path.dirname(folder) == runs else ""
