"""A small grammar: sentence patterns with slots and alternatives, and fast random choices from a seed."""

import re

_TOKEN = re.compile(r"\{(\w+)\}|\[([^\]]*)\]")


class Draws:
    """Random choices, drawn in blocks from a generator: the same stream as one by one, many times faster."""

    def __init__(self, rng, block=4096):
        self._rng, self._block, self._pool = rng, block, []

    def u(self):
        """Return the next uniform number of [0, 1)."""
        if not self._pool:
            self._pool = self._rng.random(self._block).tolist()[::-1]
        return self._pool.pop()

    def below(self, n):
        """Return an integer of 0 .. n - 1."""
        return int(self.u() * n)

    def between(self, low, high):
        """Return an integer of low .. high, both included."""
        return low + int(self.u() * (high - low + 1))

    def pick(self, items):
        """Return one of the items."""
        return items[int(self.u() * len(items))]

    def chance(self, p):
        """Return True with probability p."""
        return self.u() < p

    def sample(self, items, n):
        """Return n different items in random order."""
        pool = list(items)
        if n > len(pool):
            raise ValueError(f"cannot draw {n} different items out of {len(pool)}")
        return [pool.pop(int(self.u() * len(pool))) for _ in range(n)]

    def shuffle(self, items):
        """Return the items in random order, as a new list."""
        return self.sample(items, len(items))

    def weighted(self, items, cumulative):
        """Return one of the items by cumulative weights that end at 1."""
        u = self.u()
        for item, bound in zip(items, cumulative, strict=True):
            if u < bound:
                return item
        return items[-1]


class Pattern:
    """One sentence pattern: ``{slot}`` is filled from a dict, ``[a|b|]`` is a choice (which may hold slots).

    Compiled once; rendering is a join. Choices are not nested.
    """

    def __init__(self, source):
        self.source = source
        self._parts = _compile(source)
        self.slots = frozenset(re.findall(r"\{(\w+)\}", source))

    def render(self, slots, draws):
        """Return the text of the pattern; a slot that is missing raises KeyError."""
        out = []
        for kind, value in self._parts:
            if kind == 0:
                out.append(value)
            elif kind == 1:
                out.append(slots[value])
            else:
                out.append(draws.pick(value).render(slots, draws))
        return "".join(out)

    def size(self):
        """Return the number of wordings before slots are filled."""
        total = 1
        for kind, value in self._parts:
            if kind == 2:
                total *= sum(choice.size() for choice in value)
        return total


def _compile(source):
    """Split a pattern into literals (0), slots (1) and choices (2); a bracket without its partner is an error."""
    if re.search(r"[{}\[\]]", _TOKEN.sub("", source)):
        raise ValueError(f"a bracket without its partner, or a choice within a choice: {source!r}")
    parts, end = [], 0
    for found in _TOKEN.finditer(source):
        if found.start() > end:
            parts.append((0, source[end : found.start()]))
        if found.group(1) is not None:
            parts.append((1, found.group(1)))
        else:
            parts.append((2, tuple(Pattern(choice) for choice in found.group(2).split("|"))))
        end = found.end()
    if end < len(source):
        parts.append((0, source[end:]))
    return tuple(parts)


def patterns(text):
    """Return the patterns of a block of text, one a line."""
    return tuple(Pattern(line.strip()) for line in text.strip().splitlines() if line.strip())
