"""A made-up ``nvidia-smi`` on the PATH, for machines with no card, one, two, or a strange one."""

from assl_utils import machine

H100 = "NVIDIA H100 80GB HBM3, 81559"
L4 = "NVIDIA L4, 23034"
SMALL = "NVIDIA GeForce RTX 3070, 8192"
SHARED = "NVIDIA GB10, [N/A]"


def install(monkeypatch, folder, *cards, answer=None, status=0):
    """Put an ``nvidia-smi`` that reports ``cards`` (name, memory), or gives another answer, first on the PATH."""
    rows = [f"{number}, GPU-{number}a{number}b, {card}" for number, card in enumerate(cards)]
    text = "\n".join(rows) if answer is None else answer
    folder.mkdir(parents=True, exist_ok=True)
    listed = "\n".join(f"GPU {row}" for row in rows)
    (folder / "nvidia-smi").write_text(
        f"#!/bin/sh\nif [ \"$1\" = -L ]; then cat <<'E'\n{listed}\nE\nelse cat <<'E'\n{text}\nE\nfi\nexit {status}\n"
    )
    (folder / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    machine._asked.cache_clear()
