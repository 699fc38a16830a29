"""The registry of data: where each source and benchmark lives, what its files hold, what is wrong, what overlaps.

``data/registry.yaml`` is written by hand. It is checked when it is first asked (:mod:`registry_reading`), and handed
out as frozen objects (:mod:`registry_entries`); :mod:`assl_utils.book.registry_page` writes it out as a page of the
book. What :mod:`assl_utils.tasks.catalog` says of a source (name, sub-task, the paper's number of rows) stays there.
"""

from functools import cache
from pathlib import Path

from assl_utils.sources import registry_reading

FILE = Path(__file__).parents[1] / "data" / "registry.yaml"


def sources():
    """The 23 training sources by slug, in the order of Table 3."""
    return dict(_registry()["source"])


def benchmarks():
    """CFLEB's seven scores and FinEval, by slug."""
    return dict(_registry()["benchmark"])


def aside():
    """What the mirror holds beside sources and benchmarks, by slug."""
    return dict(_registry()["aside"])


def evaluation_lists():
    """Sources whose published rows are evaluation rows: the ``clean`` protocol drops them whole."""
    return [slug for slug, entry in sources().items() if entry.clean == "drop"]


def trained_by(slug):
    """What trains on a benchmark's rows: pairs of source and overlap, in the order of Table 3."""
    return [(entry, overlap) for entry in sources().values() for overlap in entry.overlaps if overlap.other == slug]


@cache
def _registry():
    return registry_reading.read(FILE)
