"""Laws of the store: whole files or none, nothing pickled, one direction, the same bytes for the same content."""

import importlib.metadata
import json
import sys
import tomllib
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import toy_repo

from assl_utils import store


@pytest.fixture
def stage(tmp_path):
    return store.open_stage(tmp_path / "runs" / "cpu", "04_adbscan")


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("name", ["rows.parquet", "rows.csv"])
def test_a_table_comes_back_as_it_was(stage, name):
    table = pd.DataFrame({"id": ["fe-00001", "na-00002"], "input": ["净利润同比增长", 'he said, "涨"\n'], "n": [1, 2]})
    stage.save_table(table, name)
    pd.testing.assert_frame_equal(store.read_table(stage.folder / name), table)


def test_the_score_named_na_is_not_a_missing_value(stage):
    table = pd.DataFrame({"task": ["NA", "RE", "nan"], "score": [1.5, float("nan"), 0.1 + 0.2]})
    stage.save_table(table, "table1.csv")
    back = store.read_table(stage.folder / "table1.csv")
    assert back.task.tolist() == ["NA", "RE", "nan"]
    assert back.score.isna().tolist() == [False, True, False]
    assert back.score[2] == 0.1 + 0.2


def test_an_index_with_a_name_is_not_dropped_in_silence(stage):
    with pytest.raises(ValueError, match="reset_index"):
        stage.save_table(pd.DataFrame({"a": [1]}, index=pd.Index(["x"], name="id")), "rows.parquet")


@pytest.mark.parametrize(("save", "value", "name"), [
    ("save_table", pd.DataFrame({"a": [1.0, 2.0], "b": ["甲", "乙"]}), "a.parquet"),
    ("save_table", pd.DataFrame({"a": [1.0, 2.0], "b": ["甲", "乙"]}), "a.csv"),
    ("save_array", np.arange(6.0).reshape(2, 3), "a.npy"),
    ("save_json", {"k": np.int64(3), "x": np.arange(2), "path": store.Path("a/b")}, "a.json"),
])  # fmt: skip
def test_the_same_content_gives_the_same_bytes(stage, save, value, name):
    getattr(stage, save)(value, name)
    first = store.sha256(stage.folder / name)
    getattr(stage, save)(value, name)
    assert store.sha256(stage.folder / name) == first
    assert names(stage.folder) == [name]


