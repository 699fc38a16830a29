"""The 44 relations between two companies and how a sentence shows them, from the file ``relations``."""

from assl_utils.corpus.lexicon import blocks
from assl_utils.tasks.catalog import RELATIONS

_BLOCKS = blocks.read("relations", 1)


def _of(*kinds):
    return {name: block.patterns() for name, block in _BLOCKS.items() if block.fields[0] in kinds}


_ACTIVE, _SYMMETRIC = _of("active", "active passive"), _of("symmetric")
ACTIVE, SYMMETRIC = tuple(_ACTIVE), tuple(_SYMMETRIC)
RELATION_PATTERNS = _ACTIVE | _SYMMETRIC
SAYS_PASSIVE = frozenset(_of("active passive"))  # "即…被…" reads well
INVERSE = {name: "被" + name for name in ACTIVE}
NONE_PATTERNS = _of("none")["其他"]
# the first relation is the one the sentence begins with
DOUBLE_PATTERNS = tuple((tuple(names.split("+")), way) for names, ways in _of("double").items() for way in ways)
assert (*ACTIVE, *INVERSE.values(), *SYMMETRIC, "其他") == RELATIONS, (
    "the lexicon words other relations than the task has"
)
