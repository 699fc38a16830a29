"""One notebook, run from start to end in a folder of its own, or a failure that says what happened.

papermill's own signals lie: after a killed kernel every cell reads "completed", ``sys.exit(0)`` ends a notebook in the
middle as a success, and the output is written in place. So the notebook is run in a temporary folder, a last cell that
prints a word only we know proves that the end was reached, every cell is looked at afterwards, and what went wrong is
reported in one sentence.

The kernel talks over sockets in that folder, which only this user may enter, instead of TCP ports; and it is this
environment's own Python, whatever kernel of the same name the user has installed elsewhere.
"""

import contextlib
import fcntl
import math
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from assl_utils import store
from assl_utils.runner import diagnosis
from assl_utils.runner.pipeline import RunnerError

TICK = 0.2  # seconds between two looks at the kernel
NOTICE = 60  # seconds that papermill may take to notice that its kernel has ended
SENTINEL = "assl-sentinel"
SCRATCH = "assl-"  # what the names of scratch folders begin with
OWNER = ".owner"  # in a scratch folder; its runner holds a lock on it while it lives
# what a user's shell may hold and a kernel must not see: a figure backend, code to run at start
FOREIGN = ("MPLBACKEND", "PYTHONSTARTUP", "JUPYTER_PATH", "IPYTHONDIR")
# ipykernel's own start, but for the port through which forked children would print (they print to the kernel's log)
LAUNCHER = """
import sys
del sys.path[0]
from ipykernel import kernelapp
Thread = kernelapp.IOPubThread
kernelapp.IOPubThread = lambda *args, **options: Thread(*args, **{**options, "pipe": False})
kernelapp.launch_new_instance()
"""


class StageFailed(Exception):
    """A notebook that did not reach its end; ``notebook`` is what it had done so far (nbformat), if anything."""

    def __init__(self, message, notebook=None):
        super().__init__(message)
        self.notebook = notebook


@dataclass
class Outcome:
    """A notebook that reached its end, what it took, and the most memory its processes held together."""

    notebook: object
    seconds: float
    peak_bytes: int


def cell_timeout():
    """Seconds that a cell may take, from the variable CELL_TIMEOUT; 0, the usual, is no limit.

    A variable and no parameter: how long we are ready to wait decides no result.
    """
    text = os.environ.get("CELL_TIMEOUT", "").strip() or "0"
    try:
        limit = float(text)
    except ValueError:
        limit = math.nan
    if not 0 <= limit < math.inf:
        raise RunnerError(f"CELL_TIMEOUT is the seconds that a cell may take, 0 for no limit; not {text[:60]!r}")
    return limit


def execute(path, parameters, root, environment=None, watch=None, limit=0):
    """Run the notebook ``path`` with ``parameters`` and return an `Outcome`, or raise `StageFailed`.

    Parameters
    ----------
    path : Path
    parameters : dict
        Injected behind the notebook's own; checked before.
    root : Path
        Working folder of the kernel.
    environment : dict, optional
        Variables set for the kernel; ``ASSL_PROGRESS`` is set here.
    watch : callable, optional
        Called several times a second with ``(cell, cells, progress file)``. An exception out of it (Ctrl-C, say)
        stops the kernel and goes on to the caller.
    limit : float, default 0
        Seconds that a cell may take; 0 is no limit.
    """
    sweep()
    with _scratch() as scratch:
        attempt = _Attempt(Path(path), parameters, Path(root), scratch, limit)
        with _environment(
            {**(environment or {}), "ASSL_PROGRESS": str(scratch / "progress"), "IPYTHONDIR": str(scratch)}
        ):
            return attempt.run(watch or (lambda *_: None))


@contextlib.contextmanager
def _scratch():
    """A folder for one execution, gone at its end, and marked as ours while we live."""
    folder = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=_short_folder()))
    try:
        with (folder / f"{OWNER}.new").open("w") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (folder / f"{OWNER}.new").rename(folder / OWNER)  # under this name only locked, so no sweeper comes first
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep():
    """Remove scratch folders whose runner was killed: the lock on their owner's file ended with it, however it died.

    A folder without that file is not known to be a runner's and is left alone, another user's as well.
    """
    for owner in Path(_short_folder() or tempfile.gettempdir()).glob(f"{SCRATCH}*/{OWNER}"):
        with contextlib.suppress(OSError):  # alive, another user's, or swept by another runner just now
            if owner.is_symlink() or owner.parent.is_symlink() or owner.parent.stat().st_uid != os.getuid():
                continue
            with owner.open("r") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(owner.parent, ignore_errors=True)


def _short_folder():
    """Where sockets fit: a path of theirs may have about a hundred characters, and some TMPDIRs are longer."""
    return None if len(tempfile.gettempdir()) < 60 else "/tmp"


