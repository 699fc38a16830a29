"""Profiles, what each needs of a machine, and which one this machine gets."""

from pathlib import Path

from assl_utils.machine import cores, gpus
from assl_utils.runner.pipeline import RunnerError, read_yaml


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
