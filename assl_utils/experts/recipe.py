"""How an adapter is trained: the values that the paper names and those it leaves open, checked and in one place.

Chapters 5 and 6 and the study make it from a chapter's parameters, so that all of them train in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from assl_utils.errors import DataError
from assl_utils.experts.models import QUANTIZED

FLOOR = 10  # the rate falls to this part of its height: 1e-4 to 1e-5 in the paper


@dataclass(frozen=True)
class Recipe:
    """The values of :func:`assl_utils.experts.training.train_lora` that a chapter decides.

    Attributes
    ----------
    r, alpha, dropout
        Rank, scale and dropout of LoRA. The paper: 16, 32, silent.
    lr, min_lr, warmup
        Highest and last learning rate, and the share of the steps in which it rises. The paper: 1e-4, 1e-5, 10 %.
    epochs, min_steps
        Passes over the rows, and optimizer steps at the least: an int, or a dict of int by adapter.
    batch_size, max_length
        Rows of a step, tokens of a row.
    dtype, quantize
        How the base model is loaded, see :func:`assl_utils.experts.models.load`.
    seed
        Of the adapter's first weights, the order of the rows and the dropout.
    """

    r: int = 16
    alpha: int = 32
    dropout: float = 0.05
    warmup: float = 0.1
    lr: float = 1e-4
    min_lr: float = 1e-5
    epochs: int = 3
    min_steps: int | Mapping[str, int] = 0
    batch_size: int = 8
    max_length: int = 512
    dtype: str = "auto"
    quantize: str = "no"
    seed: int = 0

    def __post_init__(self):
        for name in ("r", "alpha", "epochs", "batch_size", "max_length"):
            _check(getattr(self, name) >= 1, name, getattr(self, name), "at least 1")
        _check(0 <= self.dropout < 1, "dropout", self.dropout, "at least 0 and below 1")
        _check(0 <= self.warmup <= 1, "warmup", self.warmup, "a share of the steps, between 0 and 1")
        _check(self.lr > 0, "learning_rate", self.lr, "above 0")
        _check(0 <= self.min_lr <= self.lr, "min_lr", self.min_lr, f"between 0 and the learning rate, {self.lr}")
        _check(self.quantize in QUANTIZED, "quantize", self.quantize, f"one of {', '.join(QUANTIZED)}")
        steps = self.min_steps.values() if isinstance(self.min_steps, Mapping) else [self.min_steps]
        _check(all(n >= 0 for n in steps), "min_steps", self.min_steps, "0 (the epochs decide) or a number of steps")

    @classmethod
    def of(cls, values: Mapping, **other) -> Recipe:
        """The recipe in a chapter's parameters; ``other`` takes a parameter's place.

        Parameters
        ----------
        values : mapping
            A chapter's parameters by name: ``learning_rate`` and every attribute but ``lr`` and ``min_lr``. What else
            it holds is passed over, so a notebook may give its ``globals()``.
        **other
            Attributes of the recipe, say ``min_steps`` by adapter or the ``seed`` of a trial.
        """
        rate = {"lr", "min_lr"}
        lacking = {f.name for f in fields(cls)} - rate - values.keys() - other.keys()
        if "learning_rate" not in values and "lr" not in other:
            lacking.add("learning_rate")
        if lacking:
            raise DataError(f"a recipe needs {', '.join(sorted(lacking))}; declare them in the chapter's parameters")
        taken = {f.name: values[f.name] for f in fields(cls) if f.name in values and f.name not in rate}
        lr = other.get("lr", values.get("learning_rate"))
        return cls(**{**taken, "lr": lr, "min_lr": lr / FLOOR, **other})

    def asdict(self) -> dict:
        """Its values by name, as :func:`assl_utils.experts.side_by_side.train_experts` takes them."""
        return asdict(self)


def _check(holds: bool, name: str, value, wanted: str) -> None:
    if not holds:
        raise DataError(f"{name}={value!r} is to be {wanted}")
