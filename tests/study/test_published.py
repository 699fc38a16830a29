"""Publishing a run: the tables named, whole or not at all, and the README's numbers from them."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from assl_utils import store
from assl_utils.book import build
from assl_utils.runner import diff
from assl_utils.study import examples, published

STAGES = """\
01_first: {reads: [], writes: [sweep.csv], publish: [sweep.csv]}
02_last: {reads: [01_first/sweep.csv], writes: [table1.csv], publish: [table1.csv, table2.csv]}
"""
README = "# Title\n\nbefore\n\n<!-- numbers -->\nold\n<!-- /numbers -->\n\nafter\n"


def scores(offset=0.0):
    return pd.DataFrame({
        "model": ["base", "lora-0", "silversight", "lead-1"],
        "AVG": [40.04 + offset, 50.0, 45.0, float("nan")],
        "AVG_lo": [38.0, 49.0, 44.0, float("nan")],
        "AVG_hi": [42.0, 51.0, 46.0, float("nan")],
    })  # fmt: skip


def make(root, run="cpu", offset=0.0):
    (root / "notebooks" / "profiles").mkdir(parents=True, exist_ok=True)
    (root / "notebooks" / "stages.yaml").write_text(STAGES)
    if not (root / "README.md").exists():
        (root / "README.md").write_text(README)
    for name, tables in (("01_first", ["sweep"]), ("02_last", ["table1", "table2"])):
        folder = root / "runs" / run / name
        for table in tables:
            store.write_table(scores(offset), folder / f"{table}.csv")
        manifest = {"run": run, "profile": "cpu", "finished": "2024-01-01T00:00:00+00:00", "seconds": 90.0,
                    "peak_bytes": 1_500_000_000, "versions": {"python": "3.11"},
                    "hardware": {"cpu": "Some CPU", "cores": 2, "gpus": []}}  # fmt: skip
        store.write_json(manifest, folder / "manifest.json")
    return root


def test_the_named_tables_are_copied_byte_for_byte(tmp_path):
    root = make(tmp_path)
    target = published.publish(root, say=lambda _: None)
    assert {p.name for p in target.rglob("*") if p.is_file()} == {
        "sweep.csv", "table1.csv", "table2.csv", "costs.json", "about.json"
    }  # fmt: skip
    assert (target / "table1.csv").read_bytes() == (root / "runs/cpu/02_last/table1.csv").read_bytes()
    costs = json.loads((target / "costs.json").read_text())
    assert costs == {name: {"seconds": 90.0, "peak_bytes": 1_500_000_000} for name in ("01_first", "02_last")}


def test_publishing_again_leaves_nothing_of_the_run_before(tmp_path):
    root = make(tmp_path)
    (published.publish(root, say=lambda _: None) / "gone.csv").write_text("x")
    assert not (published.publish(root, say=lambda _: None) / "gone.csv").exists()


def test_half_a_run_is_not_published_and_the_old_one_stays(tmp_path, monkeypatch, capsys):
    root = make(tmp_path)
    published.publish(root, say=lambda _: None)
    readme = (root / "README.md").read_text()
    (root / "runs/cpu/02_last/manifest.json").unlink()
    monkeypatch.setenv("ASSL_ROOT", str(root))
    assert build.main(["publish"]) == 1
    assert "02_last has not run to the end" in capsys.readouterr().err
    assert (root / "book/published/cpu/table1.csv").exists() and (root / "README.md").read_text() == readme


def test_the_readme_gets_scores_with_intervals_and_nothing_else_changes(tmp_path):
    root = make(tmp_path)
    published.publish(root, say=lambda _: None)
    text = (root / "README.md").read_text()
    assert text.startswith("# Title\n\nbefore\n\n<!-- numbers -->\n") and text.endswith("<!-- /numbers -->\n\nafter\n")
    assert "| base | 40.0 (38.0–42.0) | 40.0 (38.0–42.0) |" in text
    assert "lora-0" not in text and "lead-1" not in text and "old" not in text
    assert "3.0 minutes" in text and "1.5 GB" in text and "2 cores (Some CPU), no GPU" in text
    assert "of the time, 01 50 %, 02 50 %." in text
    assert published.update_readme(root) is False, "a second time there is nothing to do"


def test_the_readme_says_what_the_comparisons_said(tmp_path):
    root = make(tmp_path)
    stages = (root / "notebooks" / "stages.yaml").read_text()
    (root / "notebooks" / "stages.yaml").write_text(stages.replace("table2.csv]}", "table2.csv, comparisons.csv]}"))
    rows = [("cfleb", "FE", "about FE"), ("cfleb", "AVG", "silversight is above mix"), ("fineval", "AVG", "exams")]
    compared = pd.DataFrame(rows, columns=["benchmark", "task", "sentence"])
    store.write_table(compared, root / "runs/cpu/02_last/comparisons.csv")
    published.publish(root, say=lambda _: None)
    text = (root / "README.md").read_text()
    assert "\n- silversight is above mix\n" in text and "about FE" not in text and "exams" not in text


def test_the_readme_shows_what_the_run_answers_well_as_long_as_it_does(tmp_path, monkeypatch):
    one = {"task": "FE", "id": "q-1", "question": "判断情感：\n涨了$5", "answer": "积极", "right": 3, "asked": 8}
    root, asked = make(tmp_path), []
    monkeypatch.setattr(examples, "chosen", lambda run: asked.append(run) or [one])
    target = published.publish(root, say=lambda _: None)
    assert asked == [root / "runs" / "cpu"] and examples.read(target) == [one]
    text = (root / "README.md").read_text()
    assert examples.RULE in text and "FE, where this holds for 3 of 8 questions" in text
    assert "```sh\nmake ask Q='判断情感：\n涨了$$5'\n```\n\n```text\n积极\n```" in text
    monkeypatch.setattr(examples, "chosen", lambda run: [])
    published.publish(root, say=lambda _: None)
    assert not (target / examples.FILE).exists() and "make ask" not in (root / "README.md").read_text()


def test_seeds_and_protocols_stand_beside_the_usual_run(tmp_path):
    for run, offset in (("cpu", 0.0), ("cpu-clean-s1", 2.0), ("cpu-paper-s0", 5.0)):
        make(tmp_path, run, offset)
        published.publish(tmp_path, run=f"runs/{run}", say=lambda _: None)
    lines = (tmp_path / "README.md").read_text().splitlines()
    head = next(x for x in lines if x.startswith("| model"))
    assert head.endswith("| CFLEB, mean of 7, `clean`, 2 seeds | CFLEB, mean of 7, `paper`, 1 seed |")
    line = next(x for x in lines if x.startswith("| base"))
    assert line == "| base | 40.0 (38.0–42.0) | 40.0 (38.0–42.0) | 41.0 ± 1.4 | 45.0 |"


def test_the_answer_of_real_rows_stands_in_the_readme_and_on_the_front_page(tmp_path):
    root = make(tmp_path)
    kept = Path(__file__).resolve().parents[2] / "book/recorded/grids/mirror-linear"
    shutil.copytree(kept, root / "book/recorded/grids/mirror-linear")
    marks = "<!-- answer -->\nold\n<!-- /answer -->\n"
    (root / "README.md").write_text(README + marks)
    (root / "book/intro.md").write_text("# Front\n" + marks)
    published.publish(root, say=lambda _: None)
    pages = [(root / name).read_text() for name in ("README.md", "book/intro.md")]
    tables = [page.split("<!-- answer -->")[1].split("<!-- /answer -->")[0] for page in pages]
    assert tables[0] == tables[1] and tables[0].count("a linear learner") == 3 and "\nold\n" not in tables[0]
    assert pages[1].startswith("# Front\n") and published.update_readme(root) is False


def test_without_a_record_the_answer_says_so(tmp_path):
    assert published.answer(make(tmp_path)) == "*Nothing has been recorded on real rows yet.*"


@pytest.mark.parametrize("text", ["<!-- numbers -->", "<!-- /numbers --> <!-- numbers -->"])
def test_a_readme_with_broken_marks_is_not_touched(tmp_path, text):
    root = make(tmp_path)
    (root / "README.md").write_text(text)
    with pytest.raises(ValueError, match="README"):
        published.update_readme(root)
    assert (root / "README.md").read_text() == text


def test_without_a_published_run_the_readme_says_so(tmp_path):
    root = make(tmp_path)
    published.update_readme(root)
    assert "No run has been published yet" in (root / "README.md").read_text()


def test_what_is_published_is_what_diff_and_plan_read(tmp_path):
    """The two sides agree on names: the folder, the tables, the costs."""
    root = make(tmp_path)
    target = published.publish(root, say=lambda _: None)

    class Resolved:
        run = profile = "cpu"

    assert diff.folder(root, Resolved) == target
    assert set(diff.published_costs(root, Resolved)) == {"01_first", "02_last"}
