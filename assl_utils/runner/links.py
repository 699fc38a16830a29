"""A copy of a run that takes no room: hard links, which are cut before anything is written through one.

Two names of one file are safe as long as nobody writes into it. `store` writes aside and renames, but other writers (an
adapter's, say) open the old file itself. So a stage's folder is made its own (`make_own`) before the stage runs.
"""

import contextlib
import os
import shutil
from pathlib import Path

from assl_utils import store


def copy_stages(source, target, names):
    """Give ``target`` the folders ``names`` of the run ``source`` that it lacks, by hard links where the disk has them.

    A stage comes whole or not at all: it is gathered under another name first. What else lies in a run, an export say,
    was made of it and is no part of it.
    """
    Path(target).mkdir(parents=True, exist_ok=True)
    for name in lacking(source, target, names):
        part = Path(target) / f".{name}.copy"
        shutil.rmtree(part, ignore_errors=True)
        try:
            shutil.copytree(Path(source) / name, part, copy_function=_link)
            part.rename(Path(target) / name)
        finally:
            shutil.rmtree(part, ignore_errors=True)  # a full disk leaves half of it


def lacking(source, target, names):
    """Those of the folders ``names`` that the run ``source`` has and ``target`` has not."""
    return [name for name in names if (Path(source) / name).is_dir() and not (Path(target) / name).exists()]


def _link(source, target):
    try:
        os.link(source, target, follow_symlinks=True)
    except OSError:  # another disk, no hard links there, or too many
        shutil.copy2(source, target)


def make_own(folder):
    """Cut the hard links in a stage's folder: afterwards each file in it has no other name, with the same content."""
    for path in sorted(Path(folder).rglob("*")):
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink() and path.stat().st_nlink > 1:
                with store.atomic_path(path) as part:
                    shutil.copy2(path, part)
