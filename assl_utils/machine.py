"""What this machine is, and how its cores share a piece of work."""

import functools
import os
import platform
import shutil
import subprocess
from itertools import pairwise
from pathlib import Path


@functools.cache
def gpus():
    """``[(name, memory in GB)]`` of the NVIDIA cards that the driver reports; empty without driver or card.

    Asked of ``nvidia-smi``, for importing torch to ask takes seconds.
    """
    if shutil.which("nvidia-smi") is None:
        return []
    query = ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader,nounits"]
    try:
        text = subprocess.run(query, capture_output=True, text=True, check=True, timeout=20).stdout
        rows = [line.rsplit(",", 1) for line in text.splitlines() if line.strip()]
        return [(name.strip(), int(memory) / 1024) for name, memory in rows]
    except (OSError, ValueError, subprocess.SubprocessError):
        return []  # a driver without a card, or a card that does not tell its memory


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
