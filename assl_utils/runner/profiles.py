"""Profiles, what each needs of a machine, and which one this machine gets."""

import re
from pathlib import Path

from assl_utils.errors import near
from assl_utils.machine import cores, gpu_trouble, gpus
from assl_utils.runner.pipeline import RunnerError, read_page

HEADER = ("about", "needs", "outlook", "common")  # what a profile holds beside one section per chapter
NEEDS = {"gpu_gb": (int, float), "by_name": bool, "not_yet": str}
OUTLOOK = ("operations", "encoder_bytes", "base_model_bytes")
NAME = "[a-z0-9_]+"


def names(root):
    """Names of the profiles in ``notebooks/profiles``; files with other names are none."""
    paths = (Path(root) / "notebooks" / "profiles").glob("*.yaml")
    return sorted(path.stem for path in paths if re.fullmatch(NAME, path.stem))


def path_of(root, profile):
    """File of a profile; an unknown name, or a path in place of one, is answered with the known ones."""
    known = names(root)
    if profile not in known:
        told = f"`{profile[:60]}`"
        if not re.fullmatch(NAME, profile):
            form = "one is small letters, digits and _"
            raise RunnerError(f"{told} names no profile: {form} (there are: {', '.join(known)})")
        raise RunnerError(f"there is no profile {told}{near(profile, known)} (there are: {', '.join(known)})")
    return Path(root) / "notebooks" / "profiles" / f"{profile}.yaml"


def header(root, profile):
    """The ``about``, ``needs`` and ``outlook`` of one profile; another form is an error with file and line.

    ``outlook`` holds what `assl_utils.runner.outlook` says before a run: ``operations`` of the study, and the bytes
    that the profile's own ``encoder`` and ``base_model`` take on the hub.
    """
    path = path_of(root, profile)
    page = read_page(path)
    needs, outlook = page.content.get("needs") or {}, page.content.get("outlook") or {}

    def wrong(key, problem):
        return RunnerError(f"{path.name}, line {page.lines[key]}: {problem}")

    if not isinstance(page.content.get("about", ""), str):
        raise wrong(("about",), "`about` is one sentence")
    if not isinstance(needs, dict):
        raise wrong(("needs",), f"`needs` holds {', '.join(NEEDS)}")
    for key, value in needs.items():
        if key not in NEEDS:
            raise wrong(("needs", key), f"`needs` has no entry `{key}`; known are {', '.join(NEEDS)}")
        if not isinstance(value, NEEDS[key]) or isinstance(value, bool) != (NEEDS[key] is bool):
            form = {"gpu_gb": "a number", "by_name": "true or false", "not_yet": "a sentence"}[key]
            raise wrong(("needs", key), f"`{key}` is {form}, not {value!r}")
    if not isinstance(outlook, dict):
        raise wrong(("outlook",), f"`outlook` holds {', '.join(OUTLOOK)}")
    for key, value in outlook.items():
        if key not in OUTLOOK:
            raise wrong(("outlook", key), f"`outlook` has no entry `{key}`; known are {', '.join(OUTLOOK)}")
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e30:
            raise wrong(("outlook", key), f"`{key}` is a number above 0, not {value!r}")
    return {"about": page.content.get("about", ""), "needs": needs, "outlook": outlook}


def missing(about, cards):
    """What a profile with the header ``about`` needs and this machine lacks, in words; empty when it can run.

    A profile's ``needs`` may hold ``gpu_gb`` (memory of the largest card), ``by_name: true`` (it runs only where it is
    asked for) and ``not_yet`` (a sentence: what about it is not proven; it then runs only by name).
    """
    needs = about["needs"]
    if needs.get("not_yet"):
        return f"is not ready: {needs['not_yet']}"
    largest = max((memory for _, memory in cards), default=0)
    if needs.get("gpu_gb", 0) > largest:
        return f"needs a GPU with {needs['gpu_gb']} GB" + (f", the largest here has {largest:.1f}" if cards else "")
    return ""


def choose_profile(root, wanted=None, cards=None):
    """The profile to run and a sentence that says why.

    Without a wish it is the most demanding profile that is complete and that this machine can run. Only the wished one
    is read then; without a wish one that cannot be read is passed over, and the sentence says so.
    """
    cards = gpus() if cards is None else cards
    if wanted:
        lacking = missing(header(root, wanted), cards)
        said = f"profile {wanted}, as asked" + (f" (though it {lacking})" if lacking else "")
        return wanted, said + (_way_out(cards) if "needs a GPU" in lacking else "")
    known, lacking = {}, {}
    for name in names(root):
        try:
            known[name] = header(root, name)
            lacking[name] = missing(known[name], cards)
        except RunnerError as error:
            lacking[name] = f"cannot be read: {error}"
    able = [name for name in known if not lacking[name] and not known[name]["needs"].get("by_name")]
    if not able:
        raise RunnerError("no profile in notebooks/profiles can run on this machine: " + str(lacking))
    best = max(able, key=lambda name: known[name]["needs"].get("gpu_gb", 0))
    machine = " + ".join(f"{name} ({memory:.0f} GB)" for name, memory in cards) or f"{cores()} cores, no GPU"
    if not cards and (trouble := gpu_trouble()):
        machine += f" ({trouble})"
    waiting = [name for name, why in lacking.items() if why.startswith("is not ready")]
    others = [f"{name} {why}" for name, why in lacking.items() if why and name not in waiting]
    others += [f"{name} only by name" for name in known if not lacking[name] and _on_a_gpu_by_name(known[name])]
    others = "; ".join(others + ([f"not ready yet: {', '.join(waiting)}"] if waiting else []))
    return best, f"profile {best}: {machine}" + (f" ({others})" if others else "")


def _on_a_gpu_by_name(about):
    return bool(about["needs"].get("by_name") and about["needs"].get("gpu_gb"))


def _way_out(cards):
    """What someone may do who asked for a profile that is too much for this machine."""
    if not cards:
        return ": on a CPU this takes many times as long; without PROFILE the one for this machine is taken"
    return ': it may run out of memory; SET="quantize=4bit" takes a quarter for the weights, a smaller profile less'
