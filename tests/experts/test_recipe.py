"""A recipe is a chapter's parameters, and what cannot be trained is refused with its name."""

import inspect

import pytest

from assl_utils.errors import DataError
from assl_utils.experts import training
from assl_utils.experts.recipe import Recipe

CHAPTER = dict(
    r=4, alpha=8, dropout=0.0, learning_rate=3e-3, warmup=0.2, epochs=2, min_steps=100, batch_size=8, max_length=256,
    dtype="float32", quantize="no", seed=3,
)  # fmt: skip


def test_the_default_is_the_trainers_own():
    """So that a chapter that leaves a value out trains what another trains that names it."""
    own = {name: p.default for name, p in inspect.signature(training.train_lora).parameters.items()}
    assert Recipe().asdict() == {name: own[name] for name in Recipe().asdict()}


def test_a_chapters_parameters_make_a_recipe():
    made = Recipe.of(CHAPTER | {"run_dir": "runs/cpu", "pd": None}, min_steps={"mix": 600})
    assert made.asdict() == {
        "r": 4, "alpha": 8, "dropout": 0.0, "warmup": 0.2, "lr": 3e-3, "min_lr": 3e-3 / 10, "epochs": 2,
        "min_steps": {"mix": 600}, "batch_size": 8, "max_length": 256, "dtype": "float32", "quantize": "no", "seed": 3,
    }  # fmt: skip
    assert Recipe.of(CHAPTER, seed=9).seed == 9


@pytest.mark.parametrize("name", sorted(CHAPTER))
def test_a_parameter_that_is_missing_is_named(name):
    with pytest.raises(DataError, match=f"needs {name}; declare"):
        Recipe.of({key: value for key, value in CHAPTER.items() if key != name})


@pytest.mark.parametrize(("name", "value"), [
    ("r", 0), ("alpha", 0), ("epochs", 0), ("batch_size", 0), ("max_length", 0), ("dropout", 1.0), ("warmup", 1.5),
    ("warmup", -0.1), ("learning_rate", 0.0), ("quantize", "8bit"), ("min_steps", -1),
])  # fmt: skip
def test_a_value_that_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(DataError, match=f"^{name}={value}|^{name}='{value}'"):
        Recipe.of(CHAPTER | {name: value})
