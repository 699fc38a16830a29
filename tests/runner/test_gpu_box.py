"""A machine with GPUs, played by a made-up ``nvidia-smi``: which profile, one check first, all cards, what is said."""

import json
import re
from types import SimpleNamespace

import fake_gpus
import pytest
import toy_repo

from assl_utils import machine, store
from assl_utils.hub import snapshots
from assl_utils.runner import __main__, execute, gpu_box, outlook, params, pipeline, profiles
from assl_utils.runner.pipeline import RunnerError

BOOK = pipeline.load(store.root())
QWEN_HALF_B = 24 * (2 * 896**2 + 2 * 896 * 128 + 3 * 896 * 4864)  # the layers of Qwen2.5-0.5B


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch, tmp_path):
    machine._asked.cache_clear()
    for name in ("PROFILE", "PROTOCOL", "SEED", "SET", "TRIAL", "CUDA_VISIBLE_DEVICES", "HF_ENDPOINT", gpu_box.SKIP):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("ASSL_CACHE", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "HF_HOME"))
    yield
    machine._asked.cache_clear()


@pytest.fixture
def put(monkeypatch, tmp_path):
    return lambda *cards, **how: fake_gpus.install(monkeypatch, tmp_path / "bin", *cards, **how)


# ------------------------------------------------------------------------------------------------ the book's profiles


@pytest.mark.parametrize(("cards", "name", "said"), [
    ([], "cpu", "cores, no GPU (paper needs a GPU with 75 GB; small needs a GPU with 15 GB)"),
    ([fake_gpus.SMALL], "cpu", "RTX 3070 (8 GB) (paper needs a GPU with 75 GB, the largest here has 8.0; small needs"),
    ([fake_gpus.L4], "small", "profile small: NVIDIA L4 (22 GB) (paper needs a GPU with 75 GB, the largest here"),
    ([fake_gpus.H100], "small", "profile small: NVIDIA H100 80GB HBM3 (80 GB) (paper only by name)"),
    ([fake_gpus.H100] * 2, "small", "(80 GB) + NVIDIA H100 80GB HBM3 (80 GB) (paper only by name)"),
    ([fake_gpus.SHARED], "small", "NVIDIA GB10, memory shared with the system (119 GB) (paper only by name)"),
])  # fmt: skip
def test_the_cards_pick_the_profile(put, monkeypatch, cards, name, said):
    put(*cards)
    monkeypatch.setattr(machine, "memory_gb", lambda: 119.0)
    chosen, why = profiles.choose_profile(store.root())
    assert chosen == name and said in why, why


def test_an_answer_that_cannot_be_read_is_said(put):
    put(answer="<html>")
    chosen, why = profiles.choose_profile(store.root())
    assert chosen == "cpu" and "no GPU (nvidia-smi answers what cannot be read: <html>)" in why


def test_a_card_too_small_for_the_profile_that_was_named_is_said_with_a_way_out(put):
    put(fake_gpus.SMALL)
    assert profiles.choose_profile(store.root(), "small")[1] == (
        "profile small, as asked (though it needs a GPU with 15 GB, the largest here has 8.0): it may run out of "
        'memory; SET="quantize=4bit" takes a quarter for the weights, a smaller profile less'
    )


@pytest.mark.parametrize("name", ["small", "paper"])
def test_a_profile_for_a_gpu_is_ready_pinned_and_has_its_outlook(name):
    about = profiles.header(store.root(), name)
    assert "not_yet" not in about["needs"] and set(about["outlook"]) == set(profiles.OUTLOOK)
    values = params.resolve(BOOK, name).values
    for stage in values.values():
        for key in outlook.PARAMETERS:
            if key in stage:
                assert len(snapshots.parse(stage[key]).revision) == 40, f"{key} is pinned to a commit"
    assert values["03_semantic_clustering"]["prompt"] == "query: " and values["01_data_collection"]["data"] == "hub"


