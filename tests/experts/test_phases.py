"""Text first, then answers: the second adapter begins where the first ended, and each word trains on what it says."""

import pandas as pd
import pytest

from assl_utils import processes, store
from assl_utils.errors import DataError
from assl_utils.experts import phases, training, training_sets

ROWS = pd.DataFrame({
    "instruction": ["判断情感"] * 4,
    "input": ["公司净利润增长", "股价下跌", "公司净利润增长", "  "],
    "output": ["积极", "消极", "积极", "中性"],
})  # fmt: skip
HOW = {"r": 4, "alpha": 8, "lr": 1e-2, "epochs": 2, "batch_size": 2, "dropout": 0.0, "max_length": 64}


def test_text_is_every_input_once():
    assert phases.as_text(ROWS)["text"].tolist() == ["公司净利润增长", "股价下跌"]
    with pytest.raises(DataError, match="no raw text"):
        phases.as_text(ROWS.assign(input=""))


def test_an_unknown_word_names_the_nearest():
    with pytest.raises(DataError, match=r"train='answer' .*answers"):
        phases.check("answer")


@pytest.mark.parametrize("word", phases.WORDS)
def test_each_word_has_its_phases(word):
    found = [training_sets.learns(phase["a"]) for phase in phases.sets_of(word, {"a": ROWS})]
    assert found == word.split("_then_")


def test_answers_after_text_are_a_warm_start_from_its_adapter(tiny_folder, tmp_path):
    sets, folders = {"lora-0": ROWS}, {"lora-0": tmp_path / "experts" / "lora-0"}
    found = phases.train("text_then_answers", tiny_folder, sets, folders, **HOW)
    with processes.torch_threads(1):
        text = training.train_lora(tiny_folder, phases.as_text(ROWS), tmp_path / "by-hand" / "text", **HOW)
        both = training.train_lora(tiny_folder, ROWS, tmp_path / "by-hand" / "both", start=text, **HOW)
    weights = "adapter_model.safetensors"
    assert store.sha256(found["lora-0"] / weights) == store.sha256(both / weights)
    assert store.sha256(tmp_path / "text" / "lora-0" / weights) == store.sha256(text / weights)
    alone = phases.train("answers", tiny_folder, sets, {"lora-0": tmp_path / "alone"}, **HOW)
    assert store.sha256(alone["lora-0"] / weights) != store.sha256(both / weights)
