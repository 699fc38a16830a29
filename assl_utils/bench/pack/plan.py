"""The parts of the pack in their order, how long each may take, and which still has to be done."""

from dataclasses import dataclass

RESERVE = 15.0  # seconds at the end that no part gets, for the record
ON_CPU = 8.0  # times as long as on a GPU a part may take in a rehearsal


@dataclass(frozen=True)
class Part:
    """One part.

    Attributes
    ----------
    budget : float
        Seconds that it may take on a GPU; it is stopped then. 0: whatever is left.
    least : float
        Seconds that must be left for it to begin.
    """

    name: str
    budget: float
    least: float


# A GPU's times are guesses until a pack has run on one; together with the machine's start they leave the study half.
PARTS = (
    Part("neighbours", 30, 5),
    Part("vectors", 40, 10),
    Part("attention", 20, 5),
    Part("training", 60, 20),
    Part("answers", 60, 20),
    Part("continuous_batching", 40, 10),
    Part("lora_7b", 60, 20),
    Part("answers_7b", 60, 20),
    Part("points", 60, 20),
    Part("study", 0, 45),
)
NAMES = tuple(part.name for part in PARTS)


def limit(part, left, on_gpu=True):
    """Seconds after which a part that begins now is stopped."""
    own = (part.budget if on_gpu else part.budget * ON_CPU) or left
    return max(0.0, min(own, left - RESERVE))


def reason_to_skip(part, left):
    """Why a part does not begin with so many seconds left, or None."""
    needed = part.least + RESERVE
    return None if left >= needed else f"{max(left, 0):.0f} s were left, and it begins with {needed:.0f} s or more"


def todo(lines, only=None):
    """The parts that a run still has to do, by the journal's lines.

    What was done or failed stays. What was begun when everything was killed is done again; what was skipped or cut off
    for want of time gets a new try in the next run, not in the same one.
    """
    settled = {}
    for line in lines:
        if line["event"] == "start":
            settled = {name: final for name, final in settled.items() if final}
        elif line["event"] in ("end", "skip"):
            settled[line["part"]] = line["event"] == "end" and not line["result"].get("cut_off", False)
    return [part for part in PARTS if part.name not in settled and (only is None or part.name in only)]
