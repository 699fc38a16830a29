"""Laws of the runner, on a repository in miniature: what runs again, what fails, what is said, what is left."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
import toy_repo

from assl_utils import store
from assl_utils.runner import __main__, execute, notebook, run
from assl_utils.runner.state import EXECUTED, FAILED, MANIFEST


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A miniature whose every stage has run once."""
    root = toy_repo.build(tmp_path_factory.mktemp("finished") / "repo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSL_ROOT", str(root))
        assert __main__.main(["run"]) == 0
    return root


@pytest.fixture
def repo(finished, tmp_path, monkeypatch):
    """A copy of it to do harm to."""
    root = shutil.copytree(finished, tmp_path / "repo")
    monkeypatch.setenv("ASSL_ROOT", str(root))
    for name in ("PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL"):
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


@pytest.fixture
def no_kernel(monkeypatch):
    """Starting a kernel fails the test."""
    monkeypatch.setattr(execute, "execute", lambda *_: pytest.fail("a kernel was started"))


def ran(text):
    """Names of the stages that a run says it ran."""
    return [line.split(" · ")[1].split(" runs")[0] for line in text.splitlines() if " runs: " in line]


def manifest(root, name):
    return json.loads((root / "runs/cpu" / name / MANIFEST).read_text())


# what runs again


def test_a_second_run_does_nothing_and_says_so(repo, say, no_kernel):
    assert say("run") == (0, "runs/cpu: nothing to do, 4 stages done\n")


