"""Laws of parameters: the later over the earlier, typed by the notebook, everything wrong said at once."""

import types

import pytest
import toy_repo

from assl_utils.machine import describe
from assl_utils.runner import params, pipeline, profiles, values
from assl_utils.runner.pipeline import RunnerError


@pytest.fixture
def chapters(tmp_path):
    return pipeline.load(toy_repo.build(tmp_path / "repo"))


@pytest.mark.parametrize(("text", "kind", "value"), [
    ("5", "int", 5), ("2_000", "int", 2000), ("-1", "int", -1),
    ("1e-4", "float", 1e-4), ("3", "float", 3.0),
    ("yes", "bool", True), ("False", "bool", False), ("0", "bool", False),
    ("a=b", "str", "a=b"), ("", "str", ""), ("none", "str", "none"),
    ("none", "int | None", None), ("7", "int | None", 7), ("none", "str | None", None), ("x", "str | None", "x"),
    ("1,2, 3", "list[int]", [1, 2, 3]), ("[1, 2]", "list[int]", [1, 2]), ("", "list[int]", []),
    ("a,'b c'", "list[str]", ["a", "b c"]), ("1,x", "list", [1, "x"]),
    ("0.2,0.2,0.6", "tuple[float, float, float]", (0.2, 0.2, 0.6)), ("1,2", "tuple[int, ...]", (1, 2)),
    ('{"a": 1}', "dict", {"a": 1}),
])  # fmt: skip
def test_what_a_person_types_has_the_notebooks_type(text, kind, value):
    made = values.from_text(text, kind)
    assert made == value and type(made) is type(value)


@pytest.mark.parametrize(("text", "kind"), [
    ("five", "int"), ("1.5", "int"), ("1e3", "int"), ("", "int"), ("x", "float"), ("maybe", "bool"), ("2", "bool"),
    ("x", "int | None"), ("1,x", "list[int]"), ("1,2", "tuple[float, float, float]"), ("x", "dict"), ("[1]", "dict"),
    ("x", "set"), ("x", "Path"),
])  # fmt: skip
def test_what_is_of_another_type_is_refused(text, kind):
    with pytest.raises(ValueError):
        values.from_text(text, kind)


@pytest.mark.parametrize(("value", "kind", "made"), [
    (5, "int", 5), (5, "float", 5.0), ("1e-4", "float", 1e-4), ([1, 2], "tuple[int, ...]", (1, 2)),
    (None, "int | None", None),
])  # fmt: skip
def test_a_profiles_value_is_taken(value, kind, made):
    assert values.from_profile(value, kind) == made


@pytest.mark.parametrize(("value", "kind"), [
    (True, "int"), (1, "bool"), (False, "str"), (5, "str"), (1.0, "int"), ("5", "int"), ("five", "float"),
    (None, "str"), (True, "float"), ("1,2", "list[int]"), (3, "list[int]"),
])  # fmt: skip
def test_a_profiles_value_of_another_type_is_refused(value, kind):
    """`protocol: no` is False in YAML, and True is no 1."""
    with pytest.raises(ValueError):
        values.from_profile(value, kind)


def test_profile_over_notebook_and_set_over_profile(chapters):
    profile = chapters.root / "notebooks/profiles/cpu.yaml"
    profile.write_text("02_sums:\n  k: 5\n  lr: 2e-4\ncommon:\n  k: 4\n")
    plain = params.resolve(chapters, "cpu")
    assert (plain.values["02_sums"]["k"], plain.values["03_report"]["k"]) == (5, 4), "a chapter's section wins"
    assert plain.values["02_sums"]["lr"] == 2e-4
    assert plain.values["02_sums"]["parts"] == 3
    assert plain.given["02_sums"] == {"k": "profile cpu", "lr": "profile cpu"}
    both = params.resolve(chapters, "cpu", "02.k=7 k=6 words='a b' limit=3 quick=no")
    assert (both.values["02_sums"]["k"], both.values["03_report"]["k"]) == (7, 6)
    assert [both.values["02_sums"][name] for name in ("words", "limit", "quick")] == ["a b", 3, False]
    assert both.injected("03_report") == {"k": 6, "run_dir": "runs/cpu"}


