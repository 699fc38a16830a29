"""The code of a how-to page, run as it stands: in order, in a folder and a Python of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(?:\{code-block\} )?(\w+)\n(?::caption: ([^\n]+)\n)?(.*?)^```$", re.DOTALL | re.MULTILINE)
SHELL = "import subprocess\nsubprocess.run(['bash', '-euo', 'pipefail', '-c', {code!r}], check=True)\n"


class Page:
    """A page of the book and its code blocks.

    Parameters
    ----------
    name : str
        Without the ending, such as ``"your_own"``.

    Attributes
    ----------
    text : str
    found : list of (str, str, str)
        Language, caption (empty if there is none) and code of each block, in order.
    """

    def __init__(self, name):
        self.text = (ROOT / f"book/{name}.md").read_text(encoding="utf-8")
        self.found = BLOCK.findall(self.text)

    def blocks(self, language):
        """The code blocks of a language, with the caption of each."""
        return [(caption, code) for name, caption, code in self.found if name == language]

    def code(self):
        """What the blocks without caption do, as one Python program; shell blocks run in a shell."""
        as_python = {"python": str, "bash": lambda code: SHELL.format(code=code)}
        return "\n".join(as_python[name](code) for name, caption, code in self.found if not caption)

    def words(self):
        """How many words of prose it has."""
        return len(BLOCK.sub("", self.text).split())


def run(folder, code, told, **variables):
    """Run the code in a folder, then ``told``, which prints ``found`` and JSON; that, and all that was printed."""
    out = subprocess.run(
        [sys.executable, "-c", code + told], cwd=folder, capture_output=True, encoding="utf-8", timeout=1200,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "ASSL_PROGRESS": "off"} | variables,
    )  # fmt: skip
    assert out.returncode == 0, out.stdout + out.stderr
    before, _, found = out.stdout.rpartition("found ")
    return json.loads(found), before
