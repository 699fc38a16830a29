"""Real clusters of two workers on this machine: the same bytes as without one, and every way to lose a job reported."""

import contextlib
import itertools
import json
import os
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
import shard_work
import tiny_model
from shard_work import environment, numbered, wait_for

from assl_utils import jobs as assl_jobs
from assl_utils import machine, processes, progress, store
from assl_utils.space import static

pytest.importorskip("distributed")
TEXTS = [f"{text}，第{number}条" for number in range(5) for text in tiny_model.TEXTS]


@pytest.fixture(scope="module")
def address():
    """A cluster of two workers that the tests share; whatever a test does to it, it has to recover."""
    with assl_jobs.cluster(workers=2) as made:
        yield made


def dask(*command):
    """A process of the command line, with the tests' modules in its reach."""
    paths = os.pathsep.join([str(Path(__file__).parent), str(Path(assl_jobs.__file__).parents[1])])
    with_paths = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, command)], env=with_paths, stderr=subprocess.DEVNULL
    )


@contextlib.contextmanager
def started(*commands):
    """Processes of the command line for a while; what they started ends with them."""
    processes = [dask(*command) for command in commands]
    try:
        yield processes
    finally:
        family = [child for p in processes if p.poll() is None for child in psutil.Process(p.pid).children(True)]
        for process in [*processes, *family]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for process in processes:
            process.wait()


# --- the cut and the order --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "size"), [(0, 3), (1, 3), (3, 3), (7, 3), (8, 1)])
def test_slices_cover_every_row_once_in_order(n, size):
    cut = assl_jobs.slices(n, size)
    assert [row for start, stop in cut for row in range(start, stop)] == list(range(n))
    assert all(stop - start == size for start, stop in cut[:-1])


def test_an_empty_shard_is_refused():
    with pytest.raises(ValueError, match="at least one row, not 0"):
        assl_jobs.slices(5, 0)


def test_results_come_in_the_order_of_the_jobs_whoever_is_quicker(tmp_path, address):
    jobs = [{"folder": str(tmp_path), "number": n, "seconds": 0.6 if n == 0 else 0.0} for n in range(6)]
    assert assl_jobs.run(shard_work.square, jobs, engine=address) == [0, 1, 4, 9, 16, 25]
    first, last = (int(shard_work.starts(tmp_path, n)[0].suffix[1:]) for n in (0, 5))
    assert last - first < 0.6e9, "the others did not wait for the slow one"
    assert assl_jobs.run(shard_work.square, jobs) == [0, 1, 4, 9, 16, 25]


def test_no_jobs_are_no_results(address):
    assert assl_jobs.run(shard_work.square, [], engine=address) == assl_jobs.run(shard_work.square, []) == []


# --- the same bytes ---------------------------------------------------------------------------------------------------


def test_shards_of_vectors_are_the_same_files(tmp_path, address):
    static.fit_static(TEXTS, tiny_model.tokenizer(), dim=16, out_dir=tmp_path / "encoder")
    made = {}
    for engine in ("local", address):
        folder = tmp_path / engine.partition(":")[0]
        jobs = [
            {"encoder": str(tmp_path / "encoder"), "texts": TEXTS, "start": start, "stop": stop,
             "out": folder / f"{start}.npy"}
            for start, stop in assl_jobs.slices(len(TEXTS), 8)
        ]  # fmt: skip
        made[engine] = [path.read_bytes() for path in assl_jobs.run(shard_work.embed, jobs, engine)]
        whole = np.concatenate([store.read_array(job["out"]) for job in jobs])
    assert made["local"] == made[address] and whole.shape == (len(TEXTS), 16)


def test_experts_have_the_same_weights(tiny_folder, tmp_path, address):
    rows = pd.DataFrame({"instruction": "判断情感", "input": TEXTS[:12], "output": ["积极", "消极", "中性"] * 4})
    weights = {}
    for engine in ("local", address):
        folder = tmp_path / engine.partition(":")[0]
        jobs = [{"base": tiny_folder, "rows": rows, "out": folder / str(seed), "seed": seed} for seed in (0, 1)]
        made = assl_jobs.run(shard_work.train, jobs, engine, threads=1)
        weights[engine] = [(path / "adapter_model.safetensors").read_bytes() for path in made]
    assert weights["local"] == weights[address] and weights["local"][0] != weights["local"][1]


def test_answers_are_the_same(tiny_folder, address):
    jobs = [{"base": tiny_folder, "prompts": TEXTS, "start": a, "stop": b} for a, b in assl_jobs.slices(len(TEXTS), 10)]
    here, there = (assl_jobs.run(shard_work.answer, jobs, engine, threads=1) for engine in ("local", address))
    assert here == there and len({answer for shard in here for answer in shard}) > 5


# --- jobs that are lost -----------------------------------------------------------------------------------------------


def test_a_job_whose_worker_is_killed_is_begun_again_and_no_other(tmp_path, address):
    jobs = numbered(tmp_path, 5, victim=2, times=1)
    assert assl_jobs.run(shard_work.dies, jobs, engine=address) == [0, 1, 4, 9, 16]
    assert [len(shard_work.starts(tmp_path, n)) for n in range(5)] == [1, 1, 2, 1, 1]


