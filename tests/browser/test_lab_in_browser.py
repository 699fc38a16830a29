"""The tinkerer's loop in a real JupyterLab: open, see this run's values, edit one, run, read what it did, drop it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import toy_repo

from assl_utils import store
from assl_utils.runner import __main__

ROOT = Path(__file__).resolve().parents[2]
NAMED = ("PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL", "RUN")
DESK = {"viewport": {"width": 1280, "height": 900}}
SUMS_TABLE = (
    "with store.atomic_path(stage.path('sums.csv')) as part:\n"
    "    part.write_text(f'model,sum,terms\\nmix,{total},{k}\\n')"
)


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    """A miniature whose every stage has run once; its second chapter leaves a table."""
    root = toy_repo.build(tmp_path_factory.mktemp("lab") / "repo")
    stages = root / "notebooks/stages.yaml"
    stages.write_text(stages.read_text().replace("writes: [sums.json,", "writes: [sums.json, sums.csv,"))
    (root / "notebooks/values.yaml").write_text("common:\n  k: 1 to 9\n")
    *first, last = toy_repo.SUMS
    toy_repo.write(root, "02_sums", [*first, SUMS_TABLE, last])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSL_ROOT", str(root))
        for name in ("PYTHONPATH", *NAMED):  # the miniature brings modules of its own
            patch.delenv(name, raising=False)
        assert __main__.main(["run", "--profile", "cpu", "--upto", "03"]) == 0
    return root


@pytest.fixture
def run(repo, monkeypatch):
    """``run("drop", "--trial", "lab")``: the status of a command in the miniature."""
    monkeypatch.setenv("ASSL_ROOT", str(repo))
    for name in NAMED:
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: __main__.main(list(arguments))


@pytest.fixture
def lab(repo, tmp_path):
    """The address of a JupyterLab that `make lab` has become, with a home of its own, and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("ASSL_", "JUPYTER"))}
    own = {
        "HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython"), "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"), "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "spaces"),
        "ASSL_ROOT": str(repo), "PYTHONPATH": f"{ROOT}", "PROFILE": "cpu",
        "LAB": f"--no-browser --allow-root --port={port} --ServerApp.port_retries=0 --IdentityProvider.token=''",
    }  # fmt: skip
    for name in NAMED[1:]:
        keep.pop(name, None)
    log = tmp_path / "lab.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "assl_utils.runner", "lab"], cwd=tmp_path, env=keep | own, stdout=out, stderr=out
        )
    address, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 240
    while True:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            break
        except (urllib.error.URLError, OSError):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
    yield address, process
    end(process)


def end(process):
    """Stop a JupyterLab and its kernels, as its owner does with Ctrl-C and ``y``."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:  # a kernel that is just starting can keep it
            process.kill()
            process.wait(30)


@pytest.fixture
def page(visit, lab):
    """A page on JupyterLab; asking any other host fails the test."""
    reader = visit(lab[0], **DESK)
    yield reader.open("")
    shot(reader.page, "end")
    reader.context.close()
    assert not [line for line in reader.wrong if "another host" in line]


def content(folder):
    """Every file of a run and its digest."""
    return {
        p.relative_to(folder).as_posix(): store.sha256(p)
        for p in folder.rglob("*")
        if p.is_file() and p.name != ".lock"
    }


def open_notebook(page, name):
    """Open a notebook from the list of files at the left, as `make lab` shows it; returns its panel."""
    page.locator(".jp-DirListing-item", has_text=f"{name}.ipynb").dblclick()
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for(timeout=120_000)  # its kernel is there
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def replace_line(page, cell, old, new):
    """Type over one line of a cell."""
    cell.locator(".cm-line").filter(has_text=re.compile(f"^{re.escape(old)}")).click()
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.type(new)


def run_all(page):
    """The menu's entry."""
    page.locator(".lm-MenuBar-itemLabel", has_text=re.compile("^Run$")).click()
    page.locator(".lm-Menu-itemLabel", has_text=re.compile("^Run All Cells$")).click()


