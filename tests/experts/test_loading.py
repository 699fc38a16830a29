"""`dtype`, `quantize` and `warmup` reach every place that loads or trains, whoever calls it."""

import ast
import inspect
from pathlib import Path

import pytest
from few_rows import ROWS

from assl_utils.experts import loop, models, side_by_side, training
from assl_utils.experts.recipe import Recipe
from assl_utils.runner import notebook

ROOT = Path(__file__).resolve().parents[2]
LOADERS = {"load", "load_once"}
NOT_A_RUN = {"bench"}  # measures one way of loading after the other


def named(call):
    """The parameters that a call gives, by place or by name."""
    places = list(inspect.signature(getattr(models, call.func.attr)).parameters)[: len(call.args)]
    return {*places, *(keyword.arg for keyword in call.keywords)}


def loads(source):
    """The calls of `models.load` and `models.load_once` in a source."""
    for node in ast.walk(ast.parse(source)):
        called = getattr(node, "func", None)
        if isinstance(called, ast.Attribute) and called.attr in LOADERS and getattr(called.value, "id", "") == "models":
            yield node


CALLS = [
    pytest.param(call, id=f"{path.relative_to(ROOT)}:{call.lineno}")
    for path in sorted((ROOT / "assl_utils").rglob("*.py"))
    if path.relative_to(ROOT / "assl_utils").parts[0] not in NOT_A_RUN
    for call in loads(path.read_text(encoding="utf-8"))
]


def test_there_are_places_that_load():
    assert len(CALLS) > 4


@pytest.mark.parametrize("call", CALLS)
def test_whoever_loads_says_in_what_form(call):
    assert {"dtype", "quantize"} <= named(call), ast.unparse(call)


@pytest.mark.parametrize("chapter", ["05_scoring_mmr", "06_lora_training", "08_evaluation"])
def test_a_chapter_that_loads_declares_both(chapter):
    written = notebook.read(ROOT / "notebooks" / f"{chapter}.ipynb")
    assert {"dtype", "quantize"} <= {p.name for p in notebook.parameters(written, chapter)}
    code = "\n".join(notebook.source(cell) for cell in written["cells"] if cell["cell_type"] == "code")
    for call in loads(code):
        assert {"dtype", "quantize"} <= named(call), ast.unparse(call)


@pytest.mark.parametrize("chapter", ["05_scoring_mmr", "06_lora_training"])
def test_a_chapter_that_trains_declares_the_whole_recipe(chapter):
    declared = {p.name for p in notebook.parameters(notebook.read(ROOT / "notebooks" / f"{chapter}.ipynb"), chapter)}
    assert (set(Recipe().asdict()) - {"lr", "min_lr"}) | {"learning_rate"} <= declared


class Loaded(Exception):
    """What a stub was asked for."""


@pytest.fixture
def stub(monkeypatch):
    """A loader that loads nothing and says what it was asked for."""
    models._loaded.cache_clear()

    def load(base, device="auto", dtype="auto", quantize="no"):
        raise Loaded(dtype, quantize)

    monkeypatch.setattr(models, "load", load)
    yield
    models._loaded.cache_clear()


def test_the_trainer_loads_as_its_recipe_says(stub, tiny_folder, tmp_path):
    how = Recipe(dtype="bfloat16", quantize="4bit").asdict()
    with pytest.raises(Loaded) as one:
        training.train_lora(tiny_folder, ROWS, tmp_path / "a", **how)
    with pytest.raises(Loaded) as several:
        side_by_side.train_experts(tiny_folder, {"a": ROWS}, {"a": tmp_path / "a"}, **how)
    assert one.value.args == several.value.args == ("bfloat16", "4bit")


def test_a_worker_hands_on_all_of_its_recipe(monkeypatch, tmp_path):
    given = []
    monkeypatch.setattr(models, "load_once", lambda base, **how: ("model", how))
    monkeypatch.setattr(training, "train_lora", lambda base, rows, out_dir, **how: given.append(how))
    how = Recipe(dtype="bfloat16", quantize="4bit", warmup=0.3, seed=4).asdict()
    side_by_side.train_experts("embedded", {"a": ROWS}, {"a": tmp_path / "a"}, **how)
    loaded = ("model", {"dtype": "bfloat16", "quantize": "4bit"})
    assert given == [how | {"model": loaded, "label": "a"}]


def test_the_recipes_warm_up_reaches_the_schedule(tiny_folder, tmp_path, monkeypatch):
    def refuse(self, wrapped, recipe, folder, steps, lr, min_lr, warmup_steps):
        raise Loaded(steps, lr, min_lr, warmup_steps)

    monkeypatch.setattr(loop.TrainingRun, "__init__", refuse)
    how = Recipe(warmup=0.5, epochs=1, min_steps={"a": 10}, batch_size=4, lr=1e-2, min_lr=1e-3).asdict()
    with pytest.raises(Loaded) as begun:
        side_by_side.train_experts(tiny_folder, {"a": ROWS}, {"a": tmp_path / "a"}, **how)
    assert begun.value.args == (12, 1e-2, 1e-3, 6)


def test_one_model_is_loaded_once_however_the_call_is_spelled(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(models, "load", lambda base, **how: asked.append((base, how)) or object())
    models._loaded.cache_clear()
    try:
        first = models.load_once(tmp_path, dtype="auto", quantize="no")
        assert models.load_once(str(tmp_path)) is first is models.load_once(tmp_path, "no")
        assert models.load_once(tmp_path, quantize="4bit") is not first and len(asked) == 2
    finally:
        models._loaded.cache_clear()