def test_a_job_that_kills_each_of_its_workers_is_named_and_its_neighbours_are_done_once(tmp_path):
    jobs = numbered(tmp_path, 6, victim=1, times=9)
    with pytest.raises(RuntimeError, match=r"^job 2 of 6, dies\(.*number=1.*\): its worker died 2 times.*memory"):
        assl_jobs.run(shard_work.dies, jobs, engine="dask", workers=2, retries=1)
    assert [len(shard_work.starts(tmp_path, n)) for n in range(6)] == [1, 2, 1, 1, 1, 1]


def test_no_job_waits_at_a_worker_whose_death_would_be_held_against_it(tmp_path, address, monkeypatch):
    under_way = [0]
    submit, update = assl_jobs._submit, progress.Bar.update
    monkeypatch.setattr(assl_jobs, "_submit", lambda *a: (under_way.append(under_way[-1] + 1), submit(*a))[1])
    monkeypatch.setattr(progress.Bar, "update", lambda *a: (under_way.append(under_way[-1] - 1), update(*a))[1])
    assl_jobs.run(shard_work.square, numbered(tmp_path, 7), engine=address)
    assert max(under_way) == 2 and under_way[-1] == 0


@pytest.mark.parametrize("where", ["here", "beside", "there"])
def test_a_jobs_own_error_comes_up_with_its_name_and_is_not_repeated(tmp_path, address, where):
    with pytest.raises(FileNotFoundError, match=r"no such table: 'rows\.parquet'") as caught:
        engine, workers = address if where == "there" else "local", 2 if where == "beside" else None
        assl_jobs.run(shard_work.refuses, numbered(tmp_path, 20, victim=1), engine, workers=workers)
    assert "in job 2 of 20, refuses(folder=" in caught.value.__notes__[0]
    assert len(shard_work.starts(tmp_path, 1)) == 1
    assert not any(shard_work.starts(tmp_path, n) for n in range(6, 20)), "no job is begun afterwards"


def test_an_error_that_cannot_be_sent_is_reported_in_words(address):
    with pytest.raises(RuntimeError, match="Stubborn: the hub says no"):
        assl_jobs.run(shard_work.stubborn, [{}], engine=address)
    with pytest.raises(RuntimeError, match="Stubborn: the hub says no"):
        assl_jobs.run(shard_work.stubborn, [{}] * 2, workers=2)


def test_long_values_are_cut_in_a_jobs_name():
    table = pd.DataFrame({"a": [1, 2]})
    name = processes.job_name(shard_work.square, [{"rows": table, "path": "/" + "x" * 200, "number": 3}], 0)
    assert name.startswith("job 1 of 1, square(rows=<DataFrame (2, 1)>, path='/xxx")
    assert name.endswith("x', number=3)") and len(name) < 120


def test_an_interrupted_caller_leaves_no_process_and_keeps_its_environment(tmp_path, monkeypatch):
    def stop(bar, n=1):
        raise KeyboardInterrupt

    before, main = environment(), vars(sys.modules["__main__"]).copy()
    children = psutil.Process().children(recursive=True)
    monkeypatch.setattr(progress.Bar, "update", stop)
    with pytest.raises(KeyboardInterrupt):
        assl_jobs.run(shard_work.square, numbered(tmp_path, 4), engine="dask", workers=1)
    left = [process for process in psutil.Process().children(recursive=True) if process not in children]
    assert [process for process in left if "spawn_main" in " ".join(process.cmdline())] == []
    assert environment() == before
    assert {name: vars(sys.modules["__main__"]).get(name) for name in main} == main


# --- who does the work ------------------------------------------------------------------------------------------------


def test_each_worker_has_a_card_of_its_own_its_share_of_the_cores_and_the_runners_file(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "gpus", lambda: [("card", 80.0)] * 4)
    monkeypatch.setattr(machine, "cores", lambda: 6)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1, 3")
    monkeypatch.setenv("ASSL_PROGRESS", str(tmp_path / "progress"))
    for name in processes.THREADS:
        monkeypatch.delenv(name, raising=False)
    places = assl_jobs.run(shard_work.place, [{}] * 4, engine="dask", label="outer")
    cards = {place["pid"]: place["CUDA_VISIBLE_DEVICES"] for place in places}
    assert sorted(cards.values()) == ["1", "3"]
    assert {place["OMP_NUM_THREADS"] for place in places} == {"3"}
    watcher = progress.Watcher(tmp_path / "progress")
    watcher.poll()
    assert watcher.text() == ""
    events = [json.loads(line) for line in (tmp_path / "progress").read_text().splitlines()]
    assert [event["label"] for event in events if event["end"]] == ["inner"] * 4 + ["outer"]
    assert (events[-1]["n"], events[-1]["total"]) == (4, 4)


def test_a_named_number_of_threads_holds_wherever_the_job_is_done(address):
    import torch

    before = torch.get_num_threads()
    for engine in ("local", address):
        assert assl_jobs.run(shard_work.place, [{}], engine, threads=5)[0]["threads"] == 5
    assert torch.get_num_threads() == before


