"""Why a notebook did not do its work, in a sentence: an exception and its line, a death and its cause, an early end."""

import re
import signal
from dataclasses import dataclass
from pathlib import Path

NUMBER = "assl_cell"  # a cell's metadata: its number in the notebook as written, from one


@dataclass
class Evidence:
    """What is known after an execution.

    ``notebook`` is what was executed (nbformat, ``None`` if nothing), ``cell`` the last cell begun of ``cells``,
    ``reached`` whether the end was proven, ``error`` what papermill raised, ``exit_status`` the kernel's,
    ``memory_killed`` whether the system killed a process for want of memory meanwhile, ``log`` the last lines that the
    kernel wrote outside any cell, ``limit`` the seconds a cell might take, if it was stopped for taking longer.
    """

    notebook: object
    cell: int
    cells: int
    reached: bool
    error: BaseException | None
    exit_status: int | None
    memory_killed: bool
    peak_bytes: int
    log: list
    limit: float = 0

    @property
    def held(self):
        return f"(it held up to {self.peak_bytes / 1e9:.1f} GB)"


def complaint(evidence):
    """What went wrong, in words for a person; empty when every cell did its work."""
    where = f"in cell {evidence.cell} of {evidence.cells}" if evidence.cell else "while it started"
    if evidence.notebook is None:
        return f"the notebook could not be started: {evidence.error!r}"
    for cell in evidence.notebook.cells:
        if error := _error_of(cell):
            return _describe(cell, error, evidence)
    if evidence.limit:
        return f"{_too_long(evidence)}{''.join(f'{chr(10)}  {line}' for line in _first_line(evidence))}"
    if type(evidence.error).__name__ == "DeadKernelError" or "Kernel died" in str(evidence.error):
        cause = _death(evidence.exit_status, evidence.memory_killed)
        return "\n  ".join([f"the kernel died {where}: {cause} {evidence.held}", *evidence.log])
    if evidence.error is not None:
        return f"{type(evidence.error).__name__} {where}: {evidence.error}"
    for cell in evidence.notebook.cells:
        if cell.cell_type == "code" and cell.source.strip() and cell.execution_count is None:
            return f"cell {cell.metadata.get(NUMBER, '?')} of {evidence.cells} was never executed"
    return "" if evidence.reached else f"the notebook ended early, {where}, without an error"


def _too_long(evidence):
    return (
        f"cell {evidence.cell} of {evidence.cells} took longer than {evidence.limit:g} s and was stopped "
        "(CELL_TIMEOUT; 0 is no limit); steps that keep their finished parts go on from them"
    )


def _first_line(evidence):
    """The line with which the cell that was running begins."""
    running = [c for c in evidence.notebook.cells if c.metadata.get(NUMBER) == evidence.cell]
    return [f"it begins: {cell.source.strip().splitlines()[0]}" for cell in running if cell.source.strip()]


def _error_of(cell):
    """The error output of a cell that was not expected to raise."""
    if cell.cell_type != "code" or "raises-exception" in cell.metadata.get("tags", []):
        return None
    return next((o for o in cell.outputs if o.output_type == "error"), None)


def _describe(cell, error, evidence):
    """The exception of a cell, with the line it stood in."""
    place = f"cell {cell.metadata.get(NUMBER, evidence.cell)} of {evidence.cells}"
    if error.ename == "SystemExit":
        return f"{place} ended the kernel with sys.exit({error.evalue}); a chapter has to run to its end"
    message = f"{error.ename} in {place}: {error.evalue}"
    if error.ename.endswith("OutOfMemoryError") or error.ename == "MemoryError" or "enough memory" in error.evalue:
        message = f"out of memory: {message} {evidence.held}"
    return message + "".join(f"\n  {line}" for line in _lines(error, cell))


def _lines(error, cell):
    """The cell's line that failed, and where below it the exception came from."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(error.get("traceback", [])))
    source = cell.source.splitlines()
    frames = re.findall(r"Cell In\[(\d+)\], line (\d+)", text)
    here = [int(line) for count, line in frames if int(count) == cell.execution_count]
    found = [f"line {line}: {source[line - 1].strip()}" for line in here[-1:] if line <= len(source)]
    return found + [f"raised at {path}:{line}" for path, line in re.findall(r"^File (\S+?):(\d+)", text, re.M)[-1:]]


def _death(status, memory_killed):
    """What an exit status says."""
    if memory_killed:
        return "out of memory, the system killed it"
    if status is None:
        return "without an exit status"
    if status < 0:
        hint = ", most often for want of memory" if -status == signal.SIGKILL else ""
        return f"killed by {signal.Signals(-status).name}{hint}"
    return f"it exited with status {status}"


def killed_for_memory():
    """How many processes of this container the system has killed for want of memory; 0 where it does not tell."""
    try:
        lines = Path("/sys/fs/cgroup/memory.events").read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
    except OSError:
        return 0
