"""The fact base of the exam questions: 34 subjects in 4 groups, read from ``data/exam``."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

_FOLDER = Path(__file__).parents[1] / "data" / "exam"
GROUPS = ("Accounting", "Certificate", "Economy", "Finance")


class Subject(NamedTuple):
    """One subject: its Chinese name, FinEval's key and group, and what can be asked.

    ``terms`` maps a term to its meaning, an axis of ``axes`` a category to its members; ``calcs`` names calculations.
    """

    name: str
    key: str
    group: str
    terms: dict
    axes: tuple
    calcs: tuple


@cache
def subjects():
    """Return the subjects by name, in the order of the groups.

    Raises
    ------
    ValueError
        If a member is in two categories of one axis: such a question would have two right answers.
    """
    found = {}
    for group in GROUPS:
        sheet = yaml.safe_load((_FOLDER / f"{group.lower()}.yaml").read_text(encoding="utf-8"))
        for entry in sheet["subjects"]:
            axes = tuple({name: tuple(row.split()) for name, row in axis.items()} for axis in entry["axes"])
            for axis in axes:
                members = [member for row in axis.values() for member in row]
                twice = {member for member in members if members.count(member) > 1}
                if twice:
                    raise ValueError(f"{entry['name']}: in two categories of one axis: {'、'.join(sorted(twice))}")
            calcs = tuple(entry["calcs"])
            found[entry["name"]] = Subject(entry["name"], entry["key"], sheet["group"], entry["terms"], axes, calcs)
    return found
