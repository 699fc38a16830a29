"""The bench reports what it promises, and its peers agree with ours; it is not timed here."""

import itertools

import pytest

from assl_utils import store
from assl_utils.bench import kernels, made_up, rates
from assl_utils.bench.case import Case, Setting

ROW = {"n": 1, "d": 1, "ours_s": 1.0, "peer": "p", "peer_s": 2.0, "ratio": 2.0, "over_floor": 1.0}
FIELDS = {"name", "n", "d", "ours_s", "peer", "peer_s", "ratio", "floor_s"}


def test_every_kernel_has_a_case():
    assert set(kernels.CASES) >= {"knn", "adbscan", "sweep_k", "mmr", "rouge_l", "embed", "train_lora", "generate"}
    assert all(make.__doc__ for make in kernels.CASES.values())


def test_a_small_run_writes_its_report(tmp_path, monkeypatch, capsys):
    def toy(setting):
        """A case as small as possible."""
        return Case(3, 2, lambda: 1, lambda: 1, "itself", 1e-6, "none", lambda a, b: a - b, "difference", 7)

    monkeypatch.setitem(kernels.CASES, "toy", toy)
    monkeypatch.setattr(kernels, "measure_machine", lambda: rates.Machine(1e11, 1e10))
    out = tmp_path / "deep" / "bench.json"
    kernels.main(["--quick", "--only", "toy", "rouge_l", "--out", str(out)])
    report = store.read_json(out)
    assert [row["name"] for row in report["results"]] == ["toy", "rouge_l"]
    assert all(set(row) >= FIELDS for row in report["results"])
    assert all(row["ratio"] == pytest.approx(row["peer_s"] / row["ours_s"]) for row in report["results"])
    assert report["quick"] is True and report["machine"]["gemm_gflops"] == 100.0
    assert report["results"][1]["agreement"] < 1e-9
    assert "[2/2] rouge_l" in capsys.readouterr().out


def test_slow_work_is_repeated_less(monkeypatch):
    clock = itertools.count(step=10)  # every run seems to take ten seconds
    monkeypatch.setattr(rates.time, "perf_counter", lambda: next(clock))
    assert len(rates.timed(lambda: 0, runs=3, patience=100)[0][0]) == 3
    assert len(rates.timed(lambda: 0, runs=3, patience=25)[0][0]) == 2
    assert len(rates.timed(lambda: 0, runs=3, patience=1)[0][0]) == 1


def test_both_sides_take_turns_and_keep_their_own_results():
    order = []
    one, two = rates.timed(lambda: order.append("a") or len(order), lambda: order.append("b"), runs=2)
    assert order == ["a", "b", "a", "b"] and one[1] == 3 and two[1] is None and len(one[0]) == len(two[0]) == 2


def test_the_topics_are_unit_vectors_from_a_seed():
    X = made_up.topics(50, 8)
    assert (X == made_up.topics(50, 8)).all() and X.dtype == "float32"
    assert (X**2).sum(axis=1) == pytest.approx(1, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "least"), [("train_lora", 0), ("generate", 1)])
def test_the_model_cases_compare_the_same_work(name, least):
    row = kernels.run_case(name, Setting(rates.Machine(1e11, 1e10), quick=True))
    assert row["ratio"] > 0 and row["n"] > 10
    assert row["agreement"] < 1e-3 if name == "train_lora" else row["agreement"] == least


def test_a_whole_run_gives_each_case_a_process_of_its_own(tmp_path, monkeypatch, capsys):
    asked = []

    def begun(command, **_):
        asked.append(command)
        place = command[command.index("--out") + 1]
        store.write_json({"results": [{"name": command[command.index("--only") + 1]} | ROW]}, place)

    monkeypatch.setattr(kernels.subprocess, "run", begun)
    monkeypatch.setattr(kernels, "measure_machine", lambda: rates.Machine(1e11, 1e10))
    kernels.main(["--quick", "--encoder", "e5", "--out", str(tmp_path / "bench.json")])
    assert [row["name"] for row in store.read_json(tmp_path / "bench.json")["results"]] == list(kernels.CASES)
    assert all({"--quick", "--encoder", "e5", "--base", "embedded"} <= set(command) for command in asked)
