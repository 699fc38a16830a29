"""Jobs in children of this process: results, errors, and children that end with their parent, whatever ended it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import shard_work
from shard_work import environment, numbered, wait_for

from assl_utils import jobs as assl_jobs
from assl_utils import machine, processes, progress


def test_the_heaviest_jobs_are_begun_first_and_results_stay_in_order(tmp_path):
    jobs = numbered(tmp_path, 5, seconds=0.1)
    assert assl_jobs.run(shard_work.square, jobs, workers=2, weights=[1, 5, 2, 4, 3]) == [0, 1, 4, 9, 16]
    began = sorted(range(5), key=lambda n: int(shard_work.starts(tmp_path, n)[0].suffix[1:]))
    assert set(began[:2]) == {1, 3} and began[2:] == [4, 2, 0]


def test_children_do_the_jobs_side_by_side_each_with_one_thread(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSL_PROGRESS", str(tmp_path / "progress"))
    before = environment()
    places = assl_jobs.run(shard_work.place, [{}] * 4, workers=2, threads=1, label="outer")
    assert len({place["pid"] for place in places} - {os.getpid()}) == 2 and environment() == before
    assert {(place["threads"], place["OMP_NUM_THREADS"]) for place in places} == {(1, "1")}
    watcher = progress.Watcher(tmp_path / "progress")
    watcher.poll()
    events = [json.loads(line) for line in (tmp_path / "progress").read_text().splitlines()]
    assert watcher.text() == "" and [e["label"] for e in events if e["end"]] == ["inner"] * 4 + ["outer"]


def test_one_worker_or_one_job_needs_no_child():
    for jobs, workers in (([{}] * 2, 1), ([{}], 4), ([{}] * 2, None)):
        assert {place["pid"] for place in assl_jobs.run(shard_work.place, jobs, workers=workers)} == {os.getpid()}


def test_a_childs_error_says_where_it_came_up(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        assl_jobs.run(shard_work.refuses, numbered(tmp_path, 3, victim=1), workers=2)
    assert "shard_work.py" in str(caught.value.__cause__) and "in refuses" in str(caught.value.__cause__)
    with pytest.raises(Exception, match=r"[Cc]an't (get|pickle) local object.*unlike_a_pickle") as caught:
        assl_jobs.run(shard_work.unlike_a_pickle, [{"number": 1}] * 2, workers=2)
    assert "in job 1 of 2, unlike_a_pickle(number=1)" in caught.value.__notes__ or "job 2" in caught.value.__notes__[0]


def test_a_killed_child_is_reported_with_its_job_and_the_others_end(tmp_path):
    children = set(psutil.Process().children(recursive=True))
    with pytest.raises(
        RuntimeError, match=r"^job 2 of 9, dies\(.*\): its process was killed \(SIGKILL\).*memory.*fewer"
    ):
        assl_jobs.run(shard_work.dies, numbered(tmp_path, 9, victim=1, times=9), workers=2)
    left = set(psutil.Process().children(recursive=True)) - children
    assert [process for process in left if "spawn_main" in " ".join(process.cmdline())] == []


def test_another_jobs_failure_ends_what_is_under_way_as_a_signal_would(tmp_path):
    began = time.monotonic()
    with pytest.raises(RuntimeError, match="job 2 of 2, dies_or_waits"):
        assl_jobs.run(shard_work.dies_or_waits, numbered(tmp_path, 2), workers=2)
    assert (tmp_path / "saved.0").exists() and time.monotonic() - began < 50


SCRIPT = """
import shard_work
from assl_utils import jobs
work = [{"folder": FOLDER, "number": n, "seconds": 60} for n in range(2)]
try:
    jobs.run(shard_work.waits, work, workers=2)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_children_save_and_end_with_a_parent_that_ends_in_whatever_way(tmp_path, number):
    """The parent has no main file, as in a notebook; Ctrl-C reaches all of its group, as in a terminal."""
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(assl_jobs.__file__).parents[1])])
    command = [sys.executable, "-c", SCRIPT.replace("FOLDER", repr(str(tmp_path)))]
    parent = subprocess.Popen(
        command, env={**os.environ, "PYTHONPATH": paths}, start_new_session=True, stdout=subprocess.PIPE
    )
    wait_for(lambda: len([file for file in tmp_path.glob("pid.*") if file.read_text()]) == 2)
    children = [psutil.Process(int(file.read_text())) for file in tmp_path.glob("pid.*")]
    (os.killpg if number == signal.SIGINT else os.kill)(parent.pid, number)
    out, _ = parent.communicate(timeout=30)
    wait_for(lambda: not any(child.is_running() for child in children), 30)
    assert len(list(tmp_path.glob("saved.*"))) == 2
    assert (parent.returncode, out) == ((0, b"stopped\n") if number == signal.SIGINT else (-number, b""))


def test_children_work_in_a_kernel_under_papermill(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    from assl_utils.runner import execute

    code = f"""import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import shard_work
from assl_utils import jobs
work = [{{"folder": {str(tmp_path)!r}, "number": n}} for n in range(3)]
print(jobs.run(shard_work.square, work, workers=2))"""
    cells = [nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}), nbformat.v4.new_code_cell(code)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "a.ipynb")
    monkeypatch.setenv("PYTHONPATH", str(Path(assl_jobs.__file__).parents[1]))
    done = execute.execute(tmp_path / "a.ipynb", {}, tmp_path)
    said = [output["text"] for cell in done.notebook.cells for output in cell.get("outputs", [])]
    assert said == ["[0, 1, 4]\n"]


def test_a_function_of_the_notebook_is_refused_with_the_way_out(monkeypatch):
    monkeypatch.setattr(shard_work.square, "__module__", "__main__")
    with pytest.raises(ValueError, match="square is defined in this notebook or script: move it to a module"):
        assl_jobs.run(shard_work.square, [{}] * 2, workers=2)


def test_room_is_cores_and_memory_and_one_in_a_child(monkeypatch):
    monkeypatch.setattr(machine, "threads", lambda: 8)
    monkeypatch.setattr(machine, "free_gb", lambda: 10.0)
    assert [processes.room(n) for n in (0, 1, 5, 20)] == [1, 1, 5, 8]
    assert [processes.room(20, gb) for gb in (0.5, 3.0, 11.0)] == [8, 3, 1]
    assert assl_jobs.run(shard_work.room, [{}] * 2, workers=2) == [1, 1]