@contextlib.contextmanager
def _environment(changes):
    """This process's environment, which the kernel inherits, for a while."""
    before = dict(os.environ)
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Attempt:
    """One execution: papermill in a thread of its own, so that this one can watch, show and be interrupted."""

    def __init__(self, path, parameters, root, scratch, limit=0):
        self.path, self.parameters, self.root, self.scratch, self.limit = path, parameters, root, scratch, limit
        self.cell_began, self.stopped, self.ended = None, False, None
        self.output = scratch / "output.ipynb"
        self.word = uuid.uuid4().hex
        self.managers = []
        self.process = None
        self.cell, self.cells = 0, 0
        self.error = None
        self.finished = threading.Event()
        self.peak = 0

    def run(self, watch):
        self._prepare()
        killed_before = diagnosis.killed_for_memory()
        started = time.monotonic()
        threading.Thread(target=self._papermill, daemon=True).start()
        try:
            # an event: a join that Ctrl-C interrupts takes the thread for dead (Python 3.11)
            while not self.finished.wait(TICK):
                self._look()
                watch(self.cell, self.cells, self.scratch / "progress")
                began = self.cell_began
                if self.limit and began is not None and time.monotonic() - began > self.limit:
                    self.stopped = True
                    self._kill()
                if self._unnoticed():
                    self.error = RuntimeError(f"Kernel died, and papermill did not notice for {NOTICE} s")
                    break
        except BaseException:
            while not self.finished.is_set():
                self._kill()  # again and again: a kernel that was just starting shows up late
                self.finished.wait(TICK)
            raise
        took = time.monotonic() - started
        done, reached = self._read()
        message = diagnosis.complaint(
            diagnosis.Evidence(
                notebook=done,
                cell=self.cell,
                cells=self.cells,
                reached=reached,
                error=self.error,
                exit_status=self.process.poll() if self.process is not None else None,
                memory_killed=diagnosis.killed_for_memory() > killed_before,
                limit=self.limit if self.stopped else 0,
                peak_bytes=self.peak,
                log=self._last_words(),
            )
        )
        if message:
            raise StageFailed(message, done)
        for cell in done.cells:
            cell.metadata.pop(diagnosis.NUMBER, None)
        return Outcome(done, took, self.peak)

    def _unnoticed(self):
        """Whether the kernel ended a while ago and papermill still waits for it."""
        if self.process is None or self.process.poll() is None:
            self.ended = None
            return False
        self.ended = self.ended or time.monotonic()
        return time.monotonic() - self.ended > NOTICE

    def _prepare(self):
        """The notebook with numbered cells and the sentinel, in the scratch folder."""
        import nbformat

        notebook = nbformat.read(self.path, as_version=4)
        self.cells = len(notebook.cells)
        for number, cell in enumerate(notebook.cells, 1):
            cell.metadata[diagnosis.NUMBER] = number
        last = nbformat.v4.new_code_cell(f"print({self.word!r})", metadata={"tags": [SENTINEL]})
        notebook.cells.append(last)
        nbformat.write(notebook, self.scratch / "input.ipynb")

    def _papermill(self):
        """The thread: whatever papermill raises is kept for the diagnosis."""
        try:
            import logging

            import papermill

            logging.getLogger("papermill").setLevel(logging.CRITICAL)  # what it would print, the diagnosis says
            papermill.execute_notebook(
                str(self.scratch / "input.ipynb"),
                str(self.output),
                parameters=self.parameters,
                kernel_name="python3",
                language="python",
                progress_bar=False,
                start_timeout=120,
                cwd=str(self.root),
                kernel_manager_class=self._kernel_class(),
                on_cell_start=self._on_cell,
            )
        except BaseException as error:
            self.error = error
        finally:
            self.finished.set()

    def _on_cell(self, cell, cell_index):
        self.cell = cell.metadata.get(diagnosis.NUMBER, self.cell)
        self.cell_began = time.monotonic()

    def _kernel_class(self):
        """A kernel manager for sockets in the scratch folder and this environment's own kernel."""
        from ipykernel.kernelspec import get_kernel_dict
        from jupyter_client.kernelspec import KernelSpecManager
        from jupyter_client.manager import AsyncKernelManager

        scratch, managers = self.scratch, self.managers
        argv = [sys.executable, "-c", LAUNCHER, "-f", "{connection_file}"]
        store.write_json({**get_kernel_dict(), "argv": argv}, scratch / "kernels" / "python3" / "kernel.json")

        class Kernel(AsyncKernelManager):
            def __init__(self, **kwargs):
                super().__init__(
                    **kwargs,
                    transport="ipc",
                    ip=str(scratch / "socket"),
                    connection_file=str(scratch / "kernel.json"),
                    kernel_spec_manager=KernelSpecManager(kernel_dirs=[str(scratch / "kernels")]),
                )
                managers.append(self)

            async def start_kernel(self, **kwargs):
                with (scratch / "kernel.log").open("wb") as log:  # a crash writes its reason here
                    await super().start_kernel(stdout=log, stderr=log, **kwargs)

        return Kernel

    def _look(self):
        """Remember the kernel's process while it lives, and the most memory it and its children held."""
        import psutil

        for manager in self.managers:
            process = getattr(manager.provisioner, "process", None)
            self.process = process or self.process
        if self.process is None:
            return
        with contextlib.suppress(psutil.Error):
            kernel = psutil.Process(self.process.pid)
            held = 0
            for process in (kernel, *kernel.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    held += process.memory_info().rss
            self.peak = max(self.peak, held)

    def _kill(self):
        """End the kernel and what it started; a kernel leads a process group of its own."""
        self._look()
        if self.process is not None:
            with contextlib.suppress(OSError):
                os.killpg(os.getpgid(self.process.pid), signal.SIGKILL)

    def _last_words(self):
        """The end of what the kernel itself wrote, outside any cell."""
        try:
            return (self.scratch / "kernel.log").read_text(encoding="utf-8", errors="replace").splitlines()[-8:]
        except FileNotFoundError:
            return []

    def _read(self):
        """What was executed, without our last cell, and whether that cell was reached."""
        import nbformat

        try:
            notebook = nbformat.read(self.output, as_version=4)
        except (OSError, ValueError):
            return None, False
        last = [c for c in notebook.cells if SENTINEL in c.metadata.get("tags", [])]
        reached = any(self.word in str(output.get("text", "")) for c in last for output in c.outputs)
        notebook.cells = [c for c in notebook.cells if c not in last]
        for key in ("input_path", "output_path"):  # folders of this machine, and of a moment
            notebook.metadata.get("papermill", {}).pop(key, None)
        return notebook, reached
