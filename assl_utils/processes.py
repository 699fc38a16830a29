"""Jobs done on this machine without a scheduler: one after the other here, or side by side in children of this process.

A child is a fresh interpreter. It takes one job after the other from a pipe and ends when the pipe is closed: at the
end, after another job's failure, and also when this process is gone, whatever ended it. A child that is in the middle
of a job then gets SIGTERM, by which a training writes its checkpoint.
"""

import contextlib
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from multiprocessing import connection

from assl_utils import machine, progress

# torch is slow to load, and imported where it is used

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS", "RAYON_NUM_THREADS")


def room(n, gb=0.0):
    """How many of ``n`` jobs can be done side by side here.

    Parameters
    ----------
    n : int
    gb : float
        Memory that a process needs for one.

    Returns
    -------
    int
        A process for each core (`machine.threads`, so ``OMP_NUM_THREADS`` lowers it), as far as the free memory goes,
        and at least 1. It is 1 in a process that does such a job itself: its sisters have the other cores.
    """
    if multiprocessing.parent_process() is not None:
        return 1
    fitting = int(machine.free_gb() // gb) if gb else n
    return max(1, min(n, machine.threads(), fitting))


def one_by_one(work, jobs, label, threads=None, done=None):
    """The results of ``work(**job)``, done in this process; see `assl_utils.jobs.run`."""
    results = []
    for number, job in enumerate(progress.track(jobs, label)):
        try:
            with torch_threads(threads):
                results.append(work(**job))
        except Exception as error:
            error.add_note(f"in {job_name(work, jobs, number)}")
            raise
        if done is not None:
            done(number, results[-1])
    return results


def side_by_side(work, jobs, label, workers, threads=None, weights=None, done=None):
    """The results of ``work(**job)`` in the order of the jobs, done by so many children; see `assl_utils.jobs.run`.

    Raises
    ------
    Exception
        A job's own. No further job is begun, and those under way are ended.
    RuntimeError
        A child was killed from outside.
    ValueError
        ``work`` is a function of this notebook or script, which a child does not have.
    """
    if work.__module__ == "__main__":
        raise ValueError(f"{work.__name__} is defined in this notebook or script: move it to a module, or workers=1")
    order = range(len(jobs)) if weights is None else sorted(range(len(jobs)), key=lambda number: -weights[number])
    todo, busy, results = iter(order), {}, [None] * len(jobs)
    workers = min(workers, len(jobs))
    with progress.bar(len(jobs), label) as bar, _children(workers, threads or machine.threads() // workers) as children:

        def employ(child):
            number = next(todo, None)
            if number is not None:
                child.begin((work, jobs[number], threads))
                busy[child.pipe] = child, number

        for child in children:
            employ(child)
        while busy:
            for pipe in connection.wait(list(busy)):
                child, number = busy.pop(pipe)
                results[number] = child.result(job_name(work, jobs, number))
                bar.update()
                employ(child)
                if done is not None:
                    done(number, results[number])
    return results


class _Child:
    """A process that does jobs, seen from its parent."""

    def __init__(self, context):
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,))
        self.process.start()
        theirs.close()  # else its end would not be seen here

    def begin(self, job):
        """Hand it a job. Whether it is still alive, `result` finds out."""
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(pickle.dumps(job))

    def result(self, name):
        """What its job returned; what it raised, with the job's name."""
        try:
            done, value = pickle.loads(self.pipe.recv_bytes())
        except (EOFError, OSError):
            raise RuntimeError(f"{name}: {self._end()}") from None
        if done:
            return value
        error, text = value
        error.add_note(f"in {name}")
        raise error from _There(text)

    def _end(self):
        self.process.join()
        status = self.process.exitcode
        if status >= 0:
            return f"its process ended by itself, with status {status}"
        return (
            f"its process was killed ({signal.Signals(-status).name}). Most often that is memory: take fewer workers, "
            "smaller shards or smaller batches"
        )


class _There(Exception):
    """Where in a child an error came up, as the cause of the error."""

    def __str__(self):
        return f"\n\n{self.args[0]}"


