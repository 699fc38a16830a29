"""Published faults: what cleaning makes of a row is what the corpus publishes."""

import pandas as pd

from assl_utils.sources import cleaning


def test_glued_labels_parse_back(rows):
    for row in rows[rows["source"] == "nl2"].itertuples():
        assert " ".join(cleaning.split_labels(row.output)) == row.clean_output


def test_published_faults_are_those_of_the_real_sources(rows):
    """What cleaning makes of an original row, as published, is what the corpus publishes."""
    faulty = rows[rows["source"].isin(["afqmc", "nl2", "cfsc_absa", "fineval"]) & (rows["kind"] != "outlier")]
    for row in faulty.itertuples():
        published = cleaning.readings(row.source, row.clean_input, row.clean_output)
        assert published[:2] == (row.input, row.output), row.id


def test_correction_mends_what_was_published_wrong(built, rows):
    train = built[0]
    mended = cleaning.settle(train, "clean").set_index("id")
    before = train.set_index("id")
    swapped = mended["source"] == "afqmc"
    assert (mended["output"][swapped] == before["output"][swapped].map({"是": "否", "否": "是"})).all()
    exam = mended["source"] == "fineval"
    assert (mended["output"][exam] == before["output"][exam].str[0]).all()
    assert before["output"][exam].str.fullmatch(r"[A-D]\. .+").all()
    stocks = mended["source"] == "stocka"
    assert before["input"][stocks].str.count("\n").ge(5).any() and (mended["input"][stocks].str.count("\n") == 0).all()
    glued = rows[(rows["source"] == "nl2") & (rows["family"] != "")]
    for row in glued.itertuples():
        assert mended["input"][row.id] == before["input"][row.family]
        assert mended["output"][row.id] == mended["output"][row.family]
    untouched = ~mended["source"].isin(["afqmc", "fineval", "nl2", "cfsc_absa", "stocka"])
    pd.testing.assert_frame_equal(mended[untouched], before[untouched][mended.columns])


def test_lost_aspects_contradict_and_named_aspects_do_not(rows):
    reviews = rows[(rows["source"] == "cfsc_absa") & (rows["kind"] != "outlier")]
    published = reviews.groupby("input")["output"].nunique()
    corrected = reviews.groupby("clean_input")["clean_output"].nunique()
    assert (published > 1).sum() > 50 and (corrected == 1).all()
    assert reviews["clean_input"].str.contains("评价对象：").all()


def test_correcting_changes_nothing_in_place(built):
    train = built[0]
    before = train.copy()
    cleaning.settle(train, "clean")
    pd.testing.assert_frame_equal(train, before)
