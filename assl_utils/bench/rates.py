"""What the machine does at best, and how long a piece of work takes on it."""

import os
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from assl_utils.machine import strips, threads

RUNS = 3
PATIENCE = 75.0  # seconds of one side after which it is not repeated again
COMPARED = (
    "numpy", "numba", "scikit-learn", "faiss-cpu", "rapidfuzz", "rouge-chinese", "torch", "sentence-transformers",
)  # fmt: skip


@dataclass
class Machine:
    """What the processor does at best, measured."""

    gemm: float  # float32 operations per second in a matrix product
    bandwidth: float  # bytes per second, read and written, in a copy


def timed(*works, runs=RUNS, patience=PATIENCE):
    """Seconds of several runs of each work, fewer of one that takes long, and its last result, as a pair a work.

    The works take turns: a slow minute of a shared machine meets all of them.
    """
    seconds, results = [[] for _ in works], [None] * len(works)
    for _ in range(runs):
        for number, (work, taken) in enumerate(zip(works, seconds, strict=True)):
            if not taken or sum(taken) + taken[-1] < patience:
                start = time.perf_counter()
                results[number] = work()
                taken.append(time.perf_counter() - start)
    return list(zip(seconds, results, strict=True))


def measure_machine():
    """Rates of a 2048 × 2048 × 768 product and of a copy of 256 MB by all threads, the best of several."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((2048, 768), dtype=np.float32)
    out = np.empty((2048, 2048), dtype=np.float32)
    gemm = min(timed(lambda: np.matmul(a, a.T, out=out), runs=7)[0][0])
    source = np.ones(1 << 26, dtype=np.float32)
    target = np.zeros_like(source)
    with ThreadPoolExecutor(threads()) as pool:

        def copy():
            strips(pool, len(source), lambda i, j: np.copyto(target[i:j], source[i:j]))

        copied = min(timed(copy, runs=7)[0][0])
    return Machine(2 * 2048 * 2048 * 768 / gemm, 2 * source.nbytes / copied)


def describe_machine(machine):
    """Processor, memory, versions and measured rates."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = lines[0] if lines else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return {
        "processor": model,
        "threads": threads(),
        "memory_gb": round(memory / 2**30, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in COMPARED},
        "load_before": [round(x, 2) for x in os.getloadavg()] if hasattr(os, "getloadavg") else None,
        "gemm_gflops": round(machine.gemm / 1e9, 1),
        "copy_gb_per_s": round(machine.bandwidth / 1e9, 1),
    }


def product_rate(precision):
    """Operations per second of torch's matrix product in a precision."""
    import torch

    from assl_utils.experts import estimate

    return estimate.measure("cpu", getattr(torch, precision)).products
