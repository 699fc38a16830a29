"""A piece of work killed at random moments and begun again, until it is done; then compared with one left in peace."""

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

KILLS = 6  # of one piece of work, before it may finish
PATIENCE = 1800  # seconds that a piece of work may take


def whole(target, folder):
    """The same work without a disturbance: seconds and digests; made once."""
    from assl_utils import store

    kept = Path(folder) / f"{target.name}.json"
    if not kept.exists():
        place = Path(folder) / f"{target.name}-whole"
        shutil.rmtree(place, ignore_errors=True)
        target.build(place)
        began = time.monotonic()
        process = target.start(place, Path(folder) / f"{target.name}-whole.log")
        if process.wait(timeout=PATIENCE):
            raise RuntimeError(f"{target.name} fails undisturbed: see {folder}/{target.name}-whole.log")
        if not (left := target.left(place)) or not all(left.values()):
            raise RuntimeError(f"{target.name} leaves nothing that could be compared, in {place}")
        store.write_json({"seconds": time.monotonic() - began, "left": left}, kept)
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
    place, log = Path(folder) / f"{target.name}-cut", Path(folder) / f"{target.name}-cut.log"
    shutil.rmtree(place, ignore_errors=True)
    target.build(place)
    done, torn = 0, []
    while done < kills and time.monotonic() < deadline:
        process = target.start(place, log)
        try:
            process.wait(timeout=rng.uniform(0, expected["seconds"]))
            break  # it was quicker
        except subprocess.TimeoutExpired:
            done += 1
            kill(process, whole_group=rng.random() < 0.5)
        torn += target.torn(place) if hasattr(target, "torn") else []
    process = target.start(place, log)
    try:
        code = process.wait(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        kill(process, whole_group=True)
        code = -1
    left = target.left(place) if code == 0 else {}
    lost = [name for name, digest in expected["left"].items() if left.get(name) != digest] + torn
    said = log.read_text(encoding="utf-8", errors="replace")
    return {"kills": done, "crashes": int(code != 0), "lost": lost, "tracebacks": said.count("Traceback (most recent")}


def kill(process, whole_group):
    """SIGKILL for the process, or for all that it started as well; then it is waited for."""
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def seeded(seed, name, number):
    """The random numbers of one campaign."""
    return random.Random(f"{seed} {name} {number}")
