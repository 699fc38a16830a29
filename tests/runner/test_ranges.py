"""Every value is refused before a kernel starts: below, above, no number, a word with a slip, another type."""

import math
import os
import subprocess
import sys
import types
from pathlib import Path

import pytest
import toy_repo

from assl_utils import jobs, store
from assl_utils.runner import __main__, execute, notebook, params, pipeline, ranges
from assl_utils.runner.pipeline import RunnerError

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = pipeline.load(ROOT)
ALLOWED = ranges.load(ROOT)
DECLARED = {step.name: list(params.declared_by(CHAPTERS, step.name).values()) for step in CHAPTERS.steps}
EVERY = [(stage, p) for stage, declared in DECLARED.items() for p in declared]


def below(end):
    return end - 1 if isinstance(end, int) else math.nextafter(end, -math.inf)


def above(end):
    return end + 1 if isinstance(end, int) else math.nextafter(end, math.inf)


def wrong(parameter, allowed):
    """Texts that a person may type and a parameter may not be, and whether its type alone refuses them."""
    if parameter.kind == "bool":
        return [("maybe", True), ("2", True), ("nan", True), ("", True)]
    if allowed.words:
        slips = [word + "x" for word in allowed.own_words] or ["\x00", "\ud800"]
        free = [kind for kind in allowed.words if kind in ranges.KINDS and kind not in ("nothing", "an address")]
        always = ["\x1b[31m", "a\x00b"]
        return [(text, False) for text in (always if free else [*slips, *always, "nan", "5"])]
    (sign, low), (other, high) = allowed.bounds
    out = [low if sign == ">" else below(low), high if other == "<" else above(high), -(10**30), 10**30]
    texts = [(str(value), False) for value in out]
    if parameter.kind == "int":
        return [*texts, ("nan", True), ("inf", True), ("1.5", True), ("many", True), ("", True), ("9" * 5000, True)]
    return [*texts, ("nan", False), ("inf", False), ("-inf", False), ("many", True), ("", True)]


@pytest.mark.parametrize(("stage", "parameter"), EVERY, ids=[f"{stage[:2]}.{p.name}" for stage, p in EVERY])
def test_every_declared_parameter_refuses_what_it_may_not_be(stage, parameter):
    allowed = ranges.of(ALLOWED, stage, parameter.name)
    assert parameter.kind == "bool" or allowed is not None
    assert parameter.kind == "bool" or not allowed.bounds or len(allowed.bounds) == 2, "a range has two ends"
    for text, by_type in wrong(parameter, allowed):
        if parameter.name in ("run_dir", "protocol"):  # of the run, not to be set for a chapter
            assert parameter.name == "protocol" or ranges.complaint("run_dir", text, allowed)
            continue
        how = {"seed": text} if parameter.name == "seed" else {}
        settings = "" if how else f"{stage[:2]}.{parameter.name}={quoted(text)}"
        with pytest.raises(RunnerError) as caught:
            params.resolve(CHAPTERS, "cpu", settings, **how)
        lines = [line for line in str(caught.value).splitlines() if f"{parameter.name} " in line]
        assert lines and all(len(line) < 500 for line in lines), str(caught.value)
        said = "is of type" if by_type else str(allowed)
        assert any(said in line for line in lines), lines
        assert not by_type or any(parameter.kind in line for line in lines)


def quoted(text):
    return "'" + text + "'"


@pytest.mark.parametrize(("stage", "parameter"), EVERY, ids=[f"{stage[:2]}.{p.name}" for stage, p in EVERY])
def test_every_declared_parameter_takes_the_ends_of_its_range_and_each_of_its_words(stage, parameter):
    if parameter.kind == "bool" or parameter.name in ("run_dir", "protocol", "seed"):
        return
    allowed = ranges.of(ALLOWED, stage, parameter.name)
    ends = [end if "=" in sign else (above if sign == ">" else below)(end) for sign, end in allowed.bounds]
    for value in (*ends, *allowed.own_words):
        found = params.resolve(CHAPTERS, "cpu", f"{stage[:2]}.{parameter.name}={quoted(str(value))}")
        assert found.values[stage][parameter.name] == ([value] if parameter.kind == "list[str]" else value)