def test_a_tuple_is_injected_as_a_list(chapters):
    """papermill writes a tuple as the text "(1, 2)", and a notebook would take its characters for numbers."""
    toy_repo.write(chapters.root, "04_aside", [("parameters", "weights: tuple[int, ...] = (0, 0)")])
    assert params.resolve(chapters, "cpu", "weights=1,2").injected("04_aside") == {"weights": [1, 2]}


@pytest.mark.parametrize(("settings", "protocol", "seed", "run"), [
    ("", None, None, "cpu"), ("", "clean", "0", "cpu"), ("seed=2", None, None, "cpu-clean-s2"),
    ("", "paper", None, "cpu-paper-s0"), ("protocol=paper", None, "3", "cpu-paper-s3"),
])  # fmt: skip
def test_protocol_and_seed_name_the_run(chapters, settings, protocol, seed, run):
    resolved = params.resolve(chapters, "cpu", settings, protocol, seed)
    assert resolved.run == run
    assert resolved.injected("01_numbers")["run_dir"] == f"runs/{run}"
    assert "run_dir" not in resolved.values["01_numbers"], "where a run lies does not change what it finds"


@pytest.mark.parametrize(("settings", "message"), [
    ("02.seed=1", "seed (SET) is one for all chapters"),
    ("run_dir=x", "run_dir (SET) is one for all chapters"),
    ("protocol=clear", "protocol is one of clean, paper, not `clear`; nearest is `clean`"),
    ("seed=x", "seed is of type int; 'x' is not"),
    ("k", "`k` has no `=`"),
    ("9.k=1", "there is no chapter 9; the chapters are 01_numbers, 02_sums"),
    ("01.k=1", "01_numbers declares no parameter `k` (SET)"),
    ("k='1", "SET cannot be read: No closing quotation"),
])  # fmt: skip
def test_what_cannot_be_meant_is_said(chapters, settings, message):
    with pytest.raises(RunnerError) as caught:
        params.resolve(chapters, "cpu", settings)
    assert message in str(caught.value)


def test_an_unknown_profile_is_answered_with_the_known(chapters):
    with pytest.raises(RunnerError, match=r"no profile `cpus`; nearest is `cpu` \(there are: cpu\)"):
        params.resolve(chapters, "cpus")


@pytest.mark.parametrize(
    "name",
    ["../profiles/cpu", "./cpu", "cpu/", "/etc/passwd", "cpu.yaml", "CPU", "c pu", "$(id)", "`id`", "cpu\n", "a" * 999],
)
def test_a_path_or_a_command_is_no_profile(chapters, name):
    for ask in (lambda: params.resolve(chapters, name), lambda: profiles.choose_profile(chapters.root, name, [])):
        with pytest.raises(RunnerError, match=r"names no profile|there is no profile") as caught:
            ask()
        assert "there are: cpu" in str(caught.value) and len(str(caught.value)) < 200