@pytest.mark.parametrize(("name", "size"), [
    ("paper", {}),
    ("small", {"rows": 11_000, "first": 100, "selected": 200, "weights": QWEN_HALF_B}),
])  # fmt: skip
def test_the_operations_of_a_profile_are_those_that_chapter_12_counts(name, size):
    at_scale = pytest.importorskip("assl_utils.study.at_scale")
    record = store.root() / "book/recorded/small_cpu"
    works = at_scale.works(*(store.read_table(record / f"{t}_cost.csv") for t in ("stage2", "training")), **size)
    assert profiles.header(store.root(), name)["outlook"]["operations"] == pytest.approx(
        works["operations"].sum(), rel=0.01
    )


@pytest.mark.parametrize(("text", "message"), [
    ("outlook: 5", "bad.yaml, line 1: `outlook` holds operations"),
    ("outlook: {hours: 3}", "bad.yaml, line 1: `outlook` has no entry `hours`"),
    ("outlook:\n  operations: many", "bad.yaml, line 2: `operations` is a number above 0, not 'many'"),
    ("outlook: {operations: -1}", "is a number above 0, not -1"), ("outlook: {operations: true}", "above 0, not True"),
])  # fmt: skip
def test_an_outlook_of_another_form_is_named_with_its_line(tmp_path, text, message):
    root = toy_repo.build(tmp_path / "repo")
    (root / "notebooks/profiles/bad.yaml").write_text(text)
    with pytest.raises(RunnerError) as caught:
        profiles.header(root, "bad")
    assert message in str(caught.value)


# ------------------------------------------------------------------------------------------------- what is said before


def ahead(name, settings="", rate=None, pending=BOOK.names):
    resolved = params.resolve(BOOK, name, settings)
    return "\n".join(outlook.lines(store.root(), profiles.header(store.root(), name), resolved, pending, rate))


def test_downloads_time_price_and_what_is_left_out_are_said():
    text = ahead("small", rate=1e14)
    assert "encoder intfloat/multilingual-e5-small: 490.0 MB; base_model Qwen/Qwen2.5-0.5B-Instruct: 1.0 GB" in text
    assert "files of the sources in chapter 1, their bytes unknown until then" in text
    assert "licences forbid commercial use: corpus, financeiq, fineval; if yours is none" in text
    assert 'SET="accept_noncommercial=true"' in text and "Ctrl-C loses nothing" in text
    assert (
        "5 min 55 s to 23 min 40 s by arithmetic" in text and "100 TFLOP/s measured" in text and "hourly_rate=…" in text
    )
    assert "price: 0.24 to 0.95 at 2.4 an hour" in ahead("small", "hourly_rate=2.4", rate=1e14)
    assert "time: unknown, no GPU was measured here" in ahead("small")
    assert "left out" not in ahead("small", "accept_noncommercial=true")
    assert "files of the sources" not in ahead("small", "data=local data_root=/m"), "a mirror downloads nothing"


def test_what_the_profile_does_not_name_is_of_unknown_size_and_cpu_says_nothing():
    assert "encoder owner/other: size unknown" in ahead("small", "encoder=owner/other")
    assert "to download: encoder" not in ahead("small", "encoder=./here base_model=embedded")
    assert ahead("cpu") == ""
    assert "to download" not in ahead("paper", pending=["04_adbscan"])


def test_models_that_are_here_are_not_counted(monkeypatch):
    monkeypatch.setattr(snapshots, "is_here", lambda name: "e5" in name)
    assert "encoder intfloat/multilingual-e5-large: here already; base_model Qwen/Qwen1.5-7B-Chat: 15.5 GB" in ahead(
        "paper"
    )


