"""A Python that has a few packages and what they require, and nothing else of this environment."""

import importlib.metadata
import sys
import sysconfig
import venv
from pathlib import Path

from packaging.requirements import Requirement


def build(folder, *packages):
    """Make the environment in ``folder``, its packages links to the installed ones; returns the interpreter."""
    venv.create(folder, with_pip=False, symlinks=True)
    base = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", base))
    for name in required(packages):
        for file in importlib.metadata.files(name):
            top = Path(file.parts[0])
            if top.name not in ("..", "__pycache__") and not (site / top).exists():
                (site / top).symlink_to(importlib.metadata.distribution(name).locate_file(top))
    return Path(sysconfig.get_path("scripts", "venv", base)) / Path(sys.executable).name


def required(packages):
    """The packages and all they require here, without extras."""
    found, todo = set(), {name.lower() for name in packages}
    while todo:
        name = todo.pop()
        found.add(name)
        for text in importlib.metadata.requires(name) or []:
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                todo |= {requirement.name.lower()} - found
    return sorted(found)
