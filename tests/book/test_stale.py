"""A built page whose text, code, module, data or record is another now is named, with what differs and the way out."""

import json

import pytest
import toy_repo
import yaml

from assl_utils.book import build, stale

RECORD = "book/recorded/small/table.csv"
PAGES = ["01_numbers", "02_sums", "notes", "faults", "sources"]


@pytest.fixture
def repo(tmp_path, monkeypatch):
    """A miniature whose book is built, but for the pages' looks."""
    root = toy_repo.build(tmp_path / "repo")
    monkeypatch.setenv("ASSL_ROOT", str(root))
    reads = toy_repo.STAGES.replace("02_sums:\n  reads: [", "02_sums:\n  reads: [book/recorded/small/*, ")
    (root / "notebooks" / "stages.yaml").write_text(reads)
    files = {RECORD: "a,b\n1,2\n", "book/notes.md": "# Notes\n", "book/recorded/faults/record.json": "{}",
             "book/_toc.yml": yaml.safe_dump({"root": PAGES[0], "chapters": [{"file": page} for page in PAGES[1:]]}),
             "book/_static/book.css": "p {}"}  # fmt: skip
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    toy_repo.sign(root)
    html = root / "book" / "_build" / "html"
    html.mkdir(parents=True)
    for page in PAGES:
        (html / f"{page}.html").write_text("")
    mark = {"pages": build._made_from(root, root / "runs" / "cpu")}
    (html / build.MARK).write_text(json.dumps(mark))
    return root


def test_a_book_of_its_source_has_no_stale_page(repo, capsys):
    assert build.check(repo) == []
    assert build.main(["check"]) == 0 and "every page is that of its source" in capsys.readouterr().out


def sentence(page, what, command="make reproduce"):
    return f"{page} is not that of its source: {what} has changed; `{command}` makes it anew"


@pytest.mark.parametrize(
    ("name", "page", "what", "command"),
    [
        (RECORD, "02_sums.html", "the record book/recorded/small/table.csv", "make reproduce"),
        ("assl_utils/data/toy/factor.txt", "01_numbers.html", "the data assl_utils/data/toy", "make reproduce"),
        ("assl_utils/toy_deep.py", "01_numbers.html", "the module assl_utils/toy_deep.py", "make reproduce"),
        ("book/notes.md", "notes.html", "the file book/notes.md", "make book"),
        ("book/recorded/faults/record.json", "faults.html", "the record book/recorded/faults/record.json", "make book"),
        ("book/_static/book.css", "every page", "the file book/_static/book.css", "make book"),
    ],
)
def test_what_has_changed_since_is_named_with_its_page_and_the_way_out(repo, name, page, what, command):
    with (repo / name).open("a") as stream:
        stream.write("\n# another\n")
    assert build.check(repo) == [sentence(page, what, command)]


def test_a_notebook_with_other_code_is_named_once_and_with_other_prose_as_a_notebook(repo):
    path = repo / "notebooks" / "01_numbers.ipynb"
    toy_repo.write(repo, path.stem, toy_repo.NUMBERS, prose="# Another title")
    assert build.check(repo) == [sentence("01_numbers.html", "the notebook notebooks/01_numbers.ipynb")]
    toy_repo.write(repo, path.stem, [*toy_repo.NUMBERS, "1 + 1"])
    assert build.check(repo) == [sentence("01_numbers.html", "the code of notebooks/01_numbers.ipynb")]


def test_a_new_book_of_an_old_run_is_as_stale_as_the_run(repo):
    """Building again does not make results new: what counts is what the run took."""
    (repo / RECORD).write_text("a,b\n3,4\n")
    mark = {"pages": build._made_from(repo, repo / "runs" / "cpu")}
    (repo / "book/_build/html" / build.MARK).write_text(json.dumps(mark))
    assert [line.split(" ")[0] for line in build.check(repo)] == ["02_sums.html"]


def test_a_record_that_came_or_went_and_a_chapter_without_a_run_are_named(repo, capsys):
    (repo / RECORD).rename(repo / "book/recorded/small/other.csv")
    (line,) = build.check(repo)
    assert "table.csv is gone" in line and "other.csv is new" in line
    (repo / "runs/cpu/01_numbers/manifest.json").unlink()
    mark = {"pages": build._made_from(repo, repo / "runs" / "cpu")}
    (repo / "book/_build/html" / build.MARK).write_text(json.dumps(mark))
    assert build.main(["check"]) == 1
    said = capsys.readouterr().err
    assert "01_numbers.html shows a chapter that has not run to its end; `make reproduce` runs it" in said


def test_pages_that_are_missing_or_left_over_are_named(repo):
    (repo / "book/_build/html/notes.html").unlink()
    assert build.check(repo) == ["notes.html is not in the built book; `make book` makes it"]
    toc = repo / "book" / "_toc.yml"
    toc.write_text(yaml.safe_dump({"root": PAGES[0], "chapters": [{"file": page} for page in PAGES[1:-1]]}))
    assert "sources.html is a page that book/_toc.yml does not name; `make book` removes it" in build.check(repo)


def test_without_a_built_book_the_way_out_is_said(repo):
    (repo / "book/_build/html" / build.MARK).unlink()
    with pytest.raises(build.BookError, match="make book"):
        build.check(repo)


def test_the_record_of_every_page_is_an_input_of_the_book():
    """A page that a module writes from a record is written anew when the record is another."""
    kept = stale.records(build.store.root() / "book")
    assert {path.parent.name for path in kept} >= {"bench", "faults"}
