"""The pages of the pilot and of the faults of the data are written from their records."""

from pathlib import Path

from assl_utils.book import pilot_page
from assl_utils.study import pilot

BOOK = Path(__file__).resolve().parents[2] / "book"


def page(name, book, out):
    pilot_page.write(name, book, out)
    return (out / f"{name}.md").read_text(encoding="utf-8")


def test_every_pair_has_a_line_with_its_differences(tmp_path):
    text = page(pilot_page.PILOT, BOOK, tmp_path)
    assert text.startswith("(pilot)=\n# ") and set(pilot_page._SECTIONS) == set(pilot.PAIRS)
    lines = [line.replace("\\", "") for line in text.splitlines()]
    for one, other in {pair for pairs in pilot.PAIRS.values() for pair in pairs}:
        line = next(line for line in lines if line.startswith(f"| {one} – {other} |"))
        assert line.count("|") == 12


def test_every_case_of_the_faults_has_its_scores_and_differences(tmp_path):
    text = page(pilot_page.FAULTS, BOOK, tmp_path)
    for case in ("finfe", "afqmc", "fineval"):
        assert f"| {case} |" in text and f"| {case}" in text.split("## Differences")[1]


def test_without_a_record_a_page_says_which_command_makes_it(tmp_path):
    assert "`make record PROFILE=small_cpu`" in page(pilot_page.PILOT, tmp_path, tmp_path)
    assert "`make consequences`" in page(pilot_page.FAULTS, tmp_path, tmp_path)