def test_every_profile_and_every_notebook_keeps_to_the_ranges():
    assert ranges.lacking(ALLOWED, DECLARED) == []
    for path in sorted((ROOT / "notebooks/profiles").glob("*.yaml")):
        params.resolve(CHAPTERS, path.stem)


def words(name, stage="common"):
    return ALLOWED[stage][name].words


def test_the_words_are_those_that_the_code_knows():
    from assl_utils.experts import models
    from assl_utils.routing import choosing, router
    from assl_utils.selection import adbscan, budget, feedback, stage2
    from assl_utils.space import encoder, partitions

    assert words("select", "05_scoring_mmr") == stage2.WORDS
    assert words("feedback", "05_scoring_mmr") == feedback.KINDS
    assert words("partition", "03_semantic_clustering") == tuple(partitions.WORDS)
    assert words("backend", "03_semantic_clustering") == encoder.BACKENDS
    assert words("precision", "03_semantic_clustering") == encoder.PRECISIONS
    assert words("minpts_rule", "04_adbscan") == adbscan.RULES
    assert words("thinning", "04_adbscan") == budget.METHODS
    assert words("metric", "07_routing") == router.METRICS
    assert words("quantize") == models.QUANTIZED
    assert words("protocol") == params.PROTOCOLS
    routes = [word for word in choosing.WORDS if not word.startswith(("validated", "oracle"))]  # these read scores
    assert words("route", "07_routing") == tuple(routes)


def test_the_ranges_are_not_wider_than_what_the_code_takes():
    from assl_utils import pretrained
    from assl_utils.experts.recipe import Recipe
    from assl_utils.sources import collect
    from assl_utils.tasks import wordings

    assert words("data", "01_data_collection") == collect.ORIGINS
    assert words("waived_splits", "01_data_collection") == collect.waivable()
    for name in set(words("dtype")) - {"auto"}:
        assert str(pretrained.dtype_of(name, None)) == f"torch.{name}"
    assert ALLOWED["02_instruction_expansion"]["wordings_per_subtask"].bounds == ((">=", 1), ("<=", wordings.TRAINING))
    common = ALLOWED["common"]
    names = ("r", "alpha", "dropout", "learning_rate", "warmup", "epochs", "min_steps", "batch_size", "max_length")
    for side in (0, 1):
        ends = {}
        for name in names:
            sign, end = common[name].bounds[side]
            ends[name] = end if "=" in sign else (above if sign == ">" else below)(float(end))
        lr = ends.pop("learning_rate")
        Recipe(lr=lr, min_lr=lr / 10, **ends)


@pytest.mark.parametrize("engine", ["local", "dask", "tcp://host:8786", "tls://host:1", "tcp://nowhere", "tcp://h:x",
                                    "http://h:1", "dsk", "tcp://[", "", "localhost:8786", "runs/s.json"])  # fmt: skip
