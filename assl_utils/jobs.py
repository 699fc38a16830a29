"""Work cut into jobs by parameter, done here, in processes side by side or by a Dask cluster, with the same results.

A chapter's long step is a list of jobs: so many texts to a shard, one adapter to an expert. Who does them is the
reader's choice, and the cut follows from parameters alone (`slices`), never from the engine or the number of workers::

    work = [{"rows": rows, "out": stage.path(f"experts/{e}"), "expert": e} for e in range(n_clusters)]
    folders = jobs.run(jobs_of_chapter_6.train, work, engine, label="experts")

What is large goes by files in a folder that all workers see. What Dask itself sends are pickles over a socket: whoever
reaches a scheduler can run code as its owner. Use it among people you trust, and beyond one's own network for TLS.
"""

import contextlib
import importlib
import logging
import multiprocessing
import os
import pickle
import queue
import socket
import threading
import time
import uuid
from concurrent.futures import CancelledError
from pathlib import Path
from urllib.parse import urlsplit

from assl_utils import machine, processes, progress, store

# Dask is optional, and torch slow to load: both are imported where they are used.

ENGINES = "'local', 'dask', a scheduler's address (tcp://host:port, tls://host:port), a scheduler's file (*.json)"
ANSWERS = 5  # seconds in which a scheduler has to answer
DESERTED = 300  # seconds without any worker after which none is expected any more
LOOK = 1  # seconds between two looks at who is there
HERE = {"host": "127.0.0.1", "dashboard": False, "dashboard_address": "127.0.0.1:0"}
_busy = threading.Lock()  # held by the job that a process is doing


def slices(n, size):
    """``[(start, stop)]`` of ``n`` rows in shards of ``size``, the last one shorter.

    The size is a chapter's parameter: cut by the number of workers, batches and with them last digits would differ
    from machine to machine.
    """
    if size < 1:
        raise ValueError(f"a shard holds at least one row, not {size}")
    return [(start, min(start + size, n)) for start in range(0, n, size)]


def run(work, jobs, engine="local", label="jobs", workers=None, retries=3, threads=None, weights=None, done=None):
    """Call ``work(**job)`` for every job; the results in the order of the jobs.

    Parameters
    ----------
    work : callable
        A function of a module that workers can import. It may keep what it loaded for its next job (`functools.cache`).
    jobs : sequence of dict
        Keyword arguments: plain values, absolute paths, small tables.
    engine : str or path
        ``"local"``: one after the other in this process, or side by side in ``workers`` children of it.
        ``"dask"``: by a `cluster` on this machine, closed at the end. ``"tcp://host:port"``, ``"tls://host:port"``: by
        the workers of a scheduler that runs there. ``"….json"``: the same by the file that
        ``dask scheduler --scheduler-file`` wrote, its path absolute or from the repository.
    label : str
        What the progress bar counts.
    workers : int or None
        Processes, at most one a job. For ``"local"`` None and 1 are this process alone. For ``"dask"`` see `cluster`.
    retries : int, default 3
        How often ``"dask"`` begins a job again that lost its worker. A scheduler that runs already has its own number
        (``distributed.scheduler.allowed-failures``, 3).
    threads : int or None
        Threads that torch has in a job. None leaves all cores to ``"local"`` and each worker its share; on a CPU that
        can change last digits, so jobs whose bytes must not depend on the engine name a number.
    weights : sequence of float or None
        How long each job takes, in any unit. Side by side in children the longest are begun first, so that none comes
        last alone. None keeps the order of the jobs.
    done : callable or None
        Called here with the number of a job and what it returned, as soon as it is done.

    Returns
    -------
    list
        What the calls returned: paths, numbers, small arrays. What is large a job writes whole (`store.atomic_path`)
        and returns the path of, and a job whose result is there returns at once: that makes retries and resuming cheap.

    Raises
    ------
    Exception
        A job's own, with a note that names the job. It is not repeated, for it would fail again, and no further job is
        begun. Those under way end with our processes; at a scheduler that goes on, they go on to their end. What was
        written is kept.
    RuntimeError
        A job lost its worker (with ``"dask"`` time and again), there is no worker, or the scheduler is gone.
    ValueError
        An unknown engine, or a ``work`` that children cannot import.
    ConnectionError
        No scheduler answers.

    Notes
    -----
    A worker does one job at a time, however many threads it has: adapters on a shared model and torch's settings are
    not made for two.
    """
    jobs, engine = list(jobs), str(engine)
    if engine == "local":
        # a process that may have no children (a Dask worker, say) does the jobs itself
        if min(workers or 1, len(jobs)) > 1 and not multiprocessing.current_process().daemon:
            return processes.side_by_side(work, jobs, label, workers, threads, weights, done)
        return processes.one_by_one(work, jobs, label, threads, done)
    address = None if engine == "dask" else _address(engine)
    _dask()
    if not jobs:
        return []
    if address:
        return _there(work, jobs, address, label, threads, done)
    with cluster(min(workers or _default_workers(), len(jobs)), retries) as address:
        return _there(work, jobs, address, label, threads, done)


