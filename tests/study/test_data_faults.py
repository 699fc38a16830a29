"""Each case differs in the one thing it is about, on the replica and on the real files; its numbers hold no text."""

import json

import data_replica
import numpy as np
import pandas as pd
import pytest

from assl_utils import store
from assl_utils.errors import DataError
from assl_utils.evaluation import statistics
from assl_utils.sources import leakage, registry
from assl_utils.study import data_faults

SIZES = {"replica": {"n": 8, "asked": 2}, "real": {"n": 300, "asked": 40}}


@pytest.fixture(params=["replica", "real"])
def mirror_root(request, tmp_path, monkeypatch):
    """Folder of a mirror, and the sizes that fit it."""
    if request.param == "real":
        if data_replica.mirror() is None:
            pytest.skip("no mirror here")
        return data_replica.mirror(), SIZES["real"]
    data_replica.write(tmp_path)
    for kind in ("sources", "benchmarks", "aside"):
        held = data_replica.as_held(getattr(registry, kind)(), tmp_path)
        monkeypatch.setattr(registry, kind, lambda held=held: held)
    return tmp_path, SIZES["replica"]


def keys(rows):
    return set(rows["input"].map(leakage.normalise))


def test_finfes_lists_differ_in_the_texts_of_the_questions(mirror_root):
    root, sizes = mirror_root
    sets, questions = data_faults.finfe(root, 0, **sizes)
    having, lacking = sets["with the texts"], sets["without them"]
    known = questions[questions["group"] == "text known from training"]
    unknown = questions[questions["group"] == "text unknown"]
    assert len(known) > 0 and len(unknown) > 0 and len(known) <= sizes["asked"]
    assert keys(known) <= keys(having) and not keys(known) & keys(lacking)
    assert not keys(unknown) & (keys(having) | keys(lacking))
    assert len(having) <= sizes["n"] and len(lacking) <= sizes["n"]
    assert set(having["source"]) == {"fe"} and having["id"].is_unique
    if sizes["n"] == 300:
        assert len(having) == len(lacking) == 300 and len(known) == len(unknown) == 40