@pytest.mark.parametrize(("text", "message"), [
    ("about: x\n02_sums:\n  parts: 2\n  parts: 3", "cpu.yaml, line 4: `parts` is there twice, first in line 3"),
    ("02_sums:\n  parts: 010", "cpu.yaml, line 2: `010` is read in several ways"),
    ("02_sum:\n  parts: 2", "cpu.yaml, line 1: `02_sum` is no section of a profile; nearest is `02_sums`"),
    ("common:\n  k: 3\n  kk: 3", "parameter `kk` (cpu.yaml, line 3); nearest is `k"),
    ("common:\n\n  k: many", "02_sums: k is of type int; 'many' (cpu.yaml, line 3) is not"),
    ("common: 5", "cpu.yaml, line 1: `common` holds no `name: value` lines"),
    ("common: 0", "cpu.yaml, line 1: `common` holds no `name: value` lines"),
    ("about: x\ncommon: {seed: 1}", "cpu.yaml, line 2: seed belongs to the run"),
    ("common: !!python/object/apply:os.system [ls]", "cpu.yaml, line 1: a tag"),
    ("[]", "cpu.yaml holds no|cpu.yaml: holds no"),
])  # fmt: skip
def test_what_is_wrong_in_a_profile_is_named_with_its_line(chapters, text, message):
    (chapters.root / "notebooks/profiles/cpu.yaml").write_text(text)
    with pytest.raises(RunnerError) as caught:
        params.resolve(chapters, "cpu")
    assert any(part in str(caught.value) for part in message.split("|"))


@pytest.mark.parametrize(("text", "message"), [
    ("about: x\nneeds: 5", "bad.yaml, line 2: `needs` holds gpu_gb, by_name, not_yet"),
    ("needs: {gpu_gb: much}", "bad.yaml, line 1: `gpu_gb` is a number, not 'much'"),
    ("needs: {gpu_gb: true}", "bad.yaml, line 1: `gpu_gb` is a number, not True"),
    ("needs:\n  by_name: 1", "bad.yaml, line 2: `by_name` is true or false, not 1"),
    ("needs: {gpu: 3}", "bad.yaml, line 1: `needs` has no entry `gpu`"),
    ("about: [x]", "bad.yaml, line 1: `about` is one sentence"),
    ("needs: [", "bad.yaml, line"),
    ("a: &a [x, x]\nb: &b [*a, *a]\n" + "c: &b [*b, *b, *b, *b, *b, *b, *b]\n" * 9, "bad.yaml, line"),
    (b"\xff", "bad.yaml, line 1: this is not UTF-8"),
])  # fmt: skip
def test_a_broken_profile_stops_itself_and_no_other(chapters, text, message):
    path = chapters.root / "notebooks/profiles/bad.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert params.resolve(chapters, "cpu").values
    assert profiles.choose_profile(chapters.root, "cpu", [])[0] == "cpu"
    chosen, why = profiles.choose_profile(chapters.root, None, [])
    assert chosen == "cpu" and f"bad cannot be read: {message}" in why
    with pytest.raises(RunnerError) as caught:
        profiles.choose_profile(chapters.root, "bad", [])
    assert message in str(caught.value)


@pytest.mark.parametrize(("text", "message"), [
    ("01_numbers: 5", "line 1: 01_numbers holds reads, writes and publish"),
    ("01_numbers:\n  writes: x.npy", "line 2: `writes` of 01_numbers is a list of files"),
    ("01_numbers:\n  writes: [../x.npy]", "line 2: `writes` of 01_numbers is a list of files inside the run"),
    ("01_numbers:\n  writes: [/etc/x]", "line 2: `writes`"),
    ("01_numbers:\n  write: [x]", "line 2: 01_numbers has an entry `write`"),
    ("01_numbers: {}\n01_numbers: {}", "line 2: `01_numbers` is there twice"),
    ("../x: {}", "line 1: a stage is named by letters"),
    ("$(id): {}", "line 1: a stage is named by letters"),
])  # fmt: skip
def test_what_is_wrong_with_the_stages_is_named_with_its_line(chapters, text, message):
    (chapters.root / "notebooks/stages.yaml").write_text(text)
    with pytest.raises(RunnerError) as caught:
        pipeline.load(chapters.root)
    assert str(caught.value).startswith("stages.yaml, ") and message in str(caught.value)


@pytest.fixture
def renamed(chapters, monkeypatch):
    """A chapter whose parameter and whose word for a value have new names."""
    monkeypatch.setattr(params, "RENAMED", {"ear_rows": "feedback_sample"})
    monkeypatch.setattr(params, "RENAMED_VALUES", {"choice": {"lot": "random"}})
    declared = "feedback_sample: int = 3\nchoice: str = 'utility'\nchoices: str = ''"
    toy_repo.write(chapters.root, "04_aside", [("parameters", declared)])
    return chapters


