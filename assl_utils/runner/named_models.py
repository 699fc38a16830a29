"""Models of the hub that chapters name: which commit each name stands for, settled before the first chapter runs.

A profile pins ``owner/name@commit``. A name without one, or with a tag or a branch, is asked for once, before
the first chapter; the chapters get it with its commit, and their manifests keep it under ``models``. Where the name
stands for another commit the next time, the chapters that used it run again.
"""

import os

from assl_utils.errors import DataError
from assl_utils.hub import repos, snapshots
from assl_utils.runner import disk
from assl_utils.runner.pipeline import RunnerError

PARAMETERS = ("encoder", "base_model")


class Commits:
    """Which commit each name stands for, as far as it is known.

    Until `fetch` has asked, a name stands for the commit that was last seen here, and nobody is asked anything.
    """

    def __init__(self):
        self._known = {}

    def fetch(self, chapters):
        """Bring the models that chapters name to this machine, each once; a line for each says which and where from.

        Parameters
        ----------
        chapters : iterable of dict
            The parameters of each chapter that is to run.

        Raises
        ------
        RunnerError
            A model cannot be had: the message says which parameter names it, why, and what to do.
        """
        for name, parameter in {name: key for chapter in chapters for key, name in _named(chapter).items()}.items():
            try:
                commit = snapshots.commit_of(name)
                here = snapshots.is_here(name)
                if not here:
                    yield f"{parameter} {name}: fetching commit {commit[:12]}"
                snapshots.folder(name)
            except DataError as error:
                raise RunnerError(f"{parameter}: {error}") from error
            except OSError as error:
                if error.errno not in disk.FULL:
                    raise
                raise RunnerError(
                    f"{parameter} {name}: the disk of {cache()} is full: make room, or name a folder on a larger disk "
                    f"in {cache_variable()}; what had come whole is kept, and the same command goes on"
                ) from error
            self._known[name] = commit
            yield f"{parameter} {name}: commit {commit[:12]}, {'here already' if here else 'fetched and checked'}"

    def injected(self, parameters):
        """The parameters that name a model, each with its commit."""
        return {
            key: str(snapshots.Named(snapshots.without_revision(name), self._of(name)))
            for key, name in _named(parameters).items()
            if self._of(name)
        }

    def signed(self, parameters):
        """What a manifest keeps of them: ``{"models": {"encoder": {"name": …, "commit": …}}}``; nothing without any."""
        found = {
            key: {"name": snapshots.without_revision(name), "commit": self._of(name)}
            for key, name in _named(parameters).items()
        }
        return {"models": found} if found else {}

    def moved(self, manifest):
        """A reason for each name that stands for another commit than when a chapter ran."""
        before, named = manifest.get("models", {}), _named(manifest["parameters"])
        return [
            f"{key} {name} moved: commit {before[key]['commit'][:12]} → {now[:12]}"
            for key, name in named.items()
            if key in before and (now := self._of(name)) and before[key]["commit"] and now != before[key]["commit"]
        ]

    def _of(self, name):
        if name not in self._known:
            try:
                return snapshots.last_seen(name)
            except DataError:  # no name of a repository, as `fetch` will say
                return None
        return self._known[name]


def _named(parameters):
    """The parameters whose value is a name of the hub."""
    values = {key: parameters[key] for key in PARAMETERS if key in parameters}
    return {key: value for key, value in values.items() if isinstance(value, str) and snapshots.parse(value)}


def cache():
    """The folder in which the models of the hub are kept."""
    return repos.storage("x").parent


def cache_variable():
    """The variable that moves it."""
    return "ASSL_CACHE" if os.environ.get("ASSL_CACHE") else "HF_HUB_CACHE"
