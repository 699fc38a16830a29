"""The corpus of seed 0, built once for all tests of it."""

import pytest

from assl_utils.corpus import build
from assl_utils.sources import cleaning


@pytest.fixture(scope="session")
def built():
    return build.build()


@pytest.fixture(scope="session")
def rows(built):
    """Training rows with their truth and, as ``family_*``, the row they stem from."""
    train, _, truth = built
    joined = train.merge(truth, on="id", validate="one_to_one")
    origin = train.set_index("id")[["input", "output"]].add_prefix("family_")
    return joined.join(origin, on="family")


@pytest.fixture(scope="session")
def clean(rows):
    """Corrected rows but for outliers, and all evaluation rows, with the columns subtask, form, input, answer."""
    columns = ["id", "source", "subtask", "form", "input", "output", "clean_input", "clean_output"]
    mended = cleaning.settle(rows[columns], "clean")
    return mended[(rows["kind"] != "outlier").to_numpy()].rename(columns={"output": "answer"})
