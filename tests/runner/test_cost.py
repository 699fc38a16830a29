"""What a run would still cost: what is kept by content is not counted where a change cannot touch it."""

import pytest
import toy_repo

from assl_utils import store
from assl_utils.experts import kept
from assl_utils.runner import cost, fingerprint, params, pipeline, state

PARTS = {  # by name: seconds, what decides it, what it writes
    "all": (40.0, ["01_numbers/rows.parquet"], ["experts/all/*"]),
    "own": (20.0, ["01_numbers/rows.parquet", "02_sums/chosen.parquet"], ["experts/own/*"]),
}
ASKED = {"all": (8.0, ["03_report/experts/all/weights"], []), "own": (4.0, ["03_report/experts/o*/weights"], [])}
WRITTEN = {
    "01_numbers": ["rows.parquet"], "02_sums": ["chosen.parquet"],
    "03_report": ["experts/all/weights", "experts/own/weights", "losses.csv"], "04_aside": ["table.csv"],
}  # fmt: skip


def part(name, seconds, reads, writes, parameters=("k",)):
    return {
        "name": name, "seconds": seconds, "reads": reads, "writes": writes, "parameters": list(parameters),
    }  # fmt: skip


@pytest.fixture
def root(tmp_path):
    """Four chapters that have run: 02 chooses rows, 03 trains on all and on the chosen ones, 04 asks both."""
    root = toy_repo.build(tmp_path / "repo")
    (root / "notebooks/stages.yaml").write_text(
        "01_numbers:\n02_sums:\n  reads: [01_numbers/rows.parquet]\n"
        "03_report:\n  reads: [01_numbers/rows.parquet, 02_sums/chosen.parquet]\n"
        "04_aside:\n  reads: [03_report/experts/*]\n"
    )
    for name, files in WRITTEN.items():
        for file in files:
            path = root / "runs/cpu" / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name + file)
    for name, parts in (("03_report", PARTS), ("04_aside", ASKED)):
        store.write_json([part(key, *rest) for key, rest in parts.items()], root / "runs/cpu" / name / cost.WORK)
    sign(root, "01_numbers", 10, 0.0)
    sign(root, "02_sums", 42, 0.0)
    sign(root, "03_report", 100, 60.0)
    sign(root, "04_aside", 30, 12.0)
    return root


def sign(root, name, seconds, kept_seconds):
    """Sign a stage as the runner would."""
    judge = judged(root)
    step, folder = judge.pipeline.find(name), root / "runs/cpu" / name
    (folder / state.EXECUTED).write_text("{}")
    outputs = [state.EXECUTED, *WRITTEN[name]]
    store.write_json({
        "stage": name, "run": "cpu", "profile": "cpu", **judge.wanted(step), "given": {}, "seeds": {},
        "inputs": judge.inputs(step),
        "outputs": {n: {"sha256": judge.hashes.of(folder / n), "bytes": 1} for n in outputs},
        "versions": {}, "hardware": {}, "finished": "2026-01-01T00:00:00+00:00", "seconds": seconds, "peak_bytes": 1e9,
        **({} if kept_seconds is None else {"kept_seconds": kept_seconds}),
    }, folder / state.MANIFEST)  # fmt: skip


def judged(root, settings=""):
    chapters = pipeline.load(root)
    return state.Judge(chapters, params.resolve(chapters, "cpu", settings), fingerprint.Hashes(root))


def costs(root, settings=""):
    judge = judged(root, settings)
    verdicts = judge.all(judge.pipeline.steps)
    return {name: one[:2] for name, one in cost.of_stages(judge, verdicts).items()}, cost.estimate(judge, verdicts)


def test_what_a_change_cannot_touch_is_not_counted_and_the_rest_is_a_range(root):
    found, text = costs(root, "02.k=1")
    assert found == {"02_sums": (42, 42), "03_report": (40, 60), "04_aside": (18, 22)}
    assert text == (
        "runs/cpu: 1 stage to run, 2 more if the results before differ; about 42 s and 58 s to 1 min 22 s for those; "
        "1.0 GB; how many adapters and answers are kept already, their rows will tell"
    )


def test_what_decides_none_of_the_kept_work_costs_its_other_cells_alone(root):
    assert costs(root, "04.engine=dask")[0] == {}, "who does the work decides nothing"
    path = root / "notebooks/04_aside.ipynb"
    path.write_text(path.read_text().replace("len(", "1+len("))
    found, text = costs(root)
    assert found == {"04_aside": (18, 18)} and "; about 18 s; 1.0 GB" in text


def test_a_value_that_decides_them_or_rows_that_came_make_all_new(root):
    assert costs(root, "03.k=1")[0]["03_report"] == (40, 100)
    (root / "runs/cpu/02_sums/chosen.parquet").write_text("others")
    sign(root, "02_sums", 42, 0.0)
    assert costs(root)[0] == {"03_report": (40, 60), "04_aside": (18, 22)}, "their adapters may be kept yet"


@pytest.mark.parametrize("damage", ["no list", "gone", "an old manifest"])
def test_what_tells_nothing_of_kept_work_is_an_upper_bound(root, damage):
    if damage == "an old manifest":
        sign(root, "03_report", 100, None)
    elif damage == "gone":
        (root / "runs/cpu/03_report" / cost.WORK).unlink()
    else:
        (root / "runs/cpu/03_report" / cost.WORK).write_text("{}")
    found, text = costs(root, "02.k=1")
    assert found["03_report"] == (100, 100)
    assert found["04_aside"] == ((18, 30) if damage != "an old manifest" else (18, 22))
    last = "; about 42 s and 1 min 58 s to 2 min" if damage != "an old manifest" else "; about 42 s and 1 min 58 s to"
    assert last in text


def test_the_tagged_cells_of_a_notebook_are_counted():
    cells = [
        {"metadata": {"tags": [cost.KEPT], "papermill": {"duration": 2.5}}},
        {"metadata": {"papermill": {"duration": 9.0}}}, {"metadata": {"tags": [cost.KEPT]}},
    ]  # fmt: skip
    assert cost.kept_seconds({"cells": cells}) == 2.5


def test_chapters_leave_the_file_that_is_read_and_tag_the_cells(monkeypatch):
    monkeypatch.delenv("ASSL_ROOT", raising=False)
    for stage in ("05_scoring_mmr", "06_lora_training", "08_evaluation"):
        text = (store.root() / f"notebooks/{stage}.ipynb").read_text(encoding="utf-8")
        assert f'\\"{cost.WORK}\\")' in text and f'"{cost.KEPT}"' in text
    names = {name.format("x") for name in vars(kept).values() if isinstance(name, str) and name[:2].isdigit()}
    step = {s.name: s for s in pipeline.load(store.root()).steps}["08_evaluation"]
    assert len(names) == 7 and all(name.split("/")[0] in pipeline.load(store.root()).names for name in names)
    assert "06_lora_training" in step.upstream