def test_finding_out_imports_nothing_heavy(repo):
    code = (
        "import sys; from assl_utils.runner import __main__; __main__.main(['run']); "
        "print(sorted({'torch', 'pandas', 'numpy', 'papermill', 'nbformat', 'psutil', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=toy_repo.PLUMBING.parent)
    assert done.stdout.splitlines() == ["runs/cpu: nothing to do, 4 stages done", "[]"]


def test_a_touch_reruns_nothing(repo, say, no_kernel):
    for path in repo.rglob("*"):
        os.utime(path)
    assert "nothing to do" in say("run")[1]


def test_a_changed_value_reruns_what_depends_on_it_and_no_more(repo, say):
    before = manifest(repo, "01_numbers"), manifest(repo, "04_aside")
    status, text = say("run", "--set", "02.k=3")
    assert (status, ran(text)) == (0, ["02_sums", "03_report"])
    assert "02_sums runs: parameter k 2 → 3" in text
    assert "03_report runs: input 02_sums/sums.json changed" in text
    assert store.read_json(repo / "runs/cpu/02_sums/sums.json") == {"sum": 6.0}
    assert manifest(repo, "02_sums")["parameters"]["k"] == 3
    assert manifest(repo, "03_report")["parameters"]["k"] == 9
    assert (manifest(repo, "01_numbers"), manifest(repo, "04_aside")) == before
    status, text = say("status")
    assert "02_sums     stale" in text and "parameter k 3 → 2" in text


def test_who_does_the_work_reruns_nothing_that_is_up_to_date(repo, say, no_kernel):
    assert "nothing to do" in say("run", "--set", "engine=dask")[1]


def test_equal_results_stop_the_wave(repo, say):
    status, text = say("plan", "--set", "words=other")
    assert "1 stage to run, 1 more if the results before differ" in text
    status, text = say("run", "--set", "words=other")
    assert (status, ran(text)) == (0, ["02_sums"])


def test_new_prose_reruns_nothing_and_shows_with_the_old_outputs(repo, say, no_kernel):
    toy_repo.write(repo, "02_sums", toy_repo.SUMS, prose="# Another title")
    assert "nothing to do" in say("run")[1]
    written = notebook.read(repo / "notebooks/02_sums.ipynb")
    written["cells"][-1]["metadata"]["tags"] = ["hide-input"]
    page = notebook.merged(written, notebook.read(repo / "runs/cpu/02_sums" / EXECUTED))
    assert page["cells"][0]["source"] == "# Another title"
    assert page["cells"][2]["metadata"]["tags"] == ["injected-parameters"]
    assert "parts = 2" in notebook.source(page["cells"][2])
    assert page["cells"][-1]["metadata"]["tags"] == ["hide-input"]
    assert page["cells"][-1]["outputs"][0]["data"]["text/plain"] in ("2.0", ["2.0"])


def test_the_comment_of_a_parameter_reruns_nothing(repo, say, no_kernel):
    cells = [("parameters", toy_repo.SUMS[0][1].replace("# neighbours", "# neighbours; paper: 20")), *toy_repo.SUMS[1:]]
    toy_repo.write(repo, "02_sums", cells)
    assert "nothing to do" in say("run")[1]


@pytest.mark.parametrize("damage", ["{}", "[]", "{", "no outputs", "parameters a list"])
def test_a_damaged_manifest_reruns_its_chapter_and_no_other(repo, say, damage):
    path = repo / "runs/cpu/02_sums" / MANIFEST
    whole = path.read_text()
    manifests = {"no outputs": {**json.loads(whole), "outputs": {}}}
    manifests["parameters a list"] = {**json.loads(whole), "parameters": []}
    path.write_text(json.dumps(manifests[damage]) if damage in manifests else damage)
    status, text = say("run")
    assert (status, ran(text)) == (0, ["02_sums"]) and "02_sums runs: its manifest is none: manifest.json" in text
    again, before = (json.loads(t)["outputs"]["sums.json"] for t in (path.read_text(), whole))
    assert again == before and "nothing to do" in say("run")[1]


def test_new_code_reruns_its_chapter(repo, say):
    toy_repo.write(repo, "04_aside", [*toy_repo.ASIDE, "1 + 1"])
    status, text = say("run")
    assert (status, ran(text)) == (0, ["04_aside"])
    assert "the notebook's code changed" in text


@pytest.mark.parametrize(("path", "reason"), [
    ("assl_utils/toy_deep.py", "module toy_deep changed"),
    ("assl_utils/data/toy/factor.txt", "module data/toy changed"),
])  # fmt: skip
def test_a_module_behind_a_module_counts_and_so_does_its_data(repo, say, path, reason):
    with (repo / path).open("a") as stream:
        stream.write("\n")
    lines = say("status")[1].splitlines()
    assert "stale" in lines[1] and reason in lines[1]
    assert "waits" in lines[2] and "runs if 01_numbers gives something else" in lines[2]


def test_a_new_comment_in_a_module_reruns_its_chapter_and_no_other(repo, say):
    """The executed notebook differs by its times, and nobody reads those, not even `04_aside`, which reads all."""
    with (repo / "assl_utils/toy.py").open("a") as stream:
        stream.write("# a comment\n")
    status, text = say("run")
    assert (status, ran(text)) == (0, ["01_numbers"])


def test_outputs_changed_by_hand_are_noticed_and_made_again(repo, say):
    by_hand = store.open_stage("runs/cpu", "02_sums")
    by_hand.save_json({"sum": 7.0}, "sums.json")
    lines = say("status")[1].splitlines()
    assert "stale" in lines[2] and "outputs were changed by hand (in a notebook?): sums.json" in lines[2]
    assert "stale" in lines[3] and "input 02_sums/sums.json changed" in lines[3]
    status, text = say("run")
    assert (status, ran(text)) == (0, ["02_sums"])


def test_upto_runs_what_a_chapter_needs(repo, say):
    shutil.rmtree(repo / "runs")
    status, text = say("run", "--upto", "02")
    assert (status, ran(text)) == (0, ["01_numbers", "02_sums"])
    assert "stage 2 of 4 · 02_sums" in text
    assert "there is no chapter 7" in say("run", "--upto", "7")[1]


def test_an_expert_too_many_goes_and_a_persons_file_stays(repo, say):
    folder = repo / "runs/cpu/02_sums"
    (folder / "parts" / "my_notes.txt").write_text("mine")
    assert say("run", "--upto", "02", "--set", "parts=1")[0] == 0
    assert sorted(p.name for p in (folder / "parts").iterdir()) == ["0.json", "my_notes.txt"]
    assert "parts/my_notes.txt" not in manifest(repo, "02_sums")["outputs"]


# what fails


@pytest.mark.parametrize(("ill", "message"), [
    ("kill", "the kernel died in cell 6 of 7: killed by SIGKILL"),
    ("exit", "cell 6 of 7 ended the kernel with sys.exit(0)"),
    ("raise", "ValueError in cell 6 of 7: no such luck\n  line 6: raise ValueError('no such luck')"),
    ("torn", "its output sums.json cannot be read: JSONDecodeError"),
    ("forgets", "it did not write sums.json, which notebooks/stages.yaml declares"),
])  # fmt: skip
def test_an_ill_chapter_fails_without_a_manifest(repo, say, ill, message):
    status, text = say("run", "--set", f"ill={ill}")
    folder = repo / "runs/cpu/02_sums"
    assert status == 1
    assert message in text
    assert "what it had done: runs/cpu/02_sums/notebook.failed.ipynb" in text
    assert not (folder / MANIFEST).exists() and not (folder / EXECUTED).exists()
    assert len(notebook.read(folder / FAILED)["cells"]) >= 8
    lines = say("status")[1].splitlines()
    assert "failed" in lines[2] and message.splitlines()[0] in lines[2]
    assert ran(say("status")[1]) == []


def test_after_a_killed_kernel_the_same_command_makes_the_same_tables(repo, say):
    before = manifest(repo, "02_sums")["outputs"]
    assert say("run", "--set", "ill=kill")[0] == 1
    status, text = say("run")
    assert (status, ran(text)) == (0, ["02_sums"])
    after = manifest(repo, "02_sums")["outputs"]
    assert {n: o for n, o in after.items() if n != EXECUTED} == {n: o for n, o in before.items() if n != EXECUTED}
    assert not (repo / "runs/cpu/02_sums" / FAILED).exists()
    assert "nothing to do" in say("run")[1]


def start_slow(repo):
    """The runner in a process of its own, its kernel asleep in the middle of a cell; gives both."""
    command = [sys.executable, "-m", "assl_utils.runner", "run", "--set", "ill=slow"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=toy_repo.PLUMBING.parent
    )
    deadline = time.monotonic() + 120
    while not (repo / "pid").exists() or not (repo / "pid").read_text():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    return process, psutil.Process(int((repo / "pid").read_text()))


def test_ctrl_c_stops_the_kernel_and_says_how_to_go_on(repo, say):
    process, kernel = start_slow(repo)
    assert "running   " in say("status")[1]
    status, text = say("run")
    assert status == 2 and f"runs/cpu is being worked on by process {process.pid}" in text
    process.send_signal(signal.SIGINT)
    text = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert "the same command goes on from here" in text
    assert not (repo / "runs/cpu/02_sums" / MANIFEST).exists()
    kernel.wait(timeout=60)
    assert "its last run was cut off" in say("status")[1]


def test_a_killed_runner_takes_its_kernel_along_and_leaves_no_lock(repo, say):
    process, kernel = start_slow(repo)
    process.kill()
    process.wait()
    kernel.wait(timeout=60)
    assert not (repo / "runs/cpu/02_sums" / MANIFEST).exists()
    status, text = say("run")
    assert (status, ran(text)) == (0, ["02_sums"])


def test_a_lock_whose_holder_is_gone_is_no_lock(repo, say):
    (repo / "runs/cpu/.lock").write_text('{"pid": 1, "since": "2024-01-01T00:00:00"}')
    assert "running" not in say("status")[1]
    with run.lock(repo / "runs/cpu"):
        assert run.busy(repo / "runs/cpu").startswith(f"process {os.getpid()} ")
    assert run.busy(repo / "runs/cpu") == ""


def test_kernels_listen_on_no_port_and_are_this_environments_own(repo, tmp_path, monkeypatch):
    """A kernel of the same name that the user has installed elsewhere is not asked."""
    foreign = tmp_path / "share" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "share"))
    monkeypatch.setenv("MPLBACKEND", "nonsense")
    look = "import psutil, sys\nassert psutil.Process().net_connections('inet') == []\nprint(sys.executable)"
    toy_repo.write(repo, "look", [("parameters", "k: int = 1"), look])
    outcome = execute.execute(repo / "notebooks/look.ipynb", {"k": 2}, repo)
    assert outcome.notebook.cells[-1].outputs[0].text == sys.executable + "\n"
    assert outcome.peak_bytes > 10_000_000