def test_without_the_runner_a_worker_draws_no_bars_over_the_callers(address):
    assert assl_jobs.run(shard_work.place, [{}], address)[0]["ASSL_PROGRESS"] == os.devnull


def test_a_script_without_a_guard_runs_once_and_its_own_functions_are_sent(tmp_path):
    (tmp_path / "script.py").write_text(
        textwrap.dedent("""
        from assl_utils import jobs
        print("begun")
        def double(x):
            return 2 * x
        print(jobs.run(double, [{"x": 1}, {"x": 2}], engine="dask", workers=1))
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(assl_jobs.__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert (done.stdout, done.stderr) == ("begun\n[2, 4]\n", "")


# --- a scheduler that others run --------------------------------------------------------------------------------------


def test_a_scheduler_file_and_workers_of_the_command_line_one_job_a_process(tmp_path):
    """The commands of the book's page, but that one worker has threads for four."""
    file = tmp_path / "scheduler.json"
    worker = ("worker", "--scheduler-file", file, "--memory-limit", 0, "--no-dashboard", "--death-timeout", 60)
    with started(
        ("scheduler", "--scheduler-file", file, "--host", "127.0.0.1", "--port", 0, "--no-dashboard"),
        (*worker, "--nthreads", 1),
        (*worker, "--nthreads", 4),
    ):
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        results = {}

        def call(who):
            results[who] = assl_jobs.run(shard_work.hours, [{"seconds": 0.3}] * 6, engine=file)

        callers = [threading.Thread(target=call, args=(who,)) for who in "ab"]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
        hours = sorted(results["a"] + results["b"])
        assert len(hours) == 12 and len({pid for pid, _, _ in hours}) == 2
        for (pid, _, stop), (other, start, _) in itertools.pairwise(hours):
            assert pid != other or stop <= start, "two jobs at once in one process"


def test_a_scheduler_without_workers_and_one_that_goes_are_reported(tmp_path, monkeypatch):
    file = tmp_path / "scheduler.json"
    with started(("scheduler", "--scheduler-file", file, "--host", "127.0.0.1", "--port", 0, "--no-dashboard")) as made:
        wait_for(lambda: file.exists() and file.read_text().endswith("}"))
        monkeypatch.setattr(assl_jobs, "DESERTED", 1)
        with pytest.raises(RuntimeError, match="has had no worker for 1 s"):
            assl_jobs.run(shard_work.square, numbered(tmp_path, 2), engine=str(file))
        monkeypatch.undo()
        threading.Timer(1, made[0].kill).start()
        with pytest.raises(RuntimeError, match=r"the scheduler at tcp://127\.0\.0\.1:\d+ is gone"):
            assl_jobs.run(shard_work.square, numbered(tmp_path, 2), engine=str(file))


def test_no_service_and_another_one_at_an_address_are_reported_within_seconds(monkeypatch):
    monkeypatch.setattr(assl_jobs, "ANSWERS", 1)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConnectionError, match=rf"answers at tcp://127\.0\.0\.1:{port} within 1 s: timed out"):
            assl_jobs.run(shard_work.stubborn, [{}], engine=f"tcp://127.0.0.1:{port}")
    with pytest.raises(ConnectionError, match=rf"answers at tcp://127\.0\.0\.1:{port} .*refused"):
        assl_jobs.run(shard_work.stubborn, [{}], engine=f"tcp://127.0.0.1:{port}")


def test_tls_without_certificates_is_reported(address):
    with pytest.raises(ConnectionError, match=r"certificates \(distributed\.comm\.tls\)"):
        assl_jobs.run(shard_work.stubborn, [{}], engine=address.replace("tcp", "tls"))


@pytest.mark.parametrize("engine", ["ray", "dask ", "tcp://", "tcp://host", "tcp://host:port", "http://host:1", ""])
def test_an_unknown_engine_is_answered_with_the_known_ones(engine):
    with pytest.raises(ValueError, match=r"is none of 'local', 'dask', .*tcp://host:port.*\*\.json"):
        assl_jobs.run(shard_work.square, [], engine=engine)


def test_a_missing_file_and_one_that_is_no_schedulers_are_reported(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"s\.json is missing; `dask scheduler --scheduler-file` writes it"):
        assl_jobs.run(shard_work.square, [], engine=tmp_path / "s.json")
    (tmp_path / "s.json").write_text("[]")
    with pytest.raises(ValueError, match="is no scheduler file"):
        assl_jobs.run(shard_work.square, [], engine=tmp_path / "s.json")


def test_without_dask_the_way_to_get_it_is_reported_and_local_needs_none(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert assl_jobs.run(shard_work.square, numbered(tmp_path, 2)) == [0, 1]
    for engine in ("dask", "tcp://127.0.0.1:1"):
        with pytest.raises(ImportError, match=r'pip install "assl-utils\[scale\]"'):
            assl_jobs.run(shard_work.square, numbered(tmp_path, 2), engine)