class _Terminated(SystemExit):
    """SIGTERM, while there are children."""


@contextlib.contextmanager
def _children(number, threads):
    """So many of them for a while; a second Ctrl-C or SIGTERM does not wait until those at work have ended."""
    context, made = multiprocessing.get_context("spawn"), []
    # bars go to the runner's file; where there is none, several at once would be drawn over the caller's
    variables = dict.fromkeys(THREADS, str(threads)) | {"ASSL_PROGRESS": os.environ.get("ASSL_PROGRESS", os.devnull)}
    with _sigterm_raised():
        try:
            with spawning(), _environment(variables):
                for _ in range(number):
                    made.append(_Child(context))
            yield made
            for child in made:
                with contextlib.suppress(OSError):
                    child.pipe.send_bytes(b"")  # nothing is left to do
        finally:
            for child in made:
                child.pipe.close()
            try:
                for child in made:
                    child.process.join()
            except BaseException:
                for child in made:
                    child.process.kill()
                raise


@contextlib.contextmanager
def _sigterm_raised():
    """SIGTERM as an exception, so that children are ended; afterwards it does what it would have done."""
    known = threading.current_thread() is threading.main_thread()
    if not known or signal.getsignal(signal.SIGTERM) in (signal.SIG_IGN, None):
        yield
        return

    def stop(number, _frame):
        raise _Terminated(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    except _Terminated:
        signal.signal(signal.SIGTERM, before)
        signal.raise_signal(signal.SIGTERM)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _serve(pipe):
    """A child: one job after the other, until the pipe says that there are none."""
    # a terminal and a notebook send Ctrl-C to the whole group; the parent has it and closes the pipe
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    inbox = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, inbox), daemon=True).start()
    while payload := inbox.get():
        answer = _answer(payload)
        with contextlib.suppress(OSError):  # the parent is gone, and `_listen` says so
            pipe.send_bytes(answer)


def _listen(pipe, inbox):
    """In a thread of a child, so that the end of the parent is noticed during a job."""
    with contextlib.suppress(EOFError, OSError):
        while payload := pipe.recv_bytes():
            inbox.put(payload)
        inbox.put(b"")
        return
    os.kill(os.getpid(), signal.SIGTERM)


def _answer(payload):
    """In a child: do a job, and pickle what came of it."""
    try:
        work, job, threads = pickle.loads(payload)
        with torch_threads(threads):
            return pickle.dumps((True, work(**job)))
    except Exception as error:
        text = traceback.format_exc()
        if not can_be_sent(error):
            error = RuntimeError(f"{type(error).__name__}: {error}")
        return pickle.dumps((False, (error, text)))


@contextlib.contextmanager
def _environment(variables):
    """These variables for a while."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@contextlib.contextmanager
def spawning():
    """This process as its children should find it, also those that later take the place of killed ones.

    A spawned process runs its parent's main file once more, and a script without a guard would start a cluster in each
    worker. And Dask sets its workers' variables in this process's environment, to stay.
    """
    main = sys.modules["__main__"]
    file, spec = vars(main).pop("__file__", None), vars(main).get("__spec__")
    variables = {name: os.environ.get(name) for name in (*THREADS, "PYTHONHASHSEED")}
    main.__spec__ = None
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file
        for name, value in variables.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def can_be_sent(error):
    """Whether an error survives pickling; one whose constructor wants more than a message may not."""
    try:
        return isinstance(pickle.loads(pickle.dumps(error)), type(error))
    except Exception:
        return False


@contextlib.contextmanager
def torch_threads(threads):
    """Torch with so many threads for a while; None leaves it as it is."""
    if threads is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def job_name(work, jobs, number):
    """``job 3 of 8, train(rows=<DataFrame (40, 3)>, expert=2)``"""
    values = ", ".join(f"{name}={_short(value)}" for name, value in jobs[number].items())
    return f"job {number + 1} of {len(jobs)}, {work.__name__}({values})"


def _short(value):
    if hasattr(value, "shape"):
        return f"<{type(value).__name__} {tuple(value.shape)}>"
    text = " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:40]}…{text[-15:]}"