PARAMETER = "parameter `ear_rows` ({}) is called `feedback_sample` now"
WORD = "choice=lot ({}) is called choice=random now"


@pytest.mark.parametrize(("settings", "message"), [
    ("ear_rows=3", PARAMETER), ("04.ear_rows=x", PARAMETER), ("choice=lot", WORD), ("04.choice=lot", WORD),
    ("choice=lot ear_rows=3", f"{WORD}\n{PARAMETER}"),
])  # fmt: skip
def test_a_former_name_or_word_is_answered_with_the_present_one(renamed, settings, message):
    with pytest.raises(RunnerError) as caught:
        params.resolve(renamed, "cpu", settings)
    assert set(str(caught.value).splitlines()) == set(message.replace("{}", "SET").splitlines())


@pytest.mark.parametrize("section", ["04_aside", "common"])
def test_a_profile_with_a_former_name_or_word_is_answered_with_the_present_one(renamed, section):
    (renamed.root / "notebooks/profiles/cpu.yaml").write_text(f"{section}:\n  ear_rows: 3\n  choice: lot\n")
    with pytest.raises(RunnerError) as caught:
        params.resolve(renamed, "cpu")
    lines = ((PARAMETER, 2), (WORD, 3))
    expected = {text.replace("{}", f"cpu.yaml, line {line}") for text, line in lines}
    assert set(str(caught.value).splitlines()) == expected


def test_present_names_and_other_parameters_words_are_taken(renamed):
    values_ = params.resolve(renamed, "cpu", "feedback_sample=5 choice=random choices=lot").values["04_aside"]
    assert values_ == {"feedback_sample": 5, "choice": "random", "choices": "lot"}


def test_the_renames_of_the_books_chapters():
    assert params.RENAMED == {"ear_rows": "feedback_sample", "choice": "select"}
    assert params.RENAMED_VALUES["select"] == {
        "lot": "random",
        "even": "random_even",
        "lot_level": "random_per_subtask",
    }


def test_a_default_of_another_type_is_the_notebooks_fault(chapters):
    toy_repo.write(chapters.root, "04_aside", [("parameters", "n: int = 'many'")])
    with pytest.raises(RunnerError, match="04_aside: n: int = 'many' is not of its own type"):
        params.resolve(chapters, "cpu")


@pytest.fixture
def machines(tmp_path):
    folder = tmp_path / "notebooks" / "profiles"
    folder.mkdir(parents=True)
    (folder / "cpu.yaml").write_text("about: x\n")
    (folder / "small.yaml").write_text("needs: {gpu_gb: 15}\n")
    (folder / "paper.yaml").write_text("needs: {gpu_gb: 75, by_name: true}\n")
    return tmp_path


@pytest.mark.parametrize(("cards", "wanted", "name", "why"), [
    ([], None, "cpu", "small needs a GPU with 15 GB)"),
    ([("T4", 14.6)], None, "cpu", "small needs a GPU with 15 GB, the largest here has 14.6"),
    ([("L4", 22.5)], None, "small", "profile small: L4 (22 GB)"),
    ([("H100", 79.6), ("H100", 79.6)], None, "small", "H100 (80 GB) + H100 (80 GB)"),
    ([("H100", 79.6)], "paper", "paper", "profile paper, as asked"),
    ([], "small", "small", "as asked (though it needs a GPU with 15 GB)"),
])  # fmt: skip
def test_the_machine_picks_the_profile_and_says_why(machines, cards, wanted, name, why):
    chosen, reason = profiles.choose_profile(machines, wanted, cards)
    assert chosen == name and why in reason