# what is checked before


@pytest.mark.parametrize(("settings", "messages"), [
    ("02.kk=3", ["02_sums declares no parameter `kk` (SET); nearest is `k: int = 2` in 02_sums"]),
    ("wordz=x", ["no notebook declares a parameter `wordz` (SET); nearest is `words: str = 'any'` in 02_sums"]),
    ("k=five", ["02_sums: k is of type int; 'five' (SET) is not", "03_report: k is of type int; 'five' (SET) is not"]),
    ("k=five wordz=x n=1.5", ["02_sums: k is", "`wordz`", "01_numbers: n is of type int; '1.5' (SET) is not"]),
])  # fmt: skip
def test_nothing_starts_with_a_wrong_parameter(repo, say, no_kernel, settings, messages):
    before = manifest(repo, "02_sums")
    status, text = say("run", "--set", settings)
    assert status == 2
    assert [message for message in messages if message not in text] == []
    assert manifest(repo, "02_sums") == before


def test_a_profile_key_that_no_notebook_declares_is_an_error(repo, say, no_kernel):
    (repo / "notebooks/profiles/cpu.yaml").write_text("common:\n  budgets: 3\n02_sum:\n  k: 3\n")
    status, text = say("run")
    assert status == 2
    assert "no notebook declares a parameter `budgets` (cpu.yaml, line 2)" in text
    assert "cpu.yaml, line 3: `02_sum` is no section of a profile; nearest is `02_sums`" in text


