"""What a run on real data and models will take, said before it begins: downloads, time, price, what is left out.

Time is arithmetic from the profile's ``operations`` (chapter 12 counts them) and the rate of a plain product that the
quick check measured on this card; nobody measured the study itself on a GPU. Chapters 3, 5 and 6 try some batches
before their long steps and then say it better.
"""

import shutil

from assl_utils.hub import download, snapshots
from assl_utils.progress import seconds
from assl_utils.runner.named_models import PARAMETERS, cache, cache_variable
from assl_utils.runner.pipeline import RunnerError

SHARES = (0.40, 0.10)  # of a plain product's rate: the goal of gpu-check, and a slow run
REGISTRY = "assl_utils/data/registry.yaml"


def lines(root, about, resolved, pending, rate=None):
    """Sentences for a person who is about to wait.

    Parameters
    ----------
    root : path
    about : dict
        The profile's header, see `assl_utils.runner.profiles.header`.
    resolved : Resolved
    pending : list of str
        The chapters that are to run.
    rate : float, optional
        Operations per second of a plain product here.

    Raises
    ------
    RunnerError
        The models that are to come are known to be larger than what is left on the disk for them.
    """
    found = [*_models(about, resolved, pending), *_data(root, resolved, pending)]
    if not found and not about["outlook"]:
        return []
    return [*found, *_time(about, resolved, pending, rate), "Ctrl-C loses nothing: the same command goes on from there"]


def _models(about, resolved, pending):
    named = {}
    for stage in pending:
        for key in PARAMETERS:
            value = resolved.values[stage].get(key)
            if value and snapshots.parse(value):
                named[key, value] = str(resolved.given[stage].get(key, "")).startswith("profile ")
    known, texts = 0, []
    for (key, value), own in named.items():
        if _is_here(value):
            texts.append(f"{key} {snapshots.without_revision(value)}: here already")
            continue
        size = about["outlook"].get(f"{key}_bytes") if own else None
        known += size or 0
        texts.append(f"{key} {snapshots.without_revision(value)}: {gigabytes(size) if size else 'size unknown'}")
    if known and not download.offline():
        _check_room(known)
    return [f"to download: {'; '.join(texts)}"] if texts else []


def _is_here(name):
    """Whether all files of a pinned name are here; of another one only the hub could say, and it is not asked yet."""
    named = snapshots.parse(name)
    return bool(download.COMMIT.fullmatch(named.revision or "")) and snapshots.is_here(name)


def _check_room(size):
    place = cache()
    there = next(folder for folder in (place, *place.parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if free < size:
        raise RunnerError(
            f"the models take {gigabytes(size)}, and the disk of {place} has {gigabytes(free)} left: make room, or "
            f"name a folder on a larger disk in {cache_variable()}; nothing was downloaded"
        )


def _data(root, resolved, pending):
    stage = next((s for s in pending if "accept_noncommercial" in resolved.values[s]), None)
    if stage is None or resolved.values[stage]["data"] not in ("hub", "local"):
        return []
    way, forbidden, files = resolved.values[stage]["data"], [], 0
    for entry in _sources(root):
        mine = [f for f in entry["files"] if (f["way"] == "mirror") == (way == "local")]
        if mine and all(f.get("licence", entry["licence"])["commercial"] == "no" for f in mine):
            forbidden.append(entry["slug"])
        files += len(mine)
    found = []
    if way == "hub":
        found.append(f"to download: at most {files} files of the sources in chapter 1, their bytes unknown until then")
    if forbidden and not resolved.values[stage]["accept_noncommercial"]:
        found.append(
            f"left out, for their licences forbid commercial use: {', '.join(forbidden)}; if yours is none, add "
            'SET="accept_noncommercial=true"'
        )
    return found


def _sources(root):
    import yaml

    return yaml.safe_load((root / REGISTRY).read_text(encoding="utf-8"))["sources"]


def _time(about, resolved, pending, rate):
    work = about["outlook"].get("operations")
    if not work:
        return []
    if not rate:
        return ["time: unknown, no GPU was measured here; chapters 3, 5 and 6 say it before their long steps"]
    low, high = (work / (rate * share) for share in SHARES)
    text = (
        f"time: for the whole study {seconds(low)} to {seconds(high)} by arithmetic, training and choosing only "
        f"({work:.1e} operations, {SHARES[0]:.0%} to {SHARES[1]:.0%} of the {rate / 1e12:.0f} TFLOP/s measured on a "
        "card); not measured, chapters 3, 5 and 6 say it better"
    )
    hourly = max((resolved.values[s].get("hourly_rate", 0) for s in pending), default=0)
    if hourly:
        return [text, f"price: {low / 3600 * hourly:.2f} to {high / 3600 * hourly:.2f} at {hourly:g} an hour"]
    return [text, 'price: SET="hourly_rate=…", what an hour of this machine costs, makes it a sum']


def gigabytes(size):
    """``2.3 GB``, ``4.1 MB``."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"
