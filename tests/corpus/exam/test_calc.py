"""Calculations: exact answers, four different options, reasons that add up."""

from fractions import Fraction

import pytest
from seeded import draws as seeded

from assl_utils.corpus.exam import calculations  # noqa: F401  (it registers them)
from assl_utils.corpus.exam.calc import CALCS, calc, draw, show


@pytest.mark.parametrize("name", sorted(CALCS))
def test_every_calculation_is_exact_and_its_reason_adds_up(name):
    kind, draws = CALCS[name], seeded(5)
    cases = [draw(name, draws) for _ in range(25)]
    assert len({tuple(case.slots.items()) for case in cases}) >= 10
    for case in cases:
        assert len(set(case.options)) == 4
        slots = {key: Fraction(text) for key, text in case.slots.items()}
        value = kind.value(type("Numbers", (), slots))
        assert show(value) + kind.unit == case.options[0]
        assert Fraction(show(value)) == value
        assert show(value) in case.why
    for wording in (*kind.stems, *kind.held):
        assert wording.slots == set(kind.numbers), wording.source


def test_rounding_is_half_up_and_bare():
    assert [show(Fraction(x)) for x in ("2.345", "-2.345", "0.004", "3.50", "10", "-0.001")] == [
        "2.35", "-2.35", "0", "3.5", "10", "0",
    ]  # fmt: skip


def test_a_calculation_without_an_exact_case_is_named(monkeypatch):
    monkeypatch.delitem(CALCS, "toy", raising=False)
    monkeypatch.setitem(CALCS, "toy", None)  # taken away again afterwards
    calc("toy", numbers={"a": (1,)}, value=lambda v: v.a / 3, slips=(), unit="", why="", stems="{a}", held="{a}")
    with pytest.raises(RuntimeError, match="calculation 'toy': no exact case"):
        draw("toy", seeded())