def test_a_profile_that_is_not_ready_runs_by_name_only_and_says_so(machines):
    (machines / "notebooks/profiles/small.yaml").write_text("needs: {gpu_gb: 15, not_yet: no sources}\n")
    assert profiles.choose_profile(machines, None, [("L4", 22.5)])[0] == "cpu"
    chosen, reason = profiles.choose_profile(machines, "small", [("L4", 22.5)])
    assert chosen == "small" and reason == "profile small, as asked (though it is not ready: no sources)"


def test_this_machine_can_be_described():
    machine = describe()
    assert machine["cores"] >= 1 and machine["memory_gb"] > 0 and machine["cpu"]


def by_hand(chapters, run_dir, stage, **namespace):
    """What a notebook opened by hand works in, and its variables afterwards."""
    shell = types.SimpleNamespace(user_ns={"run_dir": run_dir, **namespace})
    return params.by_hand(chapters.root, run_dir, stage, shell), shell.user_ns


def test_a_notebook_opened_by_hand_gets_this_runs_values_and_a_run_of_its_own(chapters, capsys):
    (chapters.root / "notebooks/profiles/cpu.yaml").write_text("about: x\nneeds: {}\n02_sums: {k: 3, lr: 0.1}\n")
    folder, now = by_hand(chapters, "runs/cpu", "02_sums", k=2, lr=1e-4, parts=3)
    assert folder == now["run_dir"] == "runs/cpu-lab" and (now["k"], now["lr"], now["parts"]) == (3, 0.1, 3)
    assert capsys.readouterr().out.splitlines() == [
        "runs/cpu-lab, a trial of runs/cpu, which stays as it is",
        "From profile cpu, in brackets the paper's cell: k = 3 (2), lr = 0.1 (0.0001)",
    ]
    folder, now = by_hand(chapters, "runs/cpu", "02_sums", k=5, lr=1e-4)
    assert now["k"] == 5 and "Edited here: k = 5 (this run: 3)" in capsys.readouterr().out


@pytest.mark.parametrize(("run_dir", "folder"), [
    ("runs/cpu-clean-s4", "runs/cpu-clean-s4-lab"), ("runs/cpu-mine", "runs/cpu-mine"), ("runs/my_own", "runs/my_own"),
    ("elsewhere", "elsewhere"),
])  # fmt: skip
def test_a_run_by_name_is_worked_in_by_a_trial_of_it_and_a_folder_of_ones_own_as_it_is(chapters, run_dir, folder):
    found, now = by_hand(chapters, run_dir, "01_numbers", seed=0, protocol="clean", n=4)
    assert found == folder and now["seed"] == (4 if "s4" in run_dir else 0)


def test_the_environment_says_which_run_where_the_notebook_has_the_usual_one(chapters, monkeypatch):
    for name, value in {"PROFILE": "cpu", "PROTOCOL": "paper", "SEED": "2", "TRIAL": "mine"}.items():
        monkeypatch.setenv(name, value)
    assert by_hand(chapters, "runs/cpu", "01_numbers", seed=0)[0] == "runs/cpu-paper-s2-mine"
    assert by_hand(chapters, "runs/cpu-other", "01_numbers", seed=0)[0] == "runs/cpu-other"


def test_a_profile_that_cannot_be_read_is_said_by_hand_too(chapters):
    (chapters.root / "notebooks/profiles/cpu.yaml").write_text("about: x\nneeds: {}\ncommon: {nothing: 3}\n")
    with pytest.raises(RunnerError, match="no notebook declares a parameter `nothing`"):
        by_hand(chapters, "runs/cpu", "02_sums", k=5)
    assert not (chapters.root / "runs").exists()


def test_who_only_looks_at_a_run_is_left_alone(chapters):
    """A notebook that is no chapter opens a stage to read from it."""
    shell = types.SimpleNamespace(user_ns={"x": 1})
    assert params.by_hand(chapters.root, "runs/cpu", "02_sums", shell) == "runs/cpu"
    assert params.by_hand(chapters.root, "runs/cpu", "99_none", shell) == "runs/cpu"
