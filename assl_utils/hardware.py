"""What this machine is, and which profile fits it."""

import functools
import os
import platform
import shutil
import subprocess
from pathlib import Path

from assl_utils.pipeline import RunnerError, read_yaml


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


def profiles(root):
    """``{name: header}`` of the profiles in ``notebooks/profiles``: their ``about`` and ``needs``."""
    paths = sorted((Path(root) / "notebooks" / "profiles").glob("*.yaml"))
    return {path.stem: {"about": "", **read_yaml(path)} for path in paths}


def missing(header, cards):
    """What a profile needs and this machine lacks, in words; empty when it can run.

    A profile's ``needs`` may hold ``gpu_gb`` (memory of the largest card), ``by_name: true`` (it runs only where it is
    asked for) and ``not_yet`` (a sentence: what about it is not proven; it then runs only by name).
    """
    needs = header.get("needs") or {}
    if needs.get("not_yet"):
        return f"is not ready: {needs['not_yet']}"
    largest = max((memory for _, memory in cards), default=0)
    if needs.get("gpu_gb", 0) > largest:
        return f"needs a GPU with {needs['gpu_gb']} GB" + (f", the largest here has {largest:.1f}" if cards else "")
    return ""


def choose_profile(root, wanted=None, cards=None):
    """The profile to run and a sentence that says why.

    Without a wish it is the most demanding profile that is complete and that this machine can run.
    """
    cards = gpus() if cards is None else cards
    known = profiles(root)
    if wanted:
        lacking = missing(known[wanted], cards) if wanted in known else ""
        return wanted, f"profile {wanted}, as asked" + (f" (though it {lacking})" if lacking else "")
    lacking = {name: missing(header, cards) for name, header in known.items()}
    able = [name for name in known if not lacking[name] and not (known[name].get("needs") or {}).get("by_name")]
    if not able:
        raise RunnerError("no profile in notebooks/profiles can run on this machine: " + str(lacking))
    best = max(able, key=lambda name: (known[name].get("needs") or {}).get("gpu_gb", 0))
    machine = " + ".join(f"{name} ({memory:.0f} GB)" for name, memory in cards) or f"{cores()} cores, no GPU"
    waiting = [name for name, why in lacking.items() if why.startswith("is not ready")]
    others = [f"{name} {why}" for name, why in lacking.items() if why and name not in waiting]
    others = "; ".join(others + ([f"not ready yet: {', '.join(waiting)}"] if waiting else []))
    return best, f"profile {best}: {machine}" + (f" ({others})" if others else "")