def test_a_chapter_with_a_slip_is_named_before_anything_runs(repo, say, no_kernel):
    toy_repo.write(repo, "04_aside", [*toy_repo.ASIDE, "if True print()"])
    assert say("run", "--set", "k=3") == (2, "04_aside: invalid syntax: if True print()\n")


def test_an_edited_cell_that_the_profile_overrides_is_said(repo, say, no_kernel):
    git = ["git", "-C", str(repo), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "notebooks"], check=True)
    subprocess.run([*git, "commit", "-qm", "x"], check=True)
    assert say("run")[1] == "runs/cpu: nothing to do, 4 stages done\n"
    cells = [("parameters", toy_repo.SUMS[0][1].replace("parts: int = 3", "parts: int = 8")), *toy_repo.SUMS[1:]]
    toy_repo.write(repo, "02_sums", cells)
    text = say("run")[1]
    assert "02_sums: the cell was edited to parts = 8, but profile cpu sets parts = 2" in text
    assert "nothing to do" in text


def test_an_edited_cell_that_nothing_overrides_counts(repo, say):
    cells = [("parameters", toy_repo.SUMS[0][1].replace("k: int = 2", "k: int = 3")), *toy_repo.SUMS[1:]]
    toy_repo.write(repo, "02_sums", cells)
    assert "parameter k 2 → 3" in say("status")[1]


def test_protocol_and_seed_have_a_folder_of_their_own(repo, say):
    assert say("where") == (0, "runs/cpu\n")
    assert say("where", "--set", "seed=1 protocol=paper") == (0, "runs/cpu-paper-s1\n")
    status, text = say("run", "--upto", "01", "--seed", "1", "--protocol", "paper")
    assert (status, ran(text)) == (0, ["01_numbers"])
    written = json.loads((repo / "runs/cpu-paper-s1/01_numbers" / MANIFEST).read_text())
    assert written["parameters"] == {"n": 4, "seed": 1, "protocol": "paper"}
    assert written["seeds"] == {"seed": 1}
    assert written["given"] == {"seed": "SEED", "protocol": "PROTOCOL"}


def test_a_file_that_the_book_keeps_is_an_input_like_any_other(repo, say):
    (repo / "notebooks/stages.yaml").write_text(
        toy_repo.STAGES.replace("reads: [01_numbers/*]", "reads: [01_numbers/*, book/kept/*]")
    )
    aside = [*toy_repo.ASIDE[:2], "stage.save_json(stage.load_json('book/kept/deep/a.json'), 'aside.json')"]
    toy_repo.write(repo, "04_aside", aside)
    status, text = say("run")
    assert status == 2 and "04_aside declares that it reads book/kept/*, and the repository has none" in text
    kept = repo / "book/kept/deep/a.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("7")
    assert say("run")[0] == 0 and json.loads((repo / "runs/cpu/04_aside/aside.json").read_text()) == 7
    assert "nothing to do" in say("run")[1]
    kept.write_text("8")
    status, text = say("run")
    assert ran(text) == ["04_aside"] and "input book/kept/deep/a.json changed" in text
    assert json.loads((repo / "runs/cpu/04_aside/aside.json").read_text()) == 8


def test_a_trial_begins_as_a_copy_and_runs_only_what_differs(repo, say):
    assert say("run")[0] == 0
    for made in ("cells/lot", "export"):  # of the usual run, and perhaps just being written
        (repo / "runs/cpu" / made).mkdir(parents=True)
        (repo / "runs/cpu" / made / "one").write_text("1")
    before = {p: p.read_bytes() for p in (repo / "runs/cpu").rglob("*") if p.is_file() and p.name != ".lock"}
    status, text = say("run", "--trial", "more", "--set", "k=5")
    assert status == 0 and "runs/cpu-more begins as a copy of runs/cpu" in text
    assert ran(text) == [name for name in ran(text) if name != "01_numbers"] != []
    assert all(p.read_bytes() == data for p, data in before.items()), "the usual run is left as it was"
    assert not {"cells", "export"} & {p.name for p in (repo / "runs/cpu-more").iterdir()}
    assert json.loads((repo / "runs/cpu-more/01_numbers" / MANIFEST).read_text())["run"] == "cpu"
    status, text = say("run", "--trial", "more", "--set", "k=5")
    assert status == 0 and "nothing to do" in text and "copy" not in text
    assert say("where", "--trial", "more", "--seed", "1") == (0, "runs/cpu-clean-s1-more\n")


