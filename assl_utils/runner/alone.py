"""The cell by which a notebook that lies alone, as in Colab, fetches its project, installs it and runs what it reads.

Every chapter carries it behind its parameters; where the project is installed it does nothing. It is written from here:

    python -m assl_utils.runner.alone    # after `repository` in book/_config.yml was set or changed
"""

import json
import sys

import yaml

from assl_utils import store
from assl_utils.runner import notebook, pipeline

ID = "alone"
CELL = """\
import importlib.util
import os
import subprocess
import sys

project = os.environ.get("ASSL_PROJECT", "{address}")  # address of the project's git repository
if importlib.util.find_spec("assl_utils") is None:  # this notebook lies alone, as in Colab
    if not project:
        raise ModuleNotFoundError("this notebook needs its project: set ASSL_PROJECT to its git repository, run again")
    if not os.path.isdir("silversight"):
        subprocess.run(["git", "clone", "--quiet", "--depth=1", project, "silversight"], check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--editable", "silversight"], check=True)
    os.chdir("silversight")
    sys.path.insert(0, os.getcwd())
"""
BEFORE = """\
    before = ["run", "--profile", "cpu", "--upto", "{upto}"]  # what this chapter reads
    subprocess.run([sys.executable, "-m", "assl_utils.runner", *before], check=True)
"""


def address(root):
    """The address of the project's repository, of ``book/_config.yml``; empty where none is set."""
    settings = yaml.safe_load((root / "book" / "_config.yml").read_text(encoding="utf-8"))
    return settings.get("repository", {}).get("url") or ""


def source(step, address):
    """The text of the cell for a chapter."""
    text = CELL.replace("{address}", address)
    if step.upstream:
        text += BEFORE.replace("{upto}", max(name[:2] for name in step.upstream))
    return text.rstrip("\n")


def cell(step, address):
    """The cell as a notebook has it; pages leave it out."""
    lines = source(step, address).splitlines(keepends=True)
    return {
        "cell_type": "code", "execution_count": None, "id": ID, "metadata": {"tags": [notebook.LEFT_OUT]},
        "outputs": [], "source": lines,
    }  # fmt: skip


def write(root):
    """Put the cell behind the parameters of every chapter, in place of the one that is there."""
    here = address(root)
    for step in pipeline.load(root).steps:
        path = root / "notebooks" / f"{step.name}.ipynb"
        written = json.loads(path.read_text(encoding="utf-8"))
        cells = [one for one in written["cells"] if one.get("id") != ID]
        at = next(i for i, one in enumerate(cells) if "parameters" in notebook.tags(one))
        written["cells"] = [*cells[: at + 1], cell(step, here), *cells[at + 1 :]]
        with store.atomic_path(path) as part:
            part.write_text(json.dumps(written, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(write(store.root()))