def test_models_larger_than_the_disk_stop_the_run_before_a_byte_comes(monkeypatch, tmp_path):
    monkeypatch.setattr(outlook.shutil, "disk_usage", lambda place: SimpleNamespace(free=9e9))
    assert ahead("small")
    with pytest.raises(
        RunnerError, match=r"the models take 17\.7 GB, and the disk of .*HF_HOME/hub has 9\.0 GB left.*HF_HUB"
    ):
        ahead("paper")


# --------------------------------------------------------------------------------------------------- the check, once

CARDS = [("NVIDIA L4", 22.5)]


@pytest.fixture
def checker(monkeypatch, tmp_path):
    """A check that writes the record it is told to, and how often it was asked."""
    calls = []
    made = {"device": "cuda", "products_tflops": 60.0, "parts": {"training": {"passed": True}}}

    def try_it(root, path):
        calls.append(root)
        if made["parts"]:
            store.write_json(made, path)
        return int(any(not p["passed"] and "skipped" not in p for p in made["parts"].values()))

    monkeypatch.setattr(gpu_box, "_try_it", try_it)
    (tmp_path / "runs").mkdir()
    return SimpleNamespace(calls=calls, made=made, root=tmp_path)


def test_the_check_runs_once_for_the_same_cards_and_torch(checker, monkeypatch, capsys):
    assert gpu_box.products(checker.root) is None
    for _ in range(2):
        gpu_box.check(checker.root, CARDS)
    assert checker.calls == [checker.root]
    assert capsys.readouterr().out.count("first run on NVIDIA L4: gpu-check --quick") == 1
    assert gpu_box.products(checker.root) == 60e12
    gpu_box.check(checker.root, [("NVIDIA H100", 80)])
    monkeypatch.setattr(gpu_box.importlib.metadata, "version", lambda name: "9.9")
    gpu_box.check(checker.root, [("NVIDIA H100", 80)])
    assert len(checker.calls) == 3, "another card, another torch"


def test_a_check_that_fails_stops_the_run_names_the_part_and_is_tried_again(checker):
    checker.made["parts"] |= {"answers": {"passed": False, "error": "RuntimeError: no kernel image"}}
    for _ in range(2):
        with pytest.raises(
            RunnerError, match=r"answers: RuntimeError: no kernel image\); no chapter was started.*ASSL_GPU_CHECK=no"
        ):
            gpu_box.check(checker.root, CARDS)
    assert len(checker.calls) == 2
    checker.made["parts"]["answers"] = {"passed": False, "skipped": "the 2 minutes were used up"}
    gpu_box.check(checker.root, CARDS)


def test_a_check_without_a_record_is_no_check(checker):
    checker.made["parts"] = {}
    with pytest.raises(RunnerError, match=r"it ended without a record.*make env KIND=cuda"):
        gpu_box.check(checker.root, CARDS)


def test_no_card_and_no_wish_are_no_check(checker, monkeypatch):
    gpu_box.check(checker.root, [])
    monkeypatch.setenv(gpu_box.SKIP, "no")
    gpu_box.check(checker.root, CARDS)
    assert checker.calls == []


