"""Cells run by hand in a kernel of their own, as in Jupyter: without the runner's variables."""

import asyncio
import os
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

ROOT = Path(__file__).resolve().parents[1]


def run(repo, cells, cwd="notebooks", **variables):
    """Run cells one after the other, whatever they raise, until the kernel dies; returns what each said.

    Parameters
    ----------
    cells : list of str
        Sources, in the order in which somebody runs them.
    variables
        Of the environment, over those of this process without the runner's.
    """
    keep = {name: value for name, value in os.environ.items() if not name.startswith("ASSL_")}
    for name in ("PROFILE", "PROTOCOL", "SEED", "TRIAL", "SET"):
        keep.pop(name, None)
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    place = {"metadata": {"path": f"{repo}/{cwd}"}}
    client = NotebookClient(made, kernel_name="python3", allow_errors=True, resources=place)
    env = {**keep, "PYTHONPATH": str(ROOT), **variables}

    async def execute():
        async with client.async_setup_kernel(env=env):
            for number, cell in enumerate(made.cells):
                try:
                    await client.async_execute_cell(cell, number)
                except DeadKernelError:
                    return

    asyncio.run(execute())
    return [said(cell) for cell in made.cells]


def said(cell):
    """All that a cell printed, and its error as it is shown."""
    return "".join(o.get("text", "") or "\n".join(o.get("traceback", [])) for o in cell.outputs)
