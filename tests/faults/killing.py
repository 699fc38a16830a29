"""A piece of work killed at random moments and begun again, until it is done; then compared with one left in peace.

A moment is an amount of processor time, not of time on the wall: on a loaded machine the same work is killed at the
same places, and a start that only waits for its turn is not killed before it began.
"""

import contextlib
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

PATIENCE = 1800  # seconds that a piece of work may take
END = 300  # seconds that a command may take to notice that what it had started was killed
LOOK = 0.03  # seconds between two looks at it
WAYS = ("alone", "all", "below")  # the process, the process and all that it started, only what it started


def whole(target, folder):
    """The same work without a disturbance: seconds of a processor, and digests; made once."""
    from assl_utils import store

    kept = Path(folder) / f"{target.name}.json"
    if not kept.exists():
        place = Path(folder) / target.name
        shutil.rmtree(place, ignore_errors=True)
        target.build(place)
        process = target.start(place, Path(folder) / f"{target.name}-whole.log")
        used = _used_until(process, float("inf"))
        if process.wait():
            raise RuntimeError(f"{target.name} fails undisturbed: see {folder}/{target.name}-whole.log")
        if not (left := target.left(place)) or not all(left.values()):
            raise RuntimeError(f"{target.name} leaves nothing that could be compared, in {place}")
        store.write_json({"work": used, "left": left}, kept)
        shutil.rmtree(place)
    return store.read_json(kept)


def campaign(target, folder, rng, kills, deadline):
    """One piece of work, killed up to ``kills`` times.

    Returns
    -------
    dict
        ``kills``; ``crashes``: the last command did not end well; ``lost``: names of files that are missing or other
        than undisturbed; ``tracebacks``: the last command printed one.
    """
    expected = whole(target, folder)
    place, log = Path(folder) / target.name, Path(folder) / f"{target.name}-cut.log"
    shutil.rmtree(place, ignore_errors=True)
    target.build(place)
    done, torn, finished = 0, [], False
    while done < kills and not finished and time.monotonic() < deadline:
        target.disturb(place, rng)
        process = target.start(place, log)
        _used_until(process, rng.uniform(0, target.window * expected["work"]), lambda: target.meanwhile(rng))
        finished = process.poll() is not None  # it was quicker
        if not finished:
            done += 1
            torn += [] if kill(process, way := rng.choice(WAYS)) else [f"it waits for ever when killed: {way}"]
        torn += target.torn(place)
    if not done and not finished:  # the time was over before the first kill
        return {"kills": 0, "crashes": 0, "lost": [], "tracebacks": 0}
    process = target.start(place, log)
    _used_until(process, float("inf"))
    code = process.poll()
    if code is None:
        kill(process, "all")
    left = target.left(place) if code == 0 else {}
    lost = [name for name, digest in expected["left"].items() if left.get(name) != digest] + torn
    said = log.read_text(encoding="utf-8", errors="replace")
    return {"kills": done, "crashes": int(code != 0), "lost": lost, "tracebacks": said.count("Traceback (most recent")}


def _used_until(process, limit, meanwhile=lambda: None):
    """Watch a process until it ends, used ``limit`` seconds of a processor or our patience is over; what it used."""
    used, late = 0.0, time.monotonic() + PATIENCE
    while process.poll() is None and used < limit and time.monotonic() < late:
        used = max(used, _processor_seconds(process.pid))
        meanwhile()
        time.sleep(LOOK)
    return used


def _processor_seconds(pid):
    """What a process, and what it has started and still has, used up to now."""
    import psutil

    total = 0.0
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for one in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.Error):
                total += sum(one.cpu_times()[:4])
    return total


def kill(process, way):
    """SIGKILL in one of `WAYS`, what has started nothing is killed itself; whether the process then came to an end.

    What it had started may have been at its end, a kernel behind its last cell. Then the process goes on, which is
    right: it is seen by something new below, and all is killed.
    """
    import psutil

    below = _below(process)
    if way != "below" or not below:
        process.send_signal(signal.SIGKILL)
    if way != "alone":
        for one in below:
            with contextlib.suppress(psutil.Error):
                one.kill()
    late = time.monotonic() + END
    while time.monotonic() < late:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
            return True
        if _below(process):
            return kill(process, "all")
    process.send_signal(signal.SIGKILL)
    process.wait()
    return False


def _below(process):
    """What a process has started and still has, those left out that have ended and were not yet asked for."""
    import psutil

    found = []
    with contextlib.suppress(psutil.Error):
        for one in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                found += [] if one.status() == psutil.STATUS_ZOMBIE else [one]
    return found


def seeded(seed, name, number):
    """The random numbers of one campaign."""
    return random.Random(f"{seed} {name} {number}")
