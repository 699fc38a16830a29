"""What a comparison consists of, and the list in which every one is registered.

A case is added with `case`: a function that is given the `Setting` and returns a `Case`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from assl_utils.bench.rates import Machine

CASES = {}


@dataclass
class Setting:
    """What a case knows before it makes its data."""

    machine: Machine
    quick: bool = False
    encoder: str | None = None  # a sentence-transformers model by name or folder, for ``embed``
    base: str = "embedded"  # a causal model by name or folder, for ``train_lora`` and ``generate``


@dataclass
class Case:
    """One comparison; ``ours`` and ``peer`` do the same work and return it."""

    n: int
    d: int
    ours: Callable
    peer: Callable
    peer_name: str
    floor_s: float
    floor: str  # what the floor is, in words
    agreement: Callable  # of both results: a number
    agreement_is: str  # what that number is, in words
    peer_times: int = 1  # the peer does one part of the work; its time is multiplied
    note: str = ""


def case(name):
    """Register a case under a name; the order of definition is the order of running."""

    def register(make):
        CASES[name] = make
        return make

    return register