@pytest.mark.slow
def test_a_torch_without_cuda_is_found_by_the_real_check(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("here is a GPU")
    with pytest.raises(RunnerError, match="it ended without a record"):
        gpu_box.check(tmp_path, CARDS)


# ------------------------------------------------------------------------------------------------------ several cards


def engines(n, settings=""):
    resolved = params.resolve(BOOK, "small", settings)
    gpu_box.use_all(resolved, CARDS * n)
    return {s: values["engine"] for s, values in resolved.values.items() if "engine" in values}, resolved


def test_two_cards_take_dask_by_themselves_and_a_wish_holds(monkeypatch):
    assert set(engines(0)[0].values()) == set(engines(1)[0].values()) == {"local"}
    found, resolved = engines(2)
    assert set(found.values()) == {"dask"} and "2 GPUs: engine=dask" in resolved.notes[-1]
    assert resolved.injected("06_lora_training")["engine"] == "dask"
    assert set(engines(2, "engine=local")[0].values()) == {"local"}
    monkeypatch.setattr(gpu_box.importlib.util, "find_spec", lambda name: None)
    found, resolved = engines(2)
    assert set(found.values()) == {"local"} and 'pip install -e ".[scale]"' in resolved.notes[-1]


# -------------------------------------------------------------------------------------------- all of it, by one command


@pytest.fixture
def box(tmp_path, monkeypatch, put):
    root = toy_repo.build(tmp_path / "repo")
    (root / "notebooks/profiles/small.yaml").write_text("needs: {gpu_gb: 15}\noutlook: {operations: 3.6e+17}\n")
    monkeypatch.setenv("ASSL_ROOT", str(root))
    put(fake_gpus.L4)
    return root


def test_a_run_on_a_gpu_checks_looks_ahead_and_then_begins(box, monkeypatch, capsys):
    record = {"device": "cuda", "products_tflops": 100.0, "parts": {"training": {"passed": True}}}
    monkeypatch.setattr(gpu_box, "_try_it", lambda root, path: store.write_json(record, path) and 0)
    assert __main__.main(["plan"]) == 0
    assert "time: unknown" in capsys.readouterr().out and not (box / "runs").exists(), "to ask needs no check"
    monkeypatch.setattr(execute, "execute", lambda *_: pytest.fail("begun"))
    with pytest.raises(pytest.fail.Exception, match="begun"):
        __main__.main(["run"])
    said = capsys.readouterr().out
    order = [
        "profile small: NVIDIA L4 (22 GB)",
        "first run on NVIDIA L4",
        "2 h 30 min to 10 h 0 min",
        "Ctrl-C loses nothing",
        "stage 1 of",
    ]
    places = [said.find(text) for text in order]
    assert -1 not in places and places == sorted(places), said
    assert json.loads((box / "runs" / gpu_box.RECORD).read_text())["of"][0] == ["NVIDIA L4"]


def test_a_check_that_fails_leaves_no_chapter_begun(box, monkeypatch, capsys):
    monkeypatch.setattr(gpu_box, "_try_it", lambda root, path: 1)
    monkeypatch.setattr(execute, "execute", lambda *_: pytest.fail("begun"))
    assert __main__.main(["run"]) == 2
    assert "no chapter was started" in capsys.readouterr().err and not (box / "runs/small").exists()


def test_the_registry_is_read_as_it_is():
    entries = outlook._sources(store.root())
    assert len(entries) == 23 and all({"files", "licence", "slug"} <= set(entry) for entry in entries)


# ----------------------------------------------------------------------------------------------------------- the page

PAGE = (store.root() / "book/gpu_box.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["small", "paper"])
def test_the_numbers_of_the_page_are_the_profiles(name):
    about, values = profiles.header(store.root(), name), params.resolve(BOOK, name).values["06_lora_training"]
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |"))
    assert f"| {about['needs']['gpu_gb']} GB |" in row
    for key in ("encoder_bytes", "base_model_bytes"):
        assert outlook.gigabytes(about["outlook"][key]) in row
    assert snapshots.without_revision(values["base_model"]) in row
    number, power = f"{about['outlook']['operations']:.2e}".split("e+")
    assert rf"{{math}}`{number} \times 10^{{{power}}}`" in " ".join(PAGE.split())
    assert len(PAGE.split()) < 900 and "**Not run on a GPU yet.**" in PAGE


def test_the_pages_line_finds_the_models_of_the_profile():
    pattern = re.search(r"grep -oE '(.*?)'", PAGE)[1]
    names = re.findall(f"(?:{pattern.replace('(intfloat|Qwen)', '(?:intfloat|Qwen)')})",
                       (store.root() / "notebooks/profiles/small.yaml").read_text())  # fmt: skip
    values = params.resolve(BOOK, "small").values["03_semantic_clustering"]
    assert names == [values["encoder"], values["base_model"]]
