"""The embedded corpus: planted facts are true, nothing else leaks, one seed gives one corpus."""

import hashlib
import os
import subprocess
import sys

from rapidfuzz import fuzz, process

from assl_utils.corpus import build
from assl_utils.corpus.questions import fingerprints
from assl_utils.tasks import catalog
from assl_utils.text.normal import normalise

LEAKING = {"fe": "FE", "nl": "NL", "nl2": "NL", "na": "NA", "fineval": "exam"}  # nsp: NSP1 and NSP2


def digest(frames):
    return hashlib.sha256("".join(frame.to_csv(index=False) for frame in frames).encode()).hexdigest()


def test_every_source_has_its_share(built):
    train = built[0]
    assert train["source"].value_counts().to_dict() == catalog.counts(0.018, 60)
    assert train["id"].is_unique and (train["multiplicity"] == 1).all()
    assert (
        train["id"] == [f"{s}-{i:05d}" for s, g in train.groupby("source", sort=False) for i in range(len(g))]
    ).all()


def test_rows_carry_the_task_of_their_source(built):
    for slug, group in built[0].groupby("source"):
        source = catalog.SOURCES[slug]
        assert set(group["task"]) == {source.task} and set(group["subtask"]) == {source.subtask}
        assert set(group["form"]) == set(catalog.FORMS.get(source.subtask, ("",)))


def test_same_seed_same_bytes_and_another_seed_another_corpus():
    small = {"scale": 0.001, "floor": 20, "per_subject": 1}
    assert digest(build.build(**small)) == digest(build.build(**small)) != digest(build.build(**small, seed=1))


def test_the_order_of_hashes_plays_no_part():
    code = (
        "import hashlib; from assl_utils.corpus import build, running_text;"
        "text = build.build(0.001, 20, per_subject=1)[0].to_csv() + ''.join(running_text.raw_text(300));"
        "print(hashlib.sha256(text.encode()).hexdigest())"
    )
    run = [sys.executable, "-c", code]
    seen = {subprocess.check_output(run, env=os.environ | {"PYTHONHASHSEED": seed}) for seed in ("1", "2")}
    assert len(seen) == 1


def test_shares_of_planted_rows(rows):
    share = rows["kind"].value_counts(normalize=True)
    assert 0.02 < share["exact_copy"] < 0.04 and 0.03 < share["near_copy"] < 0.05 and 0.01 < share["outlier"] < 0.03


def test_exact_copies_are_exact(rows):
    copies = rows[rows["kind"] == "exact_copy"]
    assert (copies["input"] == copies["family_input"]).all() and (copies["output"] == copies["family_output"]).all()


def test_near_copies_are_near_but_not_equal(rows):
    copies = rows[rows["kind"] == "near_copy"]
    assert (copies["input"] != copies["family_input"]).all() and (copies["output"] == copies["family_output"]).all()
    assert min(fuzz.ratio(a, b) for a, b in zip(copies["input"], copies["family_input"], strict=True)) > 80


def test_outliers_do_not_belong(rows):
    """An outlier resembles no sound row of its source as a copy would."""
    sound = {slug: group["input"].tolist() for slug, group in rows[rows["kind"] == "plain"].groupby("source")}
    for row in rows[rows["kind"] == "outlier"].itertuples():
        assert process.extractOne(row.input, sound[row.source], scorer=fuzz.ratio)[1] < 95
        assert row.family == "" and row.eval_id == ""


def test_plain_texts_are_all_different(rows):
    plain = rows[rows["kind"].isin(["plain", "leaked"])].drop_duplicates("id")
    assert not plain[plain["source"] != "nl2"]["input"].map(normalise).duplicated().any()


def test_leaked_rows_are_evaluation_rows(built, rows):
    evaluation = built[1].set_index("id")
    leaked = rows[rows["kind"] == "leaked"]
    assert leaked["source"].value_counts().to_dict() == dict.fromkeys([*LEAKING, "nsp"], build.LEAKS)
    exact = 0
    for row in leaked.itertuples():
        asked = evaluation.loc[row.eval_id]
        assert row.clean_output == asked["reference"] and row.form == asked["form"]
        assert asked["task"] == LEAKING.get(row.source) or (row.source == "nsp" and asked["task"][:3] == "NSP")
        assert fuzz.ratio(row.input, asked["input"]) > 80
        exact += row.input == asked["input"]
    assert exact == len(leaked) * 3 // 4


def test_nothing_else_of_the_evaluation_sets_is_in_training(built, rows):
    asked = {key for text in built[1]["input"] for key in fingerprints(text)}
    for row in rows[~rows["kind"].isin(["leaked", "outlier"])].itertuples():
        assert not asked & set(fingerprints(row.input)), row.id
