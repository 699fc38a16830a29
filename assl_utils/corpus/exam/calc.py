"""Calculated exam questions: numbers are drawn, the answer is exact, the wrong options are the usual slips."""

from fractions import Fraction
from types import SimpleNamespace
from typing import NamedTuple

from assl_utils.corpus.grammar import patterns

CALCS = {}


class Calculation(NamedTuple):
    """A kind of calculation: what is drawn, the formula, the usual slips, and the wordings.

    ``stems`` word the training questions and ``held`` those of the evaluation: the two never share a wording.
    """

    numbers: dict
    value: object
    slips: tuple
    unit: str
    why: str
    stems: tuple
    held: tuple
    when: object


class Case(NamedTuple):
    """One drawn calculation: the slots of its wordings, four different options, the right one first, and the reason."""

    slots: dict
    options: tuple
    why: str


def calc(name, *, numbers, value, slips, unit, why, stems, held, when=None):
    """Register a calculation under the name that the fact files use."""
    CALCS[name] = Calculation(numbers, value, slips, unit, why, patterns(stems), patterns(held), when)


def tenths(low, high, step=1):
    """Return the numbers low/10 .. high/10, both included, exact."""
    return tuple(Fraction(n, 10) for n in range(low, high + 1, step))


def hundredths(low, high, step=1):
    """Return the numbers low/100 .. high/100, both included, exact."""
    return tuple(Fraction(n, 100) for n in range(low, high + 1, step))


def show(number, places=2):
    """Write an exact number as a decimal of at most ``places`` places, rounded half up, without trailing zeros."""
    scaled = abs(number) * 10**places
    whole = int(scaled + Fraction(1, 2))
    text = f"{whole // 10**places}.{whole % 10**places:0{places}d}".rstrip("0").rstrip(".")
    return "-" + text if number < 0 and whole else text


def draw(name, draws):
    """Draw numbers for which the answer is exact to two places, and four options that look different.

    Raises
    ------
    RuntimeError
        If 500 draws give no such case: the numbers of the calculation are badly chosen.
    """
    kind = CALCS[name]
    for _ in range(500):
        numbers = {key: Fraction(draws.pick(choices)) for key, choices in kind.numbers.items()}
        v = SimpleNamespace(**numbers)
        if kind.when is not None and not kind.when(v):
            continue
        value = kind.value(v)
        if (value * 100).denominator != 1:
            continue
        right = show(value)
        options = [right]
        # after the usual slips, misjudged sizes: they only fill up where two slips coincide
        guesses = [slip(v) for slip in kind.slips]
        guesses += [value * Fraction(n, 10) for n in draws.shuffle([8, 9, 11, 12, 15, 5, 20])]
        for guess in guesses:
            text = show(guess)
            if text not in options and text != "0" and len(options) < 4 and guess > 0:
                options.append(text)
        if len(options) == 4:
            slots = {key: show(number, 4) for key, number in numbers.items()}
            why = kind.why.format(value=right, **slots)
            return Case(slots, tuple(text + kind.unit for text in options), why)
    raise RuntimeError(f"calculation {name!r}: no exact case in 500 draws, check its numbers")