def test_change_one_value_see_what_it_did_and_drop_it(repo, lab, page, run, capsys, tmp_path):
    before = content(repo / "runs/cpu")
    panel = open_notebook(page, "02_sums")
    code = panel.locator(".jp-CodeCell")
    ours = code.nth(1)
    shown = ("parts: int = 3", "This run's values", "parts = 2", "open_stage")
    panel.get_by_role("heading", name=shown[1]).wait_for()
    for text in (shown[0], *shown[2:]):
        panel.locator(".cm-line", has_text=text).first.wait_for()
    cells = panel.locator(".jp-Cell").all_inner_texts()
    places = [next(at for at, cell in enumerate(cells) if text in cell) for text in shown]
    assert places == sorted(places), "this run's values, under a heading, below the paper's"
    replace_line(page, ours, "k = 2", "k = 3")
    run_all(page)
    opened, last = code.nth(2).locator(".jp-OutputArea"), code.last.locator(".jp-OutputArea")
    last.get_by_text("What follows").wait_for(timeout=40_000)
    assert "Edited here: k = 3 (this run: 2)" in opened.inner_text()
    assert page.locator(".jp-toast-button, .jp-Dialog").count() == 0, "no news, no updates, no choice of a kernel"
    verdict = last.inner_text()
    assert "Against runs/cpu: 2 of 2 numbers in its tables moved, the most mix · sum in sums.csv: 2 → 6" in verdict
    assert re.search(r"`make 03 PROFILE=cpu TRIAL=lab` runs 02, 03 in about \d+ s", verdict)
    shot(page, "toy")
    assert content(repo / "runs/cpu") == before
    assert store.read_json(repo / "runs/cpu-lab/02_sums/sums.json") == {"sum": 6.0}
    assert run("drop", "--trial", "lab") == 2 and "is open in process" in capsys.readouterr().err
    end(lab[1])
    assert run("drop", "--trial", "lab") == 0 and not (repo / "runs/cpu-lab").exists()
    assert content(repo / "runs/cpu") == before


PANEL = """import matplotlib.pyplot as plt
import pandas as pd
from assl_utils.panels.controls import Panel, Range, View
def follow(k):
    return View(f"twice: {2 * k}", pd.DataFrame({"k": [k]}), lambda: plt.subplots()[0])
Panel({"k": Range(1, 9)}, globals(), follow).show()"""


def test_a_slider_moves_the_table_and_the_button_changes_the_cell_of_the_open_notebook(repo, lab, page):
    copy = repo / "runs/cpu-lab/notebooks/02_sums.ipynb"
    written = store.read_json(copy)
    written["cells"].append(toy_repo.cell("code", PANEL, 99))
    store.write_json(written, copy)
    panel = open_notebook(page, "02_sums")
    run_all(page)
    panel.get_by_text("twice: 4").wait_for(timeout=120_000)
    button = panel.get_by_role("button", name="Write into the parameters cell")
    assert button.is_disabled(), "nothing is changed yet"
    readout = panel.locator(".widget-readout").first
    readout.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    panel.get_by_text("twice: 10").wait_for(timeout=60_000)
    assert panel.locator("td", has_text=re.compile("^5$")).count() == 1
    assert panel.locator("img.widget-image").evaluate("image => image.naturalWidth") > 100
    button.click()
    panel.get_by_text("Written into the cell of parameters").wait_for(timeout=60_000)
    top, ours = (panel.locator(".jp-CodeCell").nth(i).locator(".cm-line") for i in (0, 1))
    assert ours.filter(has_text=re.compile(r"^k = 5  # neighbours$")).count() == 1
    assert top.filter(has_text=re.compile(r"^k: int = 2  # neighbours$")).count() == 1
    shot(page, "panel")


def shot(page, name):
    """A picture for whoever wants to look: SHOTS=folder."""
    if folder := os.environ.get("SHOTS"):
        page.screenshot(path=f"{folder}/{name}.png")
