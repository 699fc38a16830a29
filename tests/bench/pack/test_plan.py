"""Minutes are shared out, a part begins only with enough of them, and what stands is not done again."""

import pytest

from assl_utils.bench import gpu_check
from assl_utils.bench.pack import plan

START = {"event": "start"}


def end(name, **result):
    return {"event": "end", "part": name, "result": {"passed": True, **result}}


def skip(name):
    return {"event": "skip", "part": name, "why": "no time"}


def names(parts):
    return [part.name for part in parts]


def test_every_part_of_the_gpu_check_and_the_study_last():
    assert [*gpu_check.PARTS, "study"] == list(plan.NAMES)
    assert all(part.least <= (part.budget or part.least) for part in plan.PARTS)
    assert sum(part.least for part in plan.PARTS) + plan.RESERVE < 9.5 * 60, "all can begin"


def test_a_part_gets_its_budget_or_what_is_left_but_never_the_reserve():
    part, study = plan.Part("points", 60, 20), plan.PARTS[-1]
    assert plan.limit(part, 500) == 60
    assert plan.limit(part, 9000, on_gpu=False) == 60 * plan.ON_CPU
    assert plan.limit(part, 40) == 40 - plan.RESERVE and plan.limit(part, 3) == 0
    assert plan.limit(study, 300) == 300 - plan.RESERVE


def test_a_part_without_time_says_how_much_was_left():
    part = plan.Part("points", 60, 20)
    assert plan.reason_to_skip(part, 20 + plan.RESERVE) is None
    assert plan.reason_to_skip(part, 12) == f"12 s were left, and it begins with {20 + plan.RESERVE:.0f} s or more"
    assert plan.reason_to_skip(part, -9).startswith("0 s were left")


def test_what_is_done_or_failed_stays_and_what_was_begun_is_done_again():
    begun = {"event": "begin", "part": "attention"}
    lines = [START, end("neighbours"), end("vectors", passed=False), begun]
    assert names(plan.todo(lines)) == list(plan.NAMES[2:])
    assert names(plan.todo([*lines, START])) == list(plan.NAMES[2:])
    assert names(plan.todo(lines, ["vectors", "study"])) == ["study"]


@pytest.mark.parametrize("line", [skip("study"), end("study", cut_off=True)])
def test_want_of_time_settles_a_part_in_this_run_and_not_in_the_next(line):
    assert "study" not in names(plan.todo([START, line]))
    assert "study" in names(plan.todo([START, line, START]))
    assert "study" not in names(plan.todo([START, line, START, end("study")]))