@contextlib.contextmanager
def cluster(workers=None, retries=3):
    """A scheduler and workers on this machine while the block lasts; yields the address, an ``engine`` for `run`.

    For several calls of `run`, whose workers then start once and keep what they loaded.

    Parameters
    ----------
    workers : int or None
        Processes. None is one for each GPU that ``CUDA_VISIBLE_DEVICES`` leaves; each sees one GPU, and more than there
        are share them. Without a GPU it is one for two cores. The cores are shared out among them, unless
        ``OMP_NUM_THREADS`` is set.
    retries : int, default 3
        How often a job that lost its worker is begun again.
    """
    distributed, config = _dask(), importlib.import_module("dask").config
    cards, workers = _cards(), workers or _default_workers()
    # memory_limit: else each process gets the memory in the proportion of its threads to the cores, or is killed
    nanny = {**HERE, "nthreads": 1, "memory_limit": 0, "silence_logs": logging.ERROR}
    specs = {}
    for number in range(workers):
        # bars go to the runner's file; where there is none, several at once would be drawn over the caller's
        env = {"ASSL_PROGRESS": os.environ.get("ASSL_PROGRESS", os.devnull)}
        if cards:
            env["CUDA_VISIBLE_DEVICES"] = cards[number % len(cards)]
        specs[number] = {"cls": distributed.Nanny, "options": {**nanny, "env": env}}
    scheduler = {"cls": distributed.Scheduler, "options": {**HERE, "allowed_failures": retries}}
    settings = {
        "distributed.nanny.pre-spawn-environ": dict.fromkeys(processes.THREADS, max(1, machine.cores() // workers)),
        "distributed.scheduler.worker-ttl": None,  # a process on this machine is not lost because it is busy
        "distributed.deploy.lost-worker-timeout": f"{DESERTED} s",
    }
    with processes.spawning(), config.set(settings):
        with distributed.SpecCluster(workers=specs, scheduler=scheduler, silence_logs=logging.ERROR) as made:
            yield made.scheduler_address


def _default_workers():
    return len(_cards()) or max(1, machine.cores() // 2)


def _cards():
    """The GPUs this process may use, as CUDA names them."""
    cards = [str(number) for number in range(len(machine.gpus()))]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if not cards or visible is None:
        return cards
    return [card.strip() for card in visible.split(",")][: len(cards)]


def _dask():
    try:
        return importlib.import_module("distributed")
    except ImportError as error:
        raise ImportError('this engine needs Dask: pip install "assl-utils[scale]", or engine="local"') from error


def _address(engine):
    """Where the scheduler listens."""
    if engine.endswith(".json"):
        path = store.root() / Path(engine).expanduser()
        try:
            return store.read_json(path)["address"]
        except FileNotFoundError:
            raise FileNotFoundError(f"{path} is missing; `dask scheduler --scheduler-file` writes it") from None
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"{path} is no scheduler file: it names no address") from None
    with contextlib.suppress(ValueError):  # a port that is no number
        parts = urlsplit(engine)
        if parts.scheme in ("tcp", "tls") and parts.hostname and parts.port:
            return engine
    raise ValueError(f"engine {engine!r} is none of {ENGINES}")


def _there(work, jobs, address, label, threads, done=None):
    """By the workers of a scheduler, as many jobs under way as there are workers.

    Were all handed over at once (`Client.map`), Dask would queue some at busy workers and hold a worker's death against
    the job that was only waiting there.
    """
    gone = f"the scheduler at {address} is gone; what was finished is kept: start it, and this, again"
    results, begun, under_way, finished = [None] * len(jobs), 0, {}, queue.SimpleQueue()
    with _client(address) as client, progress.bar(len(jobs), label) as bar:
        seen = time.monotonic()
        while begun < len(jobs) or under_way:
            try:
                workers = len(client.nthreads())
            except OSError:
                raise RuntimeError(gone) from None
            seen = time.monotonic() if workers else seen
            if time.monotonic() - seen > DESERTED:
                raise RuntimeError(f"the scheduler at {address} has had no worker for {DESERTED} s")
            while begun < len(jobs) and len(under_way) < workers:
                future = _submit(client, work, jobs[begun], threads)
                under_way[future.key] = begun, future
                future.add_done_callback(finished.put)
                begun += 1
            with contextlib.suppress(queue.Empty):
                future = finished.get(timeout=LOOK)
                number, _ = under_way.pop(future.key)
                results[number] = _result(future, processes.job_name(work, jobs, number), gone)
                future.release()  # else Dask does it again if the worker that holds the result dies
                if done is not None:
                    done(number, results[number])
                bar.update()
    return results


@contextlib.contextmanager
def _client(address):
    """A connection to the scheduler, or soon a sentence that says why there is none."""
    distributed, parts, log = _dask(), urlsplit(address), logging.getLogger("distributed.client")
    with contextlib.ExitStack() as stack:
        stack.callback(log.setLevel, log.level)
        log.setLevel(logging.CRITICAL)  # a lost connection is reported here, in one sentence
        try:
            _greeted(parts, distributed.Security().get_connection_args("client").get("ssl_context"))
            client = distributed.Client(address, timeout=ANSWERS, set_as_default=False)
        except OSError as error:
            raise ConnectionError(f"no Dask scheduler answers at {address} within {ANSWERS} s: {error}") from None
        yield stack.enter_context(client)  # what is under way when it closes is cancelled


def _greeted(parts, tls):
    """Wait for the scheduler's first byte: Dask itself goes on for long where no service listens, or another one."""
    with contextlib.ExitStack() as stack:
        line = stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=ANSWERS))
        if parts.scheme == "tls":
            if tls is None:
                raise OSError("for tls:// Dask's configuration has to name the certificates (distributed.comm.tls)")
            line = stack.enter_context(tls.wrap_socket(line))
        if not line.recv(1):
            raise OSError("it hangs up")


def _submit(client, work, job, threads):
    # pickled here: Dask would look into the arguments for tasks of its own
    payload = importlib.import_module("cloudpickle").dumps((work, job, threads))
    return client.submit(_one, payload, key=f"{work.__name__}-{uuid.uuid4().hex}")


def _one(payload):
    """In the worker: one job, while no other is done in this process."""
    with _busy:
        work, job, threads = pickle.loads(payload)
        try:
            with processes.torch_threads(threads):
                return work(**job)
        except Exception as error:
            if not processes.can_be_sent(error):
                raise RuntimeError(f"{type(error).__name__}: {error}") from None
            raise


def _result(future, name, gone):
    """What a job returned; what it raised, with its name."""
    try:
        return future.result()
    except _dask().KilledWorker as error:
        raise RuntimeError(
            f"{name}: its worker died {error.allowed_failures + 1} times. Most often that is memory: take fewer "
            "workers, smaller shards or smaller batches"
        ) from None
    except CancelledError:
        raise RuntimeError(gone) from None
    except Exception as error:
        error.add_note(f"in {name}")
        raise
