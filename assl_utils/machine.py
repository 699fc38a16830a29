"""What this machine is, and how its cores share a piece of work."""

import functools
import os
import platform
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path

SHARED = "memory shared with the system"  # what a card's name is followed by where it has none of its own


@functools.cache
def _asked():
    """``([(index, identity, name, memory in GB)], trouble)``: what ``nvidia-smi`` says of all cards of the machine."""
    if shutil.which("nvidia-smi") is None:
        return [], ""
    query = ["nvidia-smi", "--query-gpu=index,uuid,name,memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, errors="replace", timeout=20)
    except (OSError, subprocess.SubprocessError) as error:
        return [], f"nvidia-smi is here and gives no answer ({type(error).__name__})"
    said = " ".join((done.stdout + done.stderr).split())[:80]
    if done.returncode:
        return [], "" if "No devices were found" in said else f"nvidia-smi fails: {said}"
    cards = []
    for line in filter(str.strip, done.stdout.splitlines()):
        try:
            index, identity, *name, memory = (word.strip() for word in line.split(","))
            name = ", ".join(name)
            if memory in ("[N/A]", "[Not Supported]", "N/A"):
                cards.append((str(int(index)), identity, f"{name}, {SHARED}", memory_gb()))
            else:
                cards.append((str(int(index)), identity, name, int(memory) / 1024))
        except ValueError:
            return [], f"nvidia-smi answers what cannot be read: {said}"
    return cards, ""


def gpus():
    """``[(name, memory in GB)]`` of the NVIDIA cards that this process may use; empty without driver or card.

    Asked of ``nvidia-smi``, for importing torch to ask takes seconds. ``CUDA_VISIBLE_DEVICES`` holds: numbers (as
    nvidia-smi counts, where the cards differ CUDA may count otherwise) or identities; as with CUDA the list ends at the
    first that is not here. A card without memory of its own has the system's, and its name says so.
    """
    cards, _ = _asked()
    wished = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wished is not None:
        cards = _named(cards, wished)
    return [(name, memory) for _, _, name, memory in cards]


def _named(cards, wished):
    found = []
    for word in map(str.strip, wished.split(",")):
        same = [c for c in cards if word == c[0] or (word.startswith("GPU-") and c[1].startswith(word))]
        if len(same) != 1:
            break
        found += same
    return found


def gpu_trouble():
    """Why a card may be here and is not used, in words; empty where nothing is wrong."""
    cards, trouble = _asked()
    if cards and not gpus():
        return f"CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']} names none of the {len(cards)} here"
    return trouble


def memory_gb():
    """Main memory in GB; inside a container, the container's share."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            total = min(total, int(Path(limit).read_text()))
        except (OSError, ValueError):  # no such file, or the word "max"
            continue
    return total / 2**30


def free_gb():
    """Main memory in GB that could be had now; inside a container, of the container's share."""
    import psutil

    free = psutil.virtual_memory().available
    for folder, limit, used in (
        ("/sys/fs/cgroup", "memory.max", "memory.current"),
        ("/sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
    ):
        try:
            left = int(Path(folder, limit).read_text()) - int(Path(folder, used).read_text())
            words = Path(folder, "memory.stat").read_text().split()
            free = min(free, left + int(words[words.index("inactive_file") + 1]))  # files kept in memory make room
        except (OSError, ValueError):
            continue
    return max(free, 0) / 2**30


def cores():
    """Number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _processor():
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def describe():
    """The machine, as a manifest records it."""
    cards = [{"name": name, "memory_gb": round(memory, 1)} for name, memory in gpus()]
    system = f"{platform.system()} {platform.machine()}"
    return {"system": system, "cpu": _processor(), "cores": cores(), "memory_gb": round(memory_gb(), 1), "gpus": cards}


def threads():
    """Cores this process may use; ``OMP_NUM_THREADS`` lowers it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wish = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores, int(wish))) if wish.isdigit() else cores


def strips(pool, n, work):
    """Run ``work(start, stop)`` on equal strips of ``range(n)``, one per thread of ``pool``; what each returned."""
    parts = min(threads(), max(n, 1))
    edges = [part * n // parts for part in range(parts + 1)]
    jobs = [pool.submit(work, a, b) for a, b in pairwise(edges)]
    return [job.result() for job in jobs]
