"""Laws of the Makefile: the right environment, installed once, and each target in a line of help."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import toy_repo

ROOT = Path(__file__).resolve().parent.parent
TARGETS = (
    "env reproduce study test test-names test-alone test-harness test-faults book check bench status plan diff list"
    " lab keep drop lint publish record grid consequences ask export release harness gpu-check gpu-pack base-model"
    " clean help"
).split()


@pytest.fixture
def repo(tmp_path):
    """The miniature with our Makefile, in a folder with a blank; its installer notes that it was called, with what."""
    root = toy_repo.build(tmp_path / "a repo")
    shutil.copy(ROOT / "Makefile", root)
    shutil.copytree(ROOT / "assl_utils", root / "assl_utils", dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("data", "__pycache__"))  # fmt: skip
    assert len(list((root / "assl_utils").rglob("*.py"))) > 100
    (root / "requirements").mkdir()
    (root / "requirements" / "install.sh").write_text('echo "installs $1 with $(command -v python)"\n')
    for name in ("cpu", "cuda"):
        (root / "requirements" / f"{name}.txt").write_text("numpy==1\n")
    return root


def environment(folder, name):
    """A folder that looks like an environment and runs this Python."""
    (folder / name / "bin").mkdir(parents=True)
    python = folder / name / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return folder / name


def make(root, *arguments, kind="cpu", **variables):
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("VIRTUAL_ENV", "CONDA", "ASSL", "MAKE"))}
    for name in ("PROFILE", "SET", "PROTOCOL", "SEED", "TRIAL"):
        clean.pop(name, None)
    command = ["make", *([f"KIND={kind}"] if kind else []), *arguments]
    done = subprocess.run(command, cwd=root, env={**clean, **variables}, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_help_lists_every_target_in_one_line():
    status, text = make(ROOT, "help")
    names = re.findall(r"^  make (\S+(?: \.\. \d\d)?) +\S", text, re.M)
    assert status == 0
    assert len(names) == len(text.splitlines()) == len(set(names))
    assert set(TARGETS) | {"01 .. 12"} <= set(names)


def test_every_target_is_a_recipe_that_can_be_read():
    for name in [*TARGETS, *(f"0{i}" for i in range(1, 9))]:
        assert make(ROOT, "-n", name)[0] == 0, name


@pytest.mark.parametrize(("variables", "used"), [
    (["VIRTUAL_ENV=venv"], "venv"),
    (["CONDA_PREFIX=conda", "CONDA_DEFAULT_ENV=silversight"], "conda"),
    (["VIRTUAL_ENV=venv", "CONDA_PREFIX=conda", "CONDA_DEFAULT_ENV=silversight"], "venv"),
    (["CONDA_PREFIX=conda", "CONDA_DEFAULT_ENV=base"], ".venv"),
    (["VIRTUAL_ENV=gone"], ".venv"),
    ([], ".venv"),
])  # fmt: skip
def test_the_active_environment_is_used_and_installed_into_once(repo, variables, used):
    for name in ("venv", "conda", ".venv"):
        environment(repo, name)
    pairs = dict(pair.split("=") for pair in variables)
    given = {k: v if k == "CONDA_DEFAULT_ENV" else str(repo / v) for k, v in pairs.items()}
    assert make(repo, "env", **given) == (0, f"installs cpu with {repo}/{used}/bin/python\n")
    os.utime(repo / "requirements/cpu.txt")
    assert make(repo, "-s", "env", **given) == (0, ""), "a touched lock installs nothing"
    (repo / "requirements/cpu.txt").write_text("numpy==2\n")
    assert "installs cpu" in make(repo, "env", **given)[1], "a changed one does"


def test_an_installation_that_fails_is_tried_again(repo):
    environment(repo, ".venv")
    (repo / "requirements" / "install.sh").write_text("exit 3\n")
    assert make(repo, "env")[0] != 0
    assert make(repo, "env")[0] != 0


def test_without_an_environment_one_is_made(repo):
    # `venv` itself takes seconds and a copy of pip; a stand-in python notes that it was asked
    stand_in = environment(repo, "stand-in")
    made_of = stand_in / "bin" / "python"
    (stand_in / "bin" / "python3.11").write_text(
        f'#!/bin/sh\n[ "$1 $2" = "-m venv" ] || exec {sys.executable} "$@"\n'
        f'mkdir -p "$3/bin"\ncp "{made_of}" "$3/bin/python"\n'
    )
    (stand_in / "bin" / "python3.11").chmod(0o755)
    path = f"{stand_in}/bin:/usr/bin:/bin"
    status, text = make(repo, "env", PATH=path)
    assert status == 0
    assert text == f"env: making .venv with python3.11\ninstalls cpu with {repo}/.venv/bin/python\n"


def test_values_reach_the_runner_and_wrong_ones_stop_make(repo):
    environment(repo, ".venv")
    make(repo, "env")
    status, text = make(repo, "status", "SEED=1", "PROTOCOL=paper", "SET=k=5")
    assert status == 0 and text.startswith("runs/cpu-paper-s1 · ") and text.count("missing") == 4
    status, text = make(repo, "plan", "SET=kk=5")
    assert status != 0 and "no notebook declares a parameter `kk` (SET)" in text
    assert make(repo, "list", "PROFILE=cpux")[0] != 0


OF_A_RUN = "book record harness release export ask publish diff status plan list reproduce study 02".split()


def files(root):
    """Every file below ``root`` with its content, but for what Python caches."""
    return {p: p.read_bytes() for p in root.rglob("*") if p.is_file() and "__pycache__" not in p.parts}


@pytest.mark.parametrize("target", OF_A_RUN)
def test_a_target_that_finds_no_run_stops_with_one_sentence_and_writes_nothing(repo, target):
    environment(repo, ".venv")
    make(repo, "env")
    before = files(repo)
    for profile, sentence in (("nope", "there is no profile `nope`"), ("../profiles/cpu", "names no profile")):
        status, text = make(repo, "-s", target, f"PROFILE={profile}")
        lines = [line for line in text.splitlines() if not line.startswith("make: ***")]
        assert status != 0 and len(lines) == 1 and sentence in lines[0], text
    assert files(repo) == before


def test_a_mistake_of_python_itself_is_not_taken_for_tables_that_differ(repo):
    python = environment(repo, ".venv") / "bin" / "python"
    make(repo, "env")
    for status in (1, 2, 3, 139):
        python.write_text(f"#!/bin/sh\nexit {status}\n")
        assert (make(repo, "diff")[0] == 0) == (status == 3)


def test_what_a_profile_or_a_notebook_holds_never_comes_to_a_shell(repo):
    environment(repo, ".venv")
    make(repo, "env")
    evil = "$(touch pwned); `touch pwned`; $$(touch pwned)"
    (repo / "notebooks/profiles/cpu.yaml").write_text(f"about: '{evil}'\n02_sums:\n  words: '{evil}'\n")
    (repo / "notebooks/profiles/$(touch pwned).yaml").write_text("about: x\n")
    declared = toy_repo.ASIDE[0][1] + f"\nnote: str = {evil!r}  # {evil}"
    toy_repo.write(repo, "04_aside", [("parameters", declared), *toy_repo.ASIDE[1:]], prose=evil)
    for target in (*OF_A_RUN, "01", "03", "04"):
        make(repo, target)
    assert (repo / "runs/cpu/04_aside/manifest.json").exists()
    assert not list(repo.rglob("pwned")) and not (ROOT / "pwned").exists()
    assert evil in make(repo, "-s", "list")[1]


def test_a_study_runs_every_seed_several_at_a_time_and_fails_if_one_does(repo):
    environment(repo, ".venv")
    make(repo, "env")
    wanted = [f"runs/cpu-{protocol}-s{seed}" for protocol in ("clean", "paper") for seed in (3, 5)]
    status, text = make(repo, "study", "SEEDS=3 5", "JOBS=2")
    assert status == 0, text
    assert all((repo / run / "03_report/manifest.json").exists() for run in wanted)
    status, text = make(repo, "study", "SEEDS=3", "PROTOCOLS=clean paperback", "JOBS=2")
    assert status != 0 and "paperback" in text
    status, text = make(repo, "study", "SEEDS=3 4", "PROTOCOLS=paperback clean")
    assert status != 0 and not (repo / "runs/cpu-clean-s4").exists(), "the first mistake ends the study"


def test_tables_that_differ_do_not_fail_make_but_having_none_does(repo):
    environment(repo, ".venv")
    make(repo, "env")
    status, text = make(repo, "diff")
    assert status != 0 and "nothing is published" in text
    for score, folder in enumerate([repo / "book/published/cpu", repo / "runs/cpu/03_report"]):
        folder.mkdir(parents=True)
        (folder / "table1.csv").write_text(f"model,FE\nbase,{score}\n")
    status, text = make(repo, "diff")
    assert status == 0 and "table1.csv  base · FE" in text


def test_a_former_target_says_what_replaces_it_and_which_line_a_choice_is(repo):
    environment(repo, ".venv")
    make(repo, "env")
    status, text = make(repo, "-s", "row-choices", "CHOICES=random_at_cost randm")
    assert status != 0 and "Traceback" not in text and "`make grid GRID=…` does all its lines" in text
    assert "  random_at_cost: {select: random(cost_of=utility)}\n" in text and "nearest is 'random'" in text
    status, text = make(repo, "-s", "cells", "CELLS=lot_mix")
    assert status != 0 and "  lot_mix: {select: random, compose: mix}\n" in text
    assert make(repo, "-s", "cells")[1].startswith("the menu of row choices is gone")


def test_a_question_reaches_the_run_as_it_is_written(repo):
    python = environment(repo, ".venv") / "bin" / "python"
    make(repo, "env")
    python.write_text('#!/bin/sh\n[ "$3" = where ] && echo runs/cpu && exit\nprintf "<%s>" "$@"\n')
    question = '涨了吗？ It\'s "up"; --run\n第二行'
    assert make(repo, "-s", "ask", Q=question)[1] == f"<-m><assl_utils.ask><--run><runs/cpu><--><{question}>"
    assert make(repo, "-s", "ask", f"Q={question}", "RUN=runs/other")[1].endswith(f"<runs/other><--><{question}>")
    assert make(repo, "-s", "ask")[1] == "<-m><assl_utils.ask><--run><runs/cpu>"


@pytest.fixture
def card(tmp_path):
    """A PATH on which ``nvidia-smi`` lists a card."""
    folder = tmp_path / "driver"
    folder.mkdir()
    (folder / "nvidia-smi").write_text("#!/bin/sh\necho 'GPU 0: NVIDIA L4 (UUID: GPU-1)'\n")
    (folder / "nvidia-smi").chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_the_driver_decides_which_packages_are_installed(repo, card):
    environment(repo, ".venv")
    assert "installs cuda with" in make(repo, "env", kind=None, **card)[1]
    (Path(card["PATH"].split(":")[0]) / "nvidia-smi").write_text("#!/bin/sh\necho 'No devices were found'\nexit 6\n")
    assert "installs cpu with" in make(repo, "env", kind=None, **card)[1]


@pytest.mark.parametrize("target", ["status", "plan", "list", "diff"])
def test_to_answer_installs_nothing_where_an_environment_can_answer(repo, card, target):
    environment(repo, ".venv")
    text = make(repo, "-s", target, kind=None, **card)[1]
    assert "installs" not in text and ("01_numbers" in text or "nothing is published" in text)


def test_to_answer_takes_the_packages_for_a_cpu_where_there_are_none(repo, card):
    python = environment(repo, ".venv") / "bin" / "python"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] && case "$2" in import\\ assl*) exit 1;; esac\nexit 0\n')
    text = make(repo, "-s", "status", kind=None, **card)[1]
    assert "the packages for a CPU are enough" in text and "installs cpu with" in text


@pytest.mark.parametrize(
    ("kind", "cuda", "goes"), [("cuda", "None", True), ("cuda", "13.0", False), ("cpu", "None", False)]
)
def test_a_cpu_build_of_torch_goes_before_the_cuda_build_comes(repo, tmp_path, kind, cuda, goes):
    shutil.copy(ROOT / "requirements" / "install.sh", repo / "requirements")
    (repo / "requirements" / "torch.txt").write_text("torch==2.0.0")
    (tmp_path / "fake").mkdir()
    fake = tmp_path / "fake" / "torch.py"
    fake.write_text(f"class version:\n    cuda = {cuda if cuda == 'None' else repr(cuda)}\n__version__ = '2.0.0+cpu'\n")
    for name in ("transformers", "peft"):
        (tmp_path / "fake" / f"{name}.py").touch()
    place = tmp_path / "bin"
    place.mkdir()
    (place / "python").write_text(
        f'#!/bin/sh\n[ "$1" = -m ] && echo "$@" && exit\nPYTHONPATH={tmp_path / "fake"} exec {sys.executable} "$@"\n'
    )
    (place / "python").chmod(0o755)
    script = repo / "requirements" / "install.sh"
    done = subprocess.run(
        ["bash", script, kind], env={"PATH": f"{place}:/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert ("pip uninstall --quiet --yes torch" in done.stdout) == goes, done.stdout + done.stderr
    if goes:
        assert done.stdout.index("uninstall") < done.stdout.index("--require-hashes")