@pytest.mark.parametrize("name", ["clean", "../x", "A", "a-b"])
def test_a_trial_needs_a_name_that_no_other_run_has(repo, say, name):
    status, text = say("run", "--trial", name)
    assert status == 2 and "TRIAL" in text and sorted(p.name for p in (repo / "runs").glob("[!.]*")) in ([], ["cpu"])


# what is said


def test_a_manifest_is_a_whole_account(repo):
    written = manifest(repo, "02_sums")
    folder = repo / "runs/cpu/02_sums"
    assert written["inputs"] == {"01_numbers/numbers.npy": store.sha256(repo / "runs/cpu/01_numbers/numbers.npy")}
    assert set(written["outputs"]) == {EXECUTED, "sums.json", "parts/0.json", "parts/1.json"}
    assert all(entry["sha256"] == store.sha256(folder / name) for name, entry in written["outputs"].items())
    assert written["versions"]["numpy"] and written["hardware"]["cores"] >= 1
    assert written["seconds"] > 0 and written["peak_bytes"] > 1_000_000
    assert str(repo) not in (folder / MANIFEST).read_text() + (folder / EXECUTED).read_text()
    assert sorted(p.name for p in folder.iterdir()) == [MANIFEST, EXECUTED, "parts", "sums.json"]


def test_status_is_a_line_per_stage(repo, say):
    status, text = say("status")
    lines = text.splitlines()
    assert (status, len(lines)) == (0, 5)
    assert lines[0].startswith("runs/cpu · profile cpu: ") and lines[0].endswith("protocol clean, seed 0")
    for line, name in zip(lines[1:], ["01_numbers", "02_sums", "03_report", "04_aside"], strict=True):
        assert line.split()[:2] == [name, "done"] and line.endswith(" ago")
    assert "missing" in say("status", "--seed", "1")[1]


def test_plan_shows_the_cost_of_the_last_run_or_of_the_published_one(repo, say):
    status, text = say("plan", "--set", "02.k=1")
    took = manifest(repo, "02_sums")["seconds"]
    assert status == 0
    assert f"stale     {'':0}" in text.splitlines()[2] and f"{round(took)} s, 0.1 GB (last run)" in text.splitlines()[2]
    assert "1 stage to run, 1 more if the results before differ; about" in text.splitlines()[-1]
    assert "unknown" in say("plan", "--seed", "1")[1].splitlines()[1]
    store.write_json({"01_numbers": {"seconds": 75.2, "peak_bytes": 3e9}}, repo / "book/published/cpu/costs.json")
    text = say("plan", "--seed", "1")[1]
    assert "1 min 15 s, 3.0 GB (published run)" in text.splitlines()[1]
    assert text.splitlines()[-1].endswith("at most about 1 min 15 s; 3.0 GB; 3 of unknown cost")
    assert say("plan")[1].splitlines()[-1] == "runs/cpu: nothing to do"


def test_diff_shows_the_cells_that_differ_from_the_published_ones(repo, say):
    assert "nothing is published" in say("diff")[1]
    published = repo / "book/published/cpu/table1.csv"
    with store.atomic_path(published) as part:
        shutil.copy(repo / "runs/cpu/03_report/table1.csv", part)
    assert say("diff") == (0, "runs/cpu: identical to what was published\n")
    published.write_text("model,FE,NA\nbase,1,9\nmix,1.5,2\n")
    status, text = say("diff")
    assert status == 3 and text.splitlines() == [
        "table1.csv  mix · FE  1.5 → 2  (+0.5)",
        "runs/cpu: 1 cell moved, by at most 0.5 (table1.csv · mix · FE)",
    ]
    published.write_text("model,FE,NA\nbase,1,9\nmix,2.0000000000000071,2\n")
    assert say("diff") == (0, "runs/cpu: identical to what was published\n")


def test_list_shows_every_parameter_and_marks_what_is_not_the_notebooks(repo, say):
    lines = say("list")[1].splitlines()
    assert "   n: int = 4  # how many; paper: 7" in lines
    assert " * parts: int = 2" in lines


def test_lines_counts_the_code_behind_each_chapter(repo, say):
    status, text = say("lines")
    assert status == 0 and len(text.splitlines()) == 4
    store_lines = len((repo / "assl_utils/store.py").read_text().splitlines())
    init_lines = len((repo / "assl_utils/__init__.py").read_text().splitlines())
    assert f"04_aside  {store_lines + init_lines} lines: beside the wings" in re.sub(r" {2,}", "  ", text)