def test_an_engine_is_refused_where_jobs_would_refuse_it(engine, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSL_ROOT", str(tmp_path))
    store.write_json({"address": "tcp://h:1"}, tmp_path / "runs/s.json")
    try:
        known = engine in ("local", "dask") or bool(jobs._address(engine))
    except ValueError:
        known = False
    assert ALLOWED["common"]["engine"].holds(engine) == known


# the form of values.yaml


@pytest.mark.parametrize(("text", "takes", "refuses"), [
    ("2 to 30", [2, 30, 2.5], [1, 31, math.nan, math.inf, "3"]),
    ("above 0, at most 1", [1e-300, 1.0], [0, 0.0, -1, 1.0000001, math.nan]),
    ("at least 0, below 1", [0, 0.999], [1, 1.0, -1e-300]),
    ("at least -2.5", [-2.5, 1e300], [-2.6, math.inf]),
    ("1e-3 to 1e3", [0.001, 1000], [0, 1001]),
    (["no", "4bit"], ["no", "4bit"], ["No", "", 4]),
    (["nothing", "a path"], ["", "a b/c", "~x"], [" ", "a\nb", "a\x00", "\ud800", "\x9b"]),
    (["any text"], ["", "a\nb\tc", "查询: "], ["\x1b[1m", "\x07"]),
    (["a name"], ["small_cpu-x.1"], ["../x", "a/b", "", ".x", "-x", "a b", "a\n"]),
    (["embedded", "a model"], ["embedded", "org/name", "/a folder/x"], ["", "  ", "a\n"]),
    ("1 to 3", [[1, 3], (2,), [], None], [[1, 4], (math.nan,), ["x"]]),
])  # fmt: skip
def test_an_entry_takes_and_refuses(text, takes, refuses):
    allowed = ranges.read(text)
    assert [value for value in takes if ranges.complaint("x", value, allowed)] == []
    assert [value for value in refuses if not ranges.complaint("x", value, allowed)] == []


@pytest.mark.parametrize("text", [
    "2 to 1", "above 1, at most 0", "2", "2 to", "to 3", "at most 1, above 0", "2 or more", "at least 1, at least 2",
    "nan to 3", "any text", "1 to 2, below 3", [], ["a", 4], [False], ["a word"], {}, None, 5,
])  # fmt: skip
def test_an_entry_that_says_nothing_is_an_error(text):
    with pytest.raises(ValueError):
        ranges.read(text)


@pytest.mark.parametrize(("written", "message"), [
    ("common:\n  k: 2 too 3\n", "values.yaml: k: `2 too 3` is no range such as"),
    ("common:\n  words: [no, yes]\n", "values.yaml, line 2: `no` is read in several ways"),
    ("common:\n  words: [false, true]\n", "values.yaml: words: [False, True] is no list of words"),
    ("common: 5\n", "values.yaml: `common` holds no `name: value` lines"),
])  # fmt: skip
def test_a_broken_values_file_is_named(tmp_path, written, message):
    root = toy_repo.build(tmp_path / "repo")
    (root / ranges.FILE).write_text(written)
    with pytest.raises(RunnerError) as caught:
        params.resolve(pipeline.load(root), "cpu")
    assert message in str(caught.value)


# on a repository in miniature


@pytest.fixture
def repo(tmp_path, monkeypatch):
    root = toy_repo.build(tmp_path / "repo")
    (root / ranges.FILE).write_text(
        "common:\n  k: 1 to 9\n  lr: above 0, at most 1\n  words: [any, other]\n  seed: 0 to 9\n"
        "03_report:\n  k: 9 to 10\n04_aside:\n  engine: [x]\n"
    )
    toy_repo.write(root, "04_aside", [("parameters", "run_dir: str = ''\nengine: str = 'x'"), *toy_repo.ASIDE[1:]])
    monkeypatch.setenv("ASSL_ROOT", str(root))
    for name in ("PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(execute, "execute", lambda *_: pytest.fail("a kernel was started"))
    return root


@pytest.mark.parametrize("command", ["run", "plan", "status"])
@pytest.mark.parametrize(("settings", "lines"), [
    ("02.k=0", ["02_sums: k = 0 (SET) is refused; allowed is 1 to 9"]),
    ("k=10", ["02_sums: k = 10 (SET) is refused; allowed is 1 to 9"]),
    ("02.k=9 03.k=1", ["03_report: k = 1 (SET) is refused; allowed is 9 to 10"]),
    ("lr=nan", ["02_sums: lr = nan (SET) is no number; allowed is above 0, at most 1"]),
    ("words=othr", ["02_sums: words = 'othr' (SET) is refused; allowed is any, other; nearest is `other`"]),
    ("words=any lr=inf 02.k=0 n=x", ["01_numbers: n is of type int; 'x' (SET) is not",
                                     "02_sums: k = 0 (SET) is refused; allowed is 1 to 9",
                                     "02_sums: lr = inf (SET) is no number; allowed is above 0, at most 1"]),
])  # fmt: skip
def test_nothing_starts_with_a_value_that_cannot_be(repo, capsys, command, settings, lines):
    status = __main__.main([command, "--set", settings])
    out, err = capsys.readouterr()
    assert (status, out, err.splitlines()) == (2, "", lines)
    assert not (repo / "runs").exists()


def test_a_profile_and_an_edited_cell_are_refused_alike(repo):
    chapters = pipeline.load(repo)
    (repo / "notebooks/profiles/cpu.yaml").write_text("02_sums:\n  lr: .nan\n  k: 1\n")
    with pytest.raises(RunnerError, match=r"cpu.yaml, line 2: `.nan` is read in several ways"):
        params.resolve(chapters, "cpu")
    (repo / "notebooks/profiles/cpu.yaml").write_text("02_sums:\n  k: -1\n")
    with pytest.raises(RunnerError, match=r"02_sums: k = -1 \(profile cpu\) is refused"):
        params.resolve(chapters, "cpu")
    (repo / "notebooks/profiles/cpu.yaml").write_text("")
    cells = [("parameters", toy_repo.SUMS[0][1].replace("k: int = 2", "k: int = 0")), *toy_repo.SUMS[1:]]
    toy_repo.write(repo, "02_sums", cells)
    with pytest.raises(RunnerError, match=r"02_sums: k = 0 \(the notebook\) is refused; allowed is 1 to 9"):
        params.resolve(chapters, "cpu")


def test_without_a_file_of_ranges_only_what_is_no_number_is_refused(repo):
    (repo / ranges.FILE).unlink()
    chapters = pipeline.load(repo)
    assert params.resolve(chapters, "cpu", "k=-5").values["02_sums"]["k"] == -5
    with pytest.raises(RunnerError, match=r"lr = inf \(SET\) is no number"):
        params.resolve(chapters, "cpu", "lr=inf")


def test_list_says_what_each_may_be(repo, capsys):
    assert __main__.main(["list"]) == 0
    out = capsys.readouterr().out
    assert "   k: int = 2  [1 to 9]  # neighbours" in out and "   words: str = 'any'  [any, other]" in out
    assert "   k: int = 9  [9 to 10]  # another chapter's k" in out


def test_by_hand_a_value_that_cannot_be_is_refused_when_the_stage_is_opened(repo):
    good = {"k": 2, "lr": 0.5, "words": "any"}

    def by_hand(stage, **values):
        params.by_hand(repo, "anywhere", stage, types.SimpleNamespace(user_ns=values))

    by_hand("02_sums", **good)
    with pytest.raises(RunnerError) as caught:
        by_hand("02_sums", **good | {"k": 0, "lr": math.nan, "words": 5, "parts": "many"})
    assert str(caught.value).splitlines() == [
        "k = 0 is refused; allowed is 1 to 9",
        "parts is of type int; 'many' is not",
        "words is of type str; 5 is not",
        "lr = nan is no number; allowed is above 0, at most 1",
    ]
    by_hand("05_unknown", k=0)  # a stage that is none of ours is left alone


def test_a_notebook_run_by_hand_stops_at_its_first_cell(repo):
    """As in Jupyter: no variables of the runner, the package's entry point asked by `store.open_stage`."""
    code = "\n\n".join(
        notebook.source(cell) for cell in notebook.code_cells(notebook.read(repo / "notebooks/02_sums.ipynb"))
    ).replace("k: int = 2", "k: int = 0")
    start = "from IPython.core.interactiveshell import InteractiveShell as S\nshell = S.instance()\n"
    start += f"done = shell.run_cell({code!r})\nprint('said:', done.error_in_exec)\n"
    env = {name: value for name, value in os.environ.items() if not name.startswith("ASSL_")}
    done = subprocess.run(
        [sys.executable, "-c", start], capture_output=True, text=True, cwd=ROOT,
        env=env | {"ASSL_ROOT": str(repo), "HOME": str(repo)},
    )  # fmt: skip
    assert "said: k = 0 is refused; allowed is 1 to 9" in done.stdout, done.stdout + done.stderr
    assert not (repo / "runs/cpu/02_sums/sums.json").exists()
