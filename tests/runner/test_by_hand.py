"""A notebook run by hand, in a real kernel: this run's values, a trial of its own, what the change did, bad edits."""

import json
import os
import shutil

import by_hand
import pandas as pd
import pytest
import toy_repo

from assl_utils import store
from assl_utils.runner import __main__, lab, notebook, params, pipeline, run, trials

TOP, OPENS, SUM, PARTS, ILL, TOTAL = (entry if isinstance(entry, str) else entry[1] for entry in toy_repo.SUMS)
CHAPTER = [TOP, OPENS, SUM, PARTS, ILL, TOTAL]
REPORT = [entry if isinstance(entry, str) else entry[1] for entry in toy_repo.REPORT]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A miniature whose every stage has run once."""
    root = toy_repo.build(tmp_path_factory.mktemp("finished") / "repo")
    (root / "notebooks/values.yaml").write_text("common:\n  k: 1 to 9\n  words: [any, other]\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSL_ROOT", str(root))
        patch.delenv("PYTHONPATH", raising=False)  # the miniature brings modules of its own
        assert __main__.main(["run"]) == 0
    return root


@pytest.fixture
def repo(finished, tmp_path, monkeypatch):
    """A copy of it to do harm to."""
    root = shutil.copytree(finished, tmp_path / "repo")
    monkeypatch.setenv("ASSL_ROOT", str(root))
    for name in ("PYTHONPATH", "PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL", "AS", "LAB"):
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.fixture
def say(capsys):
    """``say("run")`` runs a command and gives its status and all it wrote."""

    def command(*arguments):
        capsys.readouterr()
        status = __main__.main(list(arguments))
        out, err = capsys.readouterr()
        return status, out + err

    return command


def content(run):
    """Every file of a run and its digest."""
    return {p.relative_to(run).as_posix(): store.sha256(p) for p in run.rglob("*") if p.is_file() and p.name != ".lock"}


def test_a_change_is_a_trial_and_the_run_stays_byte_for_byte(repo, say):
    before = content(repo / "runs/cpu")
    said = by_hand.run(repo, [TOP.replace("k: int = 2", "k: int = 3"), *CHAPTER[1:]])
    assert said[1].splitlines() == [
        "runs/cpu-lab begins as a copy of runs/cpu",
        "runs/cpu-lab, a trial of runs/cpu, which stays as it is",
        "From profile cpu, in brackets the paper's cell: parts = 2 (3)",
        "Edited here: k = 3 (this run: 2)",
    ]
    assert said[-1].splitlines()[0] == "02_sums leaves no table that could be compared with runs/cpu."
    follows = "What follows: `make 03 PROFILE=cpu TRIAL=lab` runs 02, 03 in about "
    assert said[-1].splitlines()[1].startswith(follows)
    trial = repo / "runs/cpu-lab"
    assert store.read_json(trial / "02_sums/sums.json") == {"sum": 6.0}
    assert sorted(p.name for p in (trial / "02_sums/parts").iterdir()) == ["0.json", "1.json"], "the profile's parts"
    said = by_hand.run(repo, [*(cell.replace("k: int = 9", "k: int = 7") for cell in REPORT)])
    assert said[-1].splitlines() == [
        "Against runs/cpu: 2 of 4 numbers in its tables moved, the most mix · FE in table1.csv: 2 → 6  (+4).",
        "No later chapter reads anything that changed.",
    ]
    assert content(repo / "runs/cpu") == before
    # and from the command line
    assert "trial lab of runs/cpu: 02_sums k 2 → 3; 03_report k 9 → 7" in say("status")[1]
    status, text = say("run", "--trial", "lab")
    assert status == 0 and "02_sums runs: parameter k 2 → 3" in text and "03_report runs: parameter k 9 → 7" in text
    assert say("diff", "--trial", "lab") == (3, (
        "03_report/table1.csv  mix · FE  2 → 6  (+4)\n03_report/table1.csv  base · NA  9 → 7  (-2)\n"
        "runs/cpu-lab: 2 cells moved, by at most 4 (03_report/table1.csv · mix · FE)\n"
    ))  # fmt: skip
    assert "nothing to do" in say("run", "--trial", "lab")[1], "it remembers"
    assert content(repo / "runs/cpu") == before
    assert say("keep", "--trial", "lab")[1].splitlines()[0].startswith("runs/cpu-lab is runs/cpu-k7 now: TRIAL=k7 ")
    assert "nothing to do" in say("run", "--trial", "k7")[1]
    assert say("drop", "--trial", "k7") == (0, "runs/cpu-k7 is gone; runs/cpu is as it was\n")
    assert sorted(p.name for p in (repo / "runs").iterdir() if p.name[0] != ".") == ["cpu"]
    assert content(repo / "runs/cpu") == before and "trial" not in say("status")[1]
    assert "Against runs/" not in (repo / "runs/cpu/03_report/notebook.ipynb").read_text(), (
        "no run by the runner says it"
    )


def test_a_chapter_without_its_cell_of_parameters_says_so(repo):
    before = content(repo / "runs/cpu")
    said = by_hand.run(repo, [OPENS, "no_such_name", TOP, OPENS, "print(k, run_dir)"])
    assert said[0] == store.NO_CELL and "NameError" in said[1] and store.NO_CELL not in said[1]
    assert said[4] == "2 runs/cpu-lab\n", "the cell is there again"
    assert content(repo / "runs/cpu") == before


def test_a_kernel_begun_in_any_folder_finds_the_values_without_a_variable(repo, tmp_path):
    """VS Code begins it beside the notebook or at the top, others in the home; nobody sets ASSL_ROOT or PROFILE."""
    for cwd in ("notebooks", ".", "runs/cpu/02_sums"):
        said = by_hand.run(repo, [TOP, OPENS, "print(k, parts, run_dir)"], cwd=cwd)
        assert said[2] == "2 2 runs/cpu-lab\n" and "From profile cpu" in said[1], cwd


def test_diff_says_so_where_only_tables_of_rows_differ(repo, say):
    for name, values in (("cpu", [1, 2]), ("cpu-lab", [1, 3])):
        rows = pd.DataFrame({"id": ["a", "b"], "n": values})
        store.write_table(rows, repo / "runs" / name / "02_sums/rows.parquet")
    same = "runs/cpu-lab: its CSV tables are identical to runs/cpu"
    assert say("diff", "--trial", "lab") == (3, f"02_sums/rows.parquet 1 cell changed\n{same}\n")


def test_what_a_cell_writes_in_place_does_not_reach_the_run_through_a_link(repo, say):
    before = content(repo / "runs/cpu")
    by_hand.run(repo, [TOP, OPENS, "(stage.folder / 'sums.json').write_text('{}')"])
    assert (repo / "runs/cpu-lab/02_sums/sums.json").read_text() == "{}"
    assert content(repo / "runs/cpu") == before
    linked = [repo / "runs" / name / "01_numbers/numbers.npy" for name in ("cpu", "cpu-lab")]
    assert linked[0].samefile(linked[1]), "what is not worked on takes no room"
    # and the other way: the usual run, run again, writes in place what a trial has by a link
    toy_repo.write(repo, "04_aside", [*toy_repo.ASIDE, "(stage.folder / 'aside.json').write_text('5')"])
    old = (repo / "runs/cpu-lab/04_aside/aside.json").read_text()
    assert say("run")[0] == 0 and (repo / "runs/cpu/04_aside/aside.json").read_text() == "5" != old
    assert (repo / "runs/cpu-lab/04_aside/aside.json").read_text() == old


def test_a_bad_edit_is_one_sentence_and_changes_nothing(repo):
    edits = {
        TOP.replace("= 2", "= 'two'"): "k is of type int; 'two' is not",
        TOP.replace("= 2", "= 0"): "k = 0 is refused; allowed is 1 to 9",
        TOP.replace("k: int", "kk: int"): "02_sums declares no parameter `kk`; nearest is `k: int`",
        TOP.replace("'any'", "'othr'"): "words = 'othr' is refused; allowed is any, other; nearest is `other`",
    }
    before = content(repo / "runs/cpu")
    said = by_hand.run(repo, [cell for top in edits for cell in (top, OPENS)])
    assert said[1::2] == list(edits.values())
    assert content(repo / "runs/cpu") == before and not (repo / "runs/cpu-lab").exists()


def test_cells_out_of_order_or_deleted_are_explained(repo):
    gone = TOP.replace("k: int = 2  # neighbours\n", "")
    said = by_hand.run(repo, [gone, OPENS, "k", TOTAL, SUM, PARTS, TOTAL, "totall"])
    assert "k stands in no cell: 2 is this run's value" in said[1]
    where = "`total` is made by cell 4 of notebooks/02_sums.ipynb, which was not run here, or is gone"
    assert said[3].endswith(f"{where}: run the cells in order.\n")
    assert "Not run since the values were set, or changed: cell 6. Old and new results may be mixed." in said[6]
    assert said[7].endswith("No cell of notebooks/02_sums.ipynb makes `totall`: is it spelt right?\n")


def test_parameters_run_again_later_are_this_runs_again(repo):
    """The trap: all but the edited one would be the paper's."""
    bad, late = TOP.replace("= 2", "= 0"), TOP.replace("= 2", "= 4")
    said = by_hand.run(repo, [TOP, OPENS, late, "print(k, parts, run_dir)", bad, "print(k, parts, run_dir)"])
    assert said[3] == said[5] == "4 2 runs/cpu-lab\n"
    assert said[2].startswith("The values are set again") and "Edited here: k = 4 (this run: 2)" in said[2]
    assert said[4] == "k = 0 is refused; allowed is 1 to 9\nThe values from before stay.\n"
    assert store.read_json(repo / "runs/cpu-lab/trial.json")["edited"] == {"02_sums": {"k": 4}}