def test_objects_are_not_pickled(stage):
    with pytest.raises(ValueError, match="Object arrays"):
        stage.save_array(np.array([{}, "x"], dtype=object), "bad.npy")
    np.save(stage.folder / "evil.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="pickle"):
        store.read_array(stage.folder / "evil.npy")


def test_json_knows_no_nan_and_keeps_chinese(stage):
    with pytest.raises(ValueError):
        stage.save_json({"score": float("nan")}, "bad.json")
    stage.save_json({"task": "文本"}, "good.json")
    assert "文本" in (stage.folder / "good.json").read_text(encoding="utf-8")
    assert names(stage.folder) == ["good.json"]


def test_a_writer_that_fails_leaves_the_old_file_and_no_part(stage):
    stage.save_json({"k": 20}, "x.json")
    path = stage.folder / "x.json"
    with pytest.raises(RuntimeError), store.atomic_path(path) as part:
        part.write_text("{", encoding="utf-8")
        raise RuntimeError("the disk is full")
    assert json.loads(path.read_text()) == {"k": 20}
    assert names(stage.folder) == ["x.json"]


def test_unknown_suffixes_are_named(stage):
    with pytest.raises(ValueError, match=r"rows\.pkl: a table is stored as"):
        stage.save_table(pd.DataFrame(), "rows.pkl")
    with pytest.raises(ValueError, match=r"x\.bin: an array is stored as"):
        stage.save_array(np.zeros(1), "x.bin")
    assert names(stage.folder) == []


def test_a_stage_writes_inside_its_folder_only(stage):
    for name in ["../03_semantic_clustering/x.csv", "/tmp/x.csv"]:
        with pytest.raises(ValueError, match="inside its own folder"):
            stage.path(name)


def test_data_flows_one_way(stage):
    for name in ["05_scoring_mmr/scores.parquet", "04_adbscan/chosen.parquet"]:
        with pytest.raises(ValueError, match="earlier ones only"):
            stage.input(name)


def test_a_stage_that_has_not_run_is_named_with_its_command(stage):
    with pytest.raises(FileNotFoundError, match=r"run chapter 03 first \(make 03\)"):
        stage.load_table("03_semantic_clustering/clusters.parquet")


def test_under_the_runner_only_declared_inputs_are_read(stage, monkeypatch):
    earlier = store.open_stage(stage.run, "03_semantic_clustering")
    earlier.save_array(np.eye(2), "vectors.npy")
    earlier.save_json({}, "encoder/config.json")
    monkeypatch.setenv("ASSL_INPUTS", "03_semantic_clustering/encoder/*")
    assert stage.input("03_semantic_clustering/encoder").is_dir()
    assert stage.load_json("03_semantic_clustering/encoder/config.json") == {}
    with pytest.raises(ValueError, match=r"undeclared.*stages\.yaml"):
        stage.load_array("03_semantic_clustering/vectors.npy")


def test_under_the_runner_the_names_written_are_kept(stage, monkeypatch, tmp_path):
    monkeypatch.setenv("ASSL_JOURNAL", str(tmp_path / "journal"))
    stage.save_json({}, "a.json")
    stage.path("experts/lora-0")
    assert (tmp_path / "journal").read_text().split() == ["a.json", "experts/lora-0"]


def test_a_run_means_the_same_folder_from_the_top_and_from_notebooks(tmp_path, monkeypatch):
    (tmp_path / "notebooks" / "profiles").mkdir(parents=True)
    monkeypatch.delenv("ASSL_ROOT", raising=False)
    for cwd in [tmp_path, tmp_path / "notebooks"]:
        monkeypatch.chdir(cwd)
        assert store.open_stage("runs/cpu", "01_data_collection").folder == tmp_path / "runs/cpu/01_data_collection"


def test_the_digest_of_a_folder_sees_names_and_contents(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.yaml").write_text("1")
    first = store.sha256(tmp_path / "a")
    (tmp_path / "a" / "x.yaml").touch()
    assert store.sha256(tmp_path / "a") == first
    (tmp_path / "a" / "x.yaml").rename(tmp_path / "a" / "y.yaml")
    assert store.sha256(tmp_path / "a") != first


def test_every_later_chapter_says_what_its_rows_are(tmp_path, monkeypatch, capsys):
    shell = types.SimpleNamespace(user_ns={})
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.setenv("ASSL_INPUTS", "01_data_collection/data.json")
    monkeypatch.setenv("ASSL_ROOT", str(tmp_path))
    store.open_stage("runs/x", "03_semantic_clustering")
    assert capsys.readouterr().out == ""  # a run without a note
    store.write_json({"summary": "data: local; missing: stockb"}, tmp_path / "runs/x" / store.DATA_NOTE)
    stage = store.open_stage("runs/x", "03_semantic_clustering")
    assert capsys.readouterr().out == "data: local; missing: stockb\n" == stage.about_data() + "\n"
    store.open_stage("runs/x", "01_data_collection")
    assert capsys.readouterr().out == ""
    store.open_stage("runs/x", "12_real_study", about_data=False)
    assert capsys.readouterr().out == ""  # a chapter about other data than the run's


@pytest.fixture
def by_hand(tmp_path, monkeypatch):
    """A notebook that is run without the runner."""
    shell = types.SimpleNamespace(user_ns={"k": 5})
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    monkeypatch.delenv("ASSL_INPUTS", raising=False)
    monkeypatch.setenv("ASSL_ROOT", str(tmp_path))


def install(folder, monkeypatch, value):
    """A package beside the others whose only content is an entry point."""
    (folder / "noted-1.0.dist-info").mkdir(parents=True)
    (folder / "noted-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: noted\nVersion: 1.0\n")
    (folder / "noted-1.0.dist-info" / "entry_points.txt").write_text(f"[{store.OPENED}]\nnote = {value}\n")
    monkeypatch.syspath_prepend(folder)


def installed_only(monkeypatch, folder):
    """Only the packages in ``folder`` count as installed."""

    def entry_points(group):
        found = importlib.metadata.distributions(path=[str(folder)])
        return [entry for package in found for entry in package.entry_points.select(group=group)]

    monkeypatch.setattr(store.importlib.metadata, "entry_points", entry_points)


@pytest.mark.usefixtures("by_hand")
def test_a_notebook_run_by_hand_works_where_an_entry_point_says(tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "noting_module.py").write_text(
        "def note(root, run_dir, stage, shell):\n    return f'{run_dir}-{stage[:2]}-{shell.user_ns[\"k\"]}'\n"
    )
    install(tmp_path / "site", monkeypatch, "noting_module:note")
    installed_only(monkeypatch, tmp_path / "site")
    assert store.open_stage("runs/x", "04_adbscan").run == tmp_path / "runs/x-04-5"
    assert not (tmp_path / "runs/x").exists()
    monkeypatch.setenv("ASSL_INPUTS", "")
    assert store.open_stage("runs/x", "04_adbscan").run == tmp_path / "runs/x", "the runner has set the values itself"


@pytest.mark.usefixtures("by_hand")
def test_without_an_entry_point_nothing_is_said_and_nothing_breaks(tmp_path, monkeypatch, capsys):
    """The package used from its folder, without being installed."""
    installed_only(monkeypatch, tmp_path)
    assert store.open_stage("runs/x", "04_adbscan").folder.is_dir()
    assert capsys.readouterr().out == ""


@pytest.mark.usefixtures("by_hand")
def test_the_packages_own_entry_point_sets_what_the_runner_would_set(tmp_path, monkeypatch, capsys):
    project = tomllib.loads((Path(__file__).resolve().parent.parent / "pyproject.toml").read_text(encoding="utf-8"))
    ((_, value),) = project["project"]["entry-points"][store.OPENED].items()
    root = toy_repo.build(tmp_path / "repo")
    monkeypatch.setenv("ASSL_ROOT", str(root))
    install(tmp_path / "site", monkeypatch, value)
    installed_only(monkeypatch, tmp_path / "site")
    (root / "notebooks/profiles/cpu.yaml").write_text("about: x\n02_sums: {k: 3}\n")
    stage = store.open_stage("runs/cpu", "02_sums")
    assert stage.run == root / "runs/cpu-lab"
    assert "Edited here: k = 5 (this run: 3)\n" in capsys.readouterr().out
