"""Scores of one's own questions are means of items, and of the paper's tasks what its tables say."""

import numpy as np
import own_subtask
import pandas as pd
import pytest

from assl_utils.evaluation import tables
from assl_utils.evaluation.own import score
from assl_utils.tasks import own


def test_accuracy_with_an_interval_and_unread_answers(tmp_path, forgets):
    own.add(own_subtask.subtask(tmp_path))
    asked = pd.DataFrame({"id": list("abcd"), "benchmark": "own", "task": "tone", "reference": ["偏紧", "偏松"] * 2})
    judged = tables.judge_all(asked, {"base": ["?"] * 4, "experts": ["偏紧", "偏松", "偏紧", "偏紧"]})
    found = score(judged, n_boot=500).set_index("model")
    assert found.loc["base", ["score", "lo", "hi", "n", "unparsed"]].tolist() == [0, 0, 0, 4, 100]
    assert found.loc["experts", ["score", "n", "unparsed", "metric"]].tolist() == [75, 4, 0, "accuracy"]
    assert found.loc["experts", "lo"] < 75 < found.loc["experts", "hi"]


@pytest.mark.parametrize("task, references, said", [
    ("NL", ["中国 公司", "外国 期货", "国际"], ["中国 公司", "外国 大盘", "不知道"]),
    ("QA", ["三成", "央行", "一年"], ["三成", "央", ""]),
    ("FE", ["积极", "消极", "中性"], ["积极", "积极", "中性"]),
])  # fmt: skip
def test_a_task_of_the_paper_has_the_papers_score(task, references, said):
    asked = pd.DataFrame({"id": list("abc"), "benchmark": "cfleb", "task": task, "reference": references})
    judged = tables.judge("m", asked, said)
    theirs = tables.score(judged).set_index("task").loc[task]
    ours = score(judged, n_boot=10).iloc[0]
    assert np.isclose(ours["score"], theirs["score"]) and ours["metric"] == theirs["metric"]