def test_a_cell_of_ones_own_below_takes_any_value(repo):
    """Also the paper's, which the cell above shows anyway."""
    said = by_hand.run(repo, [TOP, "parts = 3", OPENS, "print(parts)"])
    assert said[3] == "3\n" and "Edited here: parts = 3 (this run: 2)" in said[2]


def test_a_second_kernel_on_a_stage_is_refused(repo):
    by_hand.run(repo, [TOP, OPENS])
    with run.hold(repo / "runs/cpu-lab/.open-02_sums", ""):
        said = by_hand.run(repo, CHAPTER[:3])
        assert said[1].startswith(f"02_sums of runs/cpu-lab is open in process {os.getpid()} (since ")
        assert said[1].endswith("shut down one of the two kernels, or work in another trial (TRIAL=…)")
        assert "name 'stage' is not defined" in said[2]
        assert "of runs/cpu" in by_hand.run(repo, CHAPTER[:2], TRIAL="other")[1]
    with run.lock(repo / "runs/cpu-lab"):
        assert f"runs/cpu-lab is being worked on by process {os.getpid()}" in by_hand.run(repo, CHAPTER[:2])[1]


def test_a_kernel_killed_in_the_middle_loses_nothing(repo, say):
    before = content(repo / "runs/cpu")
    edited = TOP.replace("k: int = 2", "k: int = 3").replace("parts: int = 3", "parts: int = 5")
    by_hand.run(repo, [edited, OPENS, SUM, PARTS, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"])
    assert content(repo / "runs/cpu") == before
    assert "outputs were changed by hand" in say("status", "--trial", "lab")[1]
    assert len(list((repo / "runs/cpu-lab/02_sums/parts").iterdir())) == 5
    said = by_hand.run(repo, [TOP.replace("k: int = 2", "k: int = 3"), OPENS])[1]
    assert "parts is no longer 5, as it was edited before" in said and "Edited here: k = 3" in said
    assert say("run", "--trial", "lab")[0] == 0
    assert store.read_json(repo / "runs/cpu-lab/02_sums/sums.json") == {"sum": 6.0}
    assert sorted(p.name for p in (repo / "runs/cpu-lab/02_sums/parts").iterdir()) == ["0.json", "1.json"]


def resolved(repo, **named):
    return params.resolve(pipeline.load(repo), "cpu", trial="lab", **named)


def sources(path):
    return [notebook.source(cell) for cell in notebook.code_cells(notebook.read(path))]


def test_the_lab_opens_copies_with_this_runs_values(repo, say, monkeypatch):
    before = content(repo / "notebooks")
    started = []
    monkeypatch.setattr(lab.start, "__defaults__", (lambda *arguments: started.append(arguments),))
    monkeypatch.setenv("LAB", "--no-browser --port 9")
    status, text = say("lab", "--set", "02.k=4")
    assert status == 0 and "runs/cpu-lab begins as a copy of runs/cpu" in text
    ((_, command, environment),) = started
    assert "--LabApp.default_url=/lab/tree/runs/cpu-lab/notebooks" in command and command[-2:] == ["--port", "9"]
    assert (environment["PROFILE"], environment["TRIAL"], environment["ASSL_ROOT"]) == ("cpu", "lab", str(repo))
    copy = repo / "runs/cpu-lab/notebooks/02_sums.ipynb"
    top, below, *rest = sources(copy)
    assert (top, rest) == (TOP, CHAPTER[1:])
    assert {"run_dir = 'runs/cpu-lab'", "k = 4  # neighbours", "parts = 2"} <= set(below.splitlines())
    assert content(repo / "notebooks") == before
    # as they are; edited below; edited above
    for first, second, wanted in (
        (top, below, "4 2"), (top, below.replace("k = 4", "k = 5"), "5 2"), (top.replace("= 2", "= 6"), below, "6 2"),
    ):  # fmt: skip
        said = by_hand.run(repo, [first, second, OPENS, "print(k, parts)"], cwd="runs/cpu-lab/notebooks")
        assert said[3] == f"{wanted}\n"
        assert (f"Edited here: k = {wanted[0]} (this run: 4)" in said[2]) == (wanted != "4 2")
    said = by_hand.run(repo, [top.replace("= 2", "= 6"), below.replace("k = 4", "k = 5"), OPENS, "print(k)"])
    assert said[3] == "5\n" and "k was edited in both cells: 5 below counts, not 6 above" in " ".join(said[2].split())


def test_in_a_copy_either_cell_of_parameters_is_enough(repo):
    """Somebody who deletes one of the two need not know which."""
    folder = repo / "runs/cpu-lab/notebooks"
    lab.copies(pipeline.load(repo), resolved(repo), folder)
    top, below, *_ = sources(folder / "02_sums.ipynb")
    for left, edited in ((below, below.replace("k = 2", "k = 3")), (top, top.replace("k: int = 2", "k: int = 3"))):
        for cell, wanted in ((left, "2 2 runs/cpu-lab\n"), (edited, "3 2 runs/cpu-lab\n")):
            said = by_hand.run(repo, [cell, OPENS, "print(k, parts, run_dir)"], cwd="runs/cpu-lab/notebooks")
            assert said[2] == wanted and ("Edited here: k = 3 (this run: 2)" in said[1]) == (cell == edited)


def test_a_copy_that_was_edited_is_never_written_over(repo):
    folder = repo / "runs/cpu-lab/notebooks"
    assert lab.copies(pipeline.load(repo), resolved(repo), folder) == []
    assert lab.copies(pipeline.load(repo), resolved(repo, settings="k=7"), folder) == []
    assert "k = 7  # neighbours" in sources(folder / "02_sums.ipynb")[1], "the values follow"
    copy = notebook.read(folder / "02_sums.ipynb")
    copy["cells"][3]["source"] = copy["cells"][3]["source"].replace("k = 7", "k = 8")
    copy["cells"].append(toy_repo.cell("markdown", "my note", 99))
    store.write_json(copy, folder / "02_sums.ipynb")
    lab.copies(pipeline.load(repo), resolved(repo), folder)
    assert notebook.read(folder / "02_sums.ipynb") == copy
    lab.rename(folder, "cpu-lab", "cpu-mine")
    assert "run_dir = 'runs/cpu-mine'\n" in sources(folder / "02_sums.ipynb")[1] and "k = 8" in json.dumps(
        notebook.read(folder / "02_sums.ipynb")
    )
    toy_repo.write(repo, "02_sums", [*toy_repo.SUMS, "1 + 1"])
    said = lab.copies(pipeline.load(repo), resolved(repo), folder)
    assert said == ["02_sums has changed in the repository; your copy of it is 02_sums.before1.ipynb now"]
    assert notebook.read(folder / "02_sums.before1.ipynb")["cells"][-1]["source"] == "my note"
    assert sources(folder / "02_sums.ipynb")[-1] == "1 + 1"


def test_a_second_lab_on_a_trial_is_refused_and_so_is_dropping_it(repo, say):
    chapters, seen = pipeline.load(repo), []
    trials.begin(repo / "runs/cpu-lab", repo / "runs/cpu", chapters.names)

    def second(*_):
        with pytest.raises(pipeline.RunnerError, match=r"runs/cpu-lab is open in another JupyterLab, process \d+ "):
            lab.start(chapters, resolved(repo), lambda *_: None)
        seen.append(say("drop", "--trial", "lab"))

    lab.start(chapters, resolved(repo), second)
    assert seen[0][0] == 2 and "runs/cpu-lab is open in process" in seen[0][1]
    assert say("drop", "--trial", "lab")[0] == 0


def test_a_chapter_that_the_run_gets_later_comes_into_the_trial(repo, say):
    shutil.rmtree(repo / "runs")
    assert say("run", "--upto", "01")[0] == 0
    by_hand.run(repo, [TOP, OPENS])
    assert say("run", "--upto", "04")[0] == 0
    by_hand.run(repo, [TOP, OPENS])
    assert (repo / "runs/cpu-lab/04_aside/aside.json").exists()


@pytest.mark.parametrize(("arguments", "message"), [
    (["drop"], "which trial of runs/cpu? TRIAL=name; there are: none"),
    (["drop", "--trial", "x"], "there is no trial runs/cpu-x; of runs/cpu there are: none"),
    (["keep", "--trial", "lab"], "there is no trial runs/cpu-lab"),
])  # fmt: skip
def test_what_is_no_trial_is_neither_kept_nor_dropped(repo, say, arguments, message):
    before = content(repo / "runs")
    status, text = say(*arguments)
    assert status == 2 and text.startswith(message)
    assert {n: d for n, d in content(repo / "runs").items() if n in before} == before


def test_keeping_needs_a_name_that_is_free_and_a_damaged_record_can_be_dropped(repo, say, monkeypatch):
    assert say("run", "--trial", "lab")[0] == 0
    assert (
        "nothing was changed in runs/cpu-lab; to keep it all the same, give it a name: AS="
        in say("keep", "--trial", "lab")[1]
    )
    monkeypatch.setenv("AS", "lab")
    assert "AS is the trial's new name" in say("keep", "--trial", "lab")[1]
    monkeypatch.setenv("AS", "mine")
    assert say("keep", "--trial", "lab")[0] == 0 and say("run", "--trial", "lab")[0] == 0
    assert "runs/cpu-mine is there already" in say("keep", "--trial", "lab")[1]
    (repo / "runs/cpu-mine/trial.json").write_text("{")
    status, text = say("status", "--trial", "mine")
    assert status == 2 and "what runs/cpu-mine remembers cannot be read: trial.json is not whole JSON" in text
    assert "make drop TRIAL=mine" in text and say("status")[0] == 0
    assert say("drop", "--trial", "mine")[0] == 0
