"""Letters counted by hand; who lies below chance; the sentences made from both."""

import pandas as pd

from assl_utils.evaluation import chance, tables

ROWS = pd.DataFrame({"benchmark": "fineval", "task": "exam", "id": list("pqrs"), "reference": list("ABCD")})
ROWS["subject"], ROWS["group"] = "会计", "Accounting"
TABLE = pd.DataFrame(
    {"model": ["base", "mix", "majority"], "AVG": [30.0, 14.2, 24.0], "AVG_lo": [25.0, 9.0, 18.0],
     "AVG_hi": [36.0, 19.5, 30.0]}
)  # fmt: skip


def predictions():
    cfleb = pd.DataFrame({"benchmark": "cfleb", "task": "FE", "id": ["f"], "reference": ["积极"]})
    answers = {"mix": ["A、C", "ABD", "C", "不知道"], "base": ["A", "B", "D", "A"]}
    return pd.concat([tables.judge_all(ROWS, answers), tables.judge("mix", cfleb, ["积极"])], ignore_index=True)


def test_letters_of_answers_are_counted():
    found = chance.letters_named(predictions())
    assert found.index.tolist() == ["base", "mix"]  # as in the tables
    assert found.loc["mix"].tolist() == [4, 25, 25, 50]
    assert found.loc["base"].tolist() == [4, 0, 100, 0]


def test_below_chance_is_whose_whole_interval_is():
    assert chance.below(TABLE)["model"].tolist() == ["mix"]
    found = chance.below_by_run({"clean, seed 0": TABLE, "clean, seed 1": TABLE[:1]})
    assert found.loc["clean, seed 0"].tolist() == [3, 1, "mix"] and found.loc["clean, seed 1"].tolist() == [1, 0, ""]


def test_the_sentences_say_who_and_why():
    said = chance.sentences(TABLE, chance.letters_named(predictions()))
    assert said == [
        "1 of 3 models lie below 25 with an interval that excludes it: mix 14.2 (95 % 9.0 to 19.5).",
        "Of their answers 50 % name several letters and 25 % none; neither is ever right.",
    ]
    two = TABLE.assign(AVG_hi=20.0)
    assert (
        "Of their answers 0 to 50 % name several letters and 0 to 25 % none"
        in chance.sentences(two, chance.letters_named(predictions()))[1]
    )
    assert chance.sentences(TABLE[:1], chance.letters_named(predictions())) == [
        "No model lies below 25 with an interval that excludes it."
    ]