def test_the_matching_lists_differ_in_afqmcs_labels_alone(mirror_root):
    root, sizes = mirror_root
    sets, questions = data_faults.afqmc(root, 0, **sizes)
    published, corrected = sets["as published"], sets["corrected"]
    assert published["id"].tolist() == corrected["id"].tolist()
    turned = published["output"].map({"是": "否", "否": "是"})
    wrong = published["source"] == "afqmc"
    assert (corrected["output"] == turned.where(wrong, published["output"])).all() and wrong.nunique() == 2
    pairs = questions["input"].map(lambda text: leakage.part_of("matching", text)[1])
    taught = corrected["input"].map(lambda text: leakage.part_of("matching", text)[1])
    assert not set(pairs) & set(taught) and pairs.is_unique
    counts = questions.groupby("group")["reference"].value_counts().unstack()
    assert set(counts.index) == {"AFQMC", "BQ"} and set(counts.columns) == {"是", "否"}
    assert (counts <= sizes["asked"] // 2).all(axis=None)
    if sizes["n"] == 300:
        assert (counts == 20).all(axis=None) and len(published) == 600


def test_a_pair_that_is_asked_is_not_trained_on_either_way_round(mirror_root, monkeypatch):
    root, sizes = mirror_root
    taught = data_faults.afqmc(root, 0, **sizes)[0]["corrected"]
    pair = taught[taught["source"] == "corpus"].iloc[0]
    turned = "\n".join(reversed(pair["input"].split("\n")))
    ours = pd.DataFrame({"input": [turned], "reference": [pair["output"]], "number": [1]})
    monkeypatch.setattr(data_faults, "_aside", lambda root, path: ours)
    sets, questions = data_faults.afqmc(root, 0, **sizes)
    assert set(questions["input"]) == {turned}
    assert not {pair["id"]} & set(sets["corrected"]["id"]) and len(sets["corrected"]) > 0


def test_finevals_questions_are_those_of_the_leak_and_of_the_fifth_that_was_kept_out(mirror_root):
    root, sizes = mirror_root
    whole = data_faults.fineval(root, 0, n=9999, asked=sizes["asked"])[0]["the leak"]
    sets, questions = data_faults.fineval(root, 0, n=len(whole) // 2, asked=sizes["asked"])
    rows = sets["the leak"]
    leaked = questions[questions["group"] == "trained on"]
    rest = questions[questions["group"] == "not trained on"]
    assert keys(leaked) <= keys(rows) < keys(whole) and not keys(rest) & keys(whole)
    if sizes["n"] == 300:
        assert len(whole) == 1056 and len(rows) == 528 and len(leaked) == len(rest) == 40


ITEMS = pd.DataFrame({
    "model": ["a"] * 6 + ["b"] * 6, "group": ["x", "x", "x", "x", "y", "y"] * 2, "id": [*"123456"] * 2,
    "correct": [1.0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0], "unread": [False] * 11 + [True],
})  # fmt: skip


def test_accuracies_and_differences_of_differences_are_those_worked_by_hand():
    table = statistics.table(ITEMS, n_boot=200).set_index(["group", "model"])
    assert table.loc[("x", "a"), ["n", "score"]].tolist() == [4, 75.0] and table.at[("y", "b"), "unread"] == 50.0
    assert (table["lo"] <= table["score"]).all() and (table["score"] <= table["hi"]).all()
    point, lo, hi = statistics.contrast(
        ITEMS, [(1, "a", "x"), (-1, "b", "x"), (-1, "a", "y"), (1, "b", "y")], n_boot=500
    )
    assert point == pytest.approx((75 - 25) - (50 - 50)) and lo <= point <= hi
    point, lo, hi = statistics.contrast(ITEMS, [(1, "a", "y"), (-1, "b", "y")], n_boot=500)
    assert (point, lo, hi) == (0, 0, 0), "two models that answer alike differ by nothing in every resample"
    with pytest.raises(ValueError, match="no answers of 'c' in the group 'x'"):
        statistics.contrast(ITEMS, [(1, "c", "x")])


def test_a_contrasts_interval_is_that_of_a_plain_bootstrap_over_the_questions():
    differences = np.array([0.0, 1, 1, 0])  # of a and b on x, question by question
    plain = np.random.default_rng(1).choice(differences, size=(20_000, 4)).mean(axis=1)
    _, lo, hi = statistics.contrast(ITEMS, [(1, "a", "x"), (-1, "b", "x")], n_boot=4000)
    assert (lo, hi) == pytest.approx(tuple(100 * np.quantile(plain, [0.025, 0.975])))


VALUES = {
    "01_data_collection": {"data_root": "nowhere"},
    "06_lora_training": {
        "base_model": "", "r": 4, "alpha": 8, "dropout": 0.0, "warmup": 0.1, "epochs": 9, "min_steps": 99,
        "batch_size": 2, "max_length": 64, "quantize": "no", "dtype": "auto", "learning_rate": 1e-2, "seed": 0,
        "engine": "local", "hourly_rate": 0.0,
    },
    "08_evaluation": {"dtype": "auto", "max_new_tokens": 4, "generation_batch": 4},
}  # fmt: skip


def case(data_root, seed, n=4):
    rows = pd.DataFrame({"id": [f"r{i}" for i in range(n)], "source": "fe", "subtask": "sentiment", "form": "",
                         "input": [f"某公司股价上涨{'了' * i}" for i in range(n)], "output": "积极"})  # fmt: skip
    asked = pd.DataFrame({"benchmark": "cfleb", "task": "FE", "id": ["q0", "q1"], "subtask": "sentiment", "form": "",
                          "subject": "", "input": [rows.at[0, "input"], "另一句话"], "reference": ["积极", "消极"],
                          "group": ["known", "unknown"]})  # fmt: skip
    return {"one": rows, "two": rows.assign(output="消极")}, asked


@pytest.fixture
def values(tiny_folder, monkeypatch):
    monkeypatch.setitem(data_faults.CASES, "toy", case)
    return VALUES | {"06_lora_training": VALUES["06_lora_training"] | {"base_model": str(tiny_folder)}}


def test_a_case_is_trained_for_the_papers_epochs_asked_recorded_without_texts_and_made_once(tmp_path, values):
    said = []
    folder = data_faults.make(tmp_path, values, "run", "toy", say=said.append)
    about = store.read_json(folder / "case.json")
    assert about["trained"]["one"]["rows"] == 4 and about["trained"]["one"]["steps"] == 6, "three epochs of two batches"
    items = store.read_table(folder / "items.parquet")
    assert sorted(set(items["model"])) == ["lookup", "majority", "one", "two"]
    lookup = items[items["model"] == "lookup"].set_index("group")["correct"]
    assert lookup.to_dict() == {"known": 1.0, "unknown": 0.0}
    kept = data_faults.record(tmp_path / "repo", folder)
    assert kept == tmp_path / "repo/book/recorded/consequences/toy"
    held = b"".join(path.read_bytes() for path in kept.iterdir())
    assert "股价".encode() not in held and str(tmp_path).encode() not in held
    shown = statistics.table(store.read_table(kept / "items.parquet"), 50)
    pd.testing.assert_frame_equal(shown, statistics.table(items, 50), check_dtype=False, check_categorical=False)
    assert json.loads((kept / "case.json").read_text())["case"] == "toy"
    data_faults.make(tmp_path, values, "run", "toy", say=said.append)
    assert said[-1] == "toy: up to date"
    data_faults.make(tmp_path, values, "run", "toy", {"n": 2}, say=said.append)
    assert said[-1] != "toy: up to date", "other rows are another case"


def test_an_unknown_case_and_a_missing_mirror_are_reported_in_a_line(values, tmp_path, capsys):
    with pytest.raises(DataError, match="no case 'finfo'; there are finfe, afqmc, fineval"):
        data_faults.make(tmp_path, values, "run", "finfo")
    assert data_faults.main(["finfe", "--profile", "small_cpu", "--set", "data_root=/nowhere/at/all"]) == 1
    assert "data_root=/nowhere/at/all" in capsys.readouterr().err
