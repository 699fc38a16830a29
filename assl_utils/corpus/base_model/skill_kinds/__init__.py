"""The generic skills by kind; importing the package registers them all."""

from assl_utils.corpus.base_model.skill_kinds import (  # noqa: F401
    comparing,
    copying,
    examples,
    lists,
    locating,
    numbers,
    options,
    pairs,
    rewriting,
    rules,
)
