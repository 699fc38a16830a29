"""The calculations of the exam questions by subject; importing the package registers them all."""

from assl_utils.corpus.exam.calculations import (  # noqa: F401
    accounting,
    banking,
    derivatives,
    economy,
    exchange,
    insurance,
    interest,
    management,
    securities,
    statistics,
    taxes,
)
