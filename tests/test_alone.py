"""One chapter in an empty folder, with a Python that has nothing of this project, as Colab would run it.

`make test-alone`: minutes, for it installs the project and runs chapter 1 before chapter 2.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = "02_instruction_expansion"


@pytest.mark.skipif("ASSL_ALONE" not in os.environ, reason="minutes, and it installs packages: make test-alone")
def test_a_notebook_alone_fetches_its_project_and_runs_to_its_end(tmp_path):
    python = tmp_path / "python" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "python"], check=True)
    torch = (ROOT / "requirements" / "torch.txt").read_text().split()[0]
    for words in (["nbclient", "ipykernel"], [torch]):  # Colab has Jupyter and torch
        subprocess.run([python, "-m", "pip", "install", "--quiet", *words], check=True)
    place = tmp_path / "a folder of its own"
    place.mkdir()
    shutil.copyfile(ROOT / "notebooks" / f"{CHAPTER}.ipynb", place / f"{CHAPTER}.ipynb")
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("ASSL_", "PYTHONPATH", "VIRTUAL"))
    }
    kept |= {"PATH": f"{python.parent}:{os.environ['PATH']}", "ASSL_PROJECT": f"file://{ROOT}"}
    script = (
        "import sys, nbformat, nbclient\n"
        "book = nbformat.read(sys.argv[1], 4)\n"
        "nbclient.NotebookClient(book, timeout=None, kernel_name='python3').execute()\n"
        "nbformat.write(book, 'done.ipynb')\n"
    )
    subprocess.run([python, "-c", script, f"{CHAPTER}.ipynb"], cwd=place, env=kept, check=True)
    cells = json.loads((place / "done.ipynb").read_text("utf-8"))["cells"]
    assert all(cell["execution_count"] for cell in cells if cell["cell_type"] == "code")
    run = place / "silversight" / "runs" / "cpu-lab"
    assert (run / CHAPTER / "rows.parquet").exists() and (place / "silversight/runs/cpu/01_data_collection").is_dir()
