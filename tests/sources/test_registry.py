"""The registry of data: complete, equal to the mirror's own list, and every mistake in it named."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from markdown_it import MarkdownIt

from assl_utils.book import registry_page
from assl_utils.errors import DataError
from assl_utils.sources import registry, registry_reading
from assl_utils.tasks.catalog import SOURCES

ROOT = Path(__file__).parents[2]
RAW = yaml.safe_load(registry.FILE.read_text(encoding="utf-8"))
MANIFEST = Path(os.environ.get("ASSL_DATA_ROOT") or ROOT.parent / "shared" / "data") / "manifest.json"
needs_mirror = pytest.mark.skipif(not MANIFEST.exists(), reason="no mirror: set ASSL_DATA_ROOT to its folder")

# Where the published source shares rows with an evaluation set whole (book/deviations.md, D19)
DROPPED = {"fe", "nl", "nl2", "nsp", "na", "fineval"}
# What the leak-free protocol corrects (D21 and D22)
CORRECTED = {"afqmc", "nl2", "stocka", "cfsc_absa", "fineval"}


def every_file():
    for entries in (registry.sources(), registry.benchmarks(), registry.aside()):
        for entry in entries.values():
            for file in entry.files:
                yield entry, file


# --- complete ---------------------------------------------------------------------------------------------------------


def test_there_are_table_3s_sources_in_its_order_and_eight_benchmarks():
    assert [item["slug"] for item in RAW["sources"]] == list(registry.sources()) == list(SOURCES)
    assert [item["slug"] for item in RAW["benchmarks"]] == list(registry.benchmarks())
    assert list(registry.benchmarks()) == ["FE", "QA", "NA", "RE", "NSP1", "NSP2", "NL", "fineval"]
    assert {e.kind for e in registry.sources().values()} == {"source"}
    assert all(entry.name == SOURCES[slug].paper_name for slug, entry in registry.sources().items())


def test_files_that_are_a_source_have_its_number_of_rows_in_the_paper():
    same = [(entry.slug, file.rows) for entry, file in every_file() if file.role == "same"]
    assert same == [(slug, SOURCES[slug].paper_count) for slug, _ in same]
    # of the other two the paper took a part that nobody can repeat
    assert set(SOURCES) - {slug for slug, _ in same} == {"financeiq", "fincorpus"}


def test_a_source_or_a_stand_in_for_it_is_in_the_mirror():
    there = {entry.slug for entry, file in every_file() if file.way == "mirror" and entry.kind == "source"}
    assert set(SOURCES) - there == {"stockb"}
    for entry in registry.benchmarks().values():
        assert {file.role for file in entry.files if file.way == "mirror"} >= {"scored", "unanswered"}, entry.slug


def test_sources_that_are_dropped_are_those_whose_rows_are_evaluation_rows():
    dropped = {slug: entry for slug, entry in registry.sources().items() if entry.clean == "drop"}
    assert set(dropped) == DROPPED
    for slug, entry in dropped.items():
        whole = [o.other for o in entry.overlaps if o.rows == SOURCES[slug].paper_count]
        assert set(whole) & set(registry.benchmarks()), slug
    assert {slug for slug, entry in registry.sources().items() if entry.corrected} == CORRECTED


def test_what_trains_on_a_benchmark_is_read_off_the_sources():
    assert [(entry.slug, overlap.rows) for entry, overlap in registry.trained_by("NL")] == [
        ("finnl", 7), ("nl", 884), ("nl2", 884)
    ]  # fmt: skip
    assert {entry.slug for entry, _ in registry.trained_by("fineval")} == {"financeiq", "fineval", "fincorpus"}


def test_only_the_hub_has_files_without_a_commit():
    loose = {entry.slug for entry, file in every_file() if not (file.revision or file.upstream)}
    assert loose == {"nl2", "nsp", "na", "20ccks", "corpus", "afqmc"}
    assert all(file.way == "hub" for _, file in every_file() if not (file.revision or file.upstream))


# --- the mirror -------------------------------------------------------------------------------------------------------


@needs_mirror
def test_every_file_of_the_mirror_is_named_with_its_numbers():
    listed = {m["path"]: (m["sha256"], m["bytes"], m["records"]) for m in json.loads(MANIFEST.read_text("utf-8"))}
    members = [member for _, file in every_file() if file.way == "mirror" for member in file.each()]
    named = {member.path: (member.sha256, member.bytes, member.rows) for member in members}
    assert named == listed and len(named) == 184


@needs_mirror
def test_every_file_of_the_mirror_is_traced_to_its_repository():
    listed = {
        m["path"]: (m["upstream"], m["commit"], m["upstream_path"]) for m in json.loads(MANIFEST.read_text("utf-8"))
    }
    for entry, file in every_file():
        for member in file.each() if file.way == "mirror" else ():
            traced = (file.upstream.repo, file.upstream.commit, member.upstream_path)
            assert traced == listed[member.path], f"{entry.slug}: {member.path}"


def test_a_family_is_its_members():
    (exam,) = [f for f in registry.sources()["financeiq"].files if f.path == "raw/financeiq/test/*.csv"]
    assert (exam.files, exam.rows, len(exam.each())) == (7, 5029, 7)
    economist = next(m for m in exam.each() if m.path == "raw/financeiq/test/经济师.csv")
    assert (economist.rows, economist.upstream_path) == (520, "FinanceIQ/data/test/经济师.csv")
    (samples,) = registry.aside()["cfgpt"].files
    assert samples.each()[0].path == "raw/cfgpt/company/data.jsonl"
    whole = next(f for f in registry.sources()["financeiq"].files if f.way == "hub")
    assert (whole.files, whole.each()) == (10, ()), "their names on the hub were not seen"


def test_a_licence_is_the_files_own_or_that_of_its_entry():
    fincorpus = registry.sources()["fincorpus"]
    assert [(file.way, file.licence.commercial) for file in fincorpus.files] == [("hub", "yes"), ("mirror", "no")]
    assert fincorpus.licence == fincorpus.files[0].licence


# --- asking -----------------------------------------------------------------------------------------------------------


def test_evaluation_lists_are_the_sources_that_clean_drops():
    assert set(registry.evaluation_lists()) == DROPPED


def test_what_is_handed_out_cannot_spoil_the_registry():
    registry.sources().clear()
    assert len(registry.sources()) == 23
    with pytest.raises(AttributeError):
        registry.sources()["fe"].clean = "filter"


# --- mistakes ---------------------------------------------------------------------------------------------------------


def write(tmp_path, content):
    path = tmp_path / "broken.yaml"
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def changed(keys, value):
    """The registry with one place set to ``value``; keys are names, slugs and numbers. KeyError takes it away."""
    whole = json.loads(json.dumps(RAW))  # without objects that stand in two places
    place, keys = whole, keys.split()
    for key in keys[:-1]:
        if isinstance(place, list):
            place = place[int(key)] if key.isdigit() else next(item for item in place if item["slug"] == key)
        else:
            place = place[key]
    last = int(keys[-1]) if isinstance(place, list) else keys[-1]
    if value is KeyError:
        del place[last]
    else:
        place[last] = copy.deepcopy(value)
    return whole


MISTAKES = [
    ("aside", KeyError, "the key 'aside' is missing"),
    ("asides", [], "unknown key 'asides'; here belong sources, benchmarks, aside"),
    ("sources", {}, "sources: a list of entries is expected"),
    ("sources 0", "fe", "sources: entry 1 has no slug that is a text"),
    ("sources fe slug", "fr", "source fr, slug: no source of this name; there are fe, stocka"),
    ("sources stocka slug", "fe", "source fe, slug: this slug is used twice"),
    ("benchmarks QA slug", "FQ", "benchmark FQ, slug: no benchmark of this name"),
    ("aside finne slug", "finese", "aside finese, slug: this slug is used twice"),
    ("sources 22", KeyError, "sources: no entry for fincorpus"),
    ("sources fe metric", "accuracy", "source fe: unknown key 'metric'; here belong slug, status"),
    ("sources fe clean", KeyError, "source fe: the key 'clean' is missing"),
    ("sources fe clean", "keep", "source fe, clean: 'keep' is none of drop, filter"),
    ("sources fe status", "sure", "source fe, status: 'sure' is none of verified, seen in part, not found"),
    ("sources fe columns", "", "source fe, columns: a text is expected, not ''"),
    ("sources fe faults 1", 5, "source fe, faults[1]: a text is expected, not 5 (YAML reads"),
    ("sources fe licence", "MIT", "source fe, licence: a mapping is expected, not 'MIT'"),
    ("sources stockb licence commercial", True, "source stockb, licence.commercial: True is none of yes, no"),
    ("sources fe overlaps", None, "source fe, overlaps: a list is expected"),
    ("sources fe overlaps 0 with", "FF", "source fe, overlaps[0].with: no entry is called 'FF'"),
    ("sources fe overlaps 1 rows", 0, "source fe, overlaps[1].rows: a whole number of 1 or more is expected, not 0"),
    ("sources fe overlaps 0 where", "", "source fe, overlaps[0]: unknown key 'where'; here belong with, what, rows"),
    ("benchmarks FE metric", KeyError, "benchmark FE: the key 'metric' is missing"),
    ("benchmarks FE upstream path", "x", "benchmark FE, upstream: unknown key 'path'; here belong repo, commit"),
    ("aside cfgpt what", KeyError, "aside cfgpt: the key 'what' is missing"),
    ("aside cfgpt files 0 role", "same", "aside cfgpt, files[0]: unknown key 'role'"),
    ("sources fe files", [], "source fe, files: a list of one file or more is expected"),
    ("sources fe files 0", "x", "source fe, files[0]: the key 'way' is missing"),
    ("sources fe files 0 path", KeyError, "source fe, files[0]: the key 'path' is missing"),
    ("sources fe files 0 way", "ftp", "source fe, files[0].way: 'ftp' is none of hub, github, mirror"),
    ("sources fe files 0 path", "../x.json", "source fe, files[0].path: a path inside a folder is expected"),
    ("sources fe files 0 path", "/x.json", "source fe, files[0].path: a path inside a folder is expected"),
    ("sources fe files 1 path", "fe.json", "source fe, files[1].path: the mirror's files lie under raw/"),
    ("sources fe files 0 format", "xls", "source fe, files[0].format: 'xls' is none of json_array, json_object"),
    ("sources fe files 0 shape", "flair", "source fe, files[0].shape: 'flair' is none of flare, fe, nl"),
    ("sources fe files 0 role", "scored", "source fe, files[0].role: 'scored' is none of same, pool, part, stand_in"),
    ("benchmarks FE files 0 role", "same", "benchmark FE, files[0].role: 'same' is none of scored, shots, unanswered"),
    ("sources fe files 0 repo", "flare-zh-fe", "source fe, files[0].repo: an owner and a name are expected"),
    ("sources fe files 0 revision", "782ccf4", "source fe, files[0].revision: 40 hexadecimal digits are expected"),
    ("sources fe files 0 revision", KeyError, "source fe, files[0]: the key 'revision' is missing"),
    ("sources finna files 0 revision", None, "source finna, files[0].revision: 40 hexadecimal digits are expected"),
    ("sources fe files 0 revision_seen", "782ccf4", "source fe, files[0].revision_seen: there is a whole revision"),
    ("sources nl2 files 0 revision_seen", 9675110, "source nl2, files[0].revision_seen: 7 hexadecimal digits are"),
    ("sources finna files 0 revision_seen", "654d132", "source finna, files[0]: unknown key 'revision_seen'"),
    ("sources fe files 0 upstream", {}, "source fe, files[0]: unknown key 'upstream'; here belong way, path"),
    ("sources fe files 1 sha256", "80cd", "source fe, files[1].sha256: 64 hexadecimal digits are expected, not '80cd'"),
    ("sources fe files 1 sha256", KeyError, "source fe, files[1]: the key 'sha256' is missing"),
    ("sources fe files 1 bytes", "135818", "source fe, files[1].bytes: a whole number of 1 or more is expected"),
    ("sources fe files 1 rows", None, "source fe, files[1].rows: a whole number of 1 or more is expected, not None"),
    ("sources fe files 0 rows", -1, "source fe, files[0].rows: a whole number of 1 or more is expected, not -1"),
    ("sources fe files 0 rows", True, "source fe, files[0].rows: a whole number of 1 or more is expected, not True"),
    ("sources fe files 1 upstream commit", "654d", "source fe, files[1].upstream.commit: 40 hexadecimal digits"),
    ("sources fe files 1 upstream path", "*.json", "source fe, files[1].upstream.path: one file, but a *"),
    ("sources fe files 1 files", 1, "source fe, files[1]: unknown key 'files'"),
    ("sources fe files 1 rows", 2021, "benchmark FE, files[0]: raw/fincuge-finfe/eval_list.json has other numbers"),
    ("aside cfgpt files 0 files", 11, "aside cfgpt, files[0].members: 10 names where 'files' says 11"),
    ("aside cfgpt files 0 rows", 47, "aside cfgpt, files[0].members: 46 rows in all where 'rows' says 47"),
    ("aside cfgpt files 0 members", ["a/data.jsonl"], "aside cfgpt, files[0].members: a mapping of names to rows"),
    ("aside cfgpt files 0 path", "raw/cfgpt/*/x.jsonl", "is not of the family raw/cfgpt/*/x.jsonl"),
    ("aside cfgpt files 0 upstream path", "data", "aside cfgpt, files[0].upstream.path: a family of files needs a *"),
    ("aside cfgpt files 0 members risk/data.jsonl", {}, "members.risk/data.jsonl: the key 'rows' is missing"),
    ("sources financeiq files 2 members 0", "基金从业资格.csv", "source financeiq, files[2].members: a name is listed"),
    ("sources financeiq files 2 files", 9, "source financeiq, files[2].members: 10 names where 'files' says 9"),
]  # fmt: skip


@pytest.mark.parametrize("keys, value, message", MISTAKES, ids=[f"{keys}={value}" for keys, value, _ in MISTAKES])
def test_a_mistake_is_named_with_file_entry_and_key(tmp_path, keys, value, message):
    with pytest.raises(DataError) as error:
        registry_reading.read(write(tmp_path, changed(keys, value)))
    assert message in str(error.value)
    assert str(error.value).startswith("broken.yaml: ") and error.value.file == "broken.yaml"


def test_the_unbroken_registry_reads_as_itself(tmp_path):
    read = registry_reading.read(write(tmp_path, json.loads(json.dumps(RAW))))
    assert read == {"source": registry.sources(), "benchmark": registry.benchmarks(), "aside": registry.aside()}


def test_what_is_no_yaml_and_a_key_that_stands_twice_are_named_by_line(tmp_path):
    with pytest.raises(DataError, match=r"broken\.yaml: this does not read as YAML: .*line 2"):
        registry_reading.read(write(tmp_path, "sources: [\n}"))
    text = registry.FILE.read_text(encoding="utf-8").replace(
        "    clean: drop\n", "    clean: drop\n    clean: filter\n", 1
    )
    line = text[: text.index("clean: filter")].count("\n") + 1
    with pytest.raises(DataError, match=rf"the key 'clean' twice .*line {line}"):
        registry_reading.read(write(tmp_path, text))
    with pytest.raises(DataError, match="a mapping is expected, not None"):
        registry_reading.read(write(tmp_path, ""))


# --- the page ---------------------------------------------------------------------------------------------------------


def all_pages():
    """All pages of the registry, one below the other."""
    return "\n".join(registry_page.pages().values())


def tables(page):
    """Lists of rows of cells; a cell ends at a bar without a backslash."""
    blocks = re.findall(r"(?:^\|.*\n)+", page, flags=re.M)
    return [[re.split(r"(?<!\\)\|", line.strip()[1:-1]) for line in block.splitlines()] for block in blocks]


def test_the_pages_has_a_section_for_every_entry_and_every_link_arrives():
    page = all_pages()
    targets = re.findall(r"^\(([a-z0-9-]+)\)=\n#", page, flags=re.M)
    assert len(targets) == len(set(targets)) == 1 + 5 + 23 + 8 + len(registry.aside())
    for kind, entries in (
        ("source", registry.sources()),
        ("benchmark", registry.benchmarks()),
        ("aside", registry.aside()),
    ):
        assert {f"{kind}-{slug.lower().replace('_', '-')}" for slug in entries} <= set(targets)
    assert set(re.findall(r"\]\(#([^)]*)\)", page)) <= set(targets)


def test_the_pages_names_every_file_and_shortens_every_digest():
    page = all_pages()
    for entry, file in every_file():
        assert f"`{file.path}`" in page, entry.slug
        assert file.sha256 is None or f"`{file.sha256[:12]}`" in page
    assert not re.search(r"(?<![/0-9a-f])[0-9a-f]{40,}", page), "whole digests stand in addresses only"


def test_the_summary_is_table_3():
    (summary, *_) = tables(all_pages())
    names = [re.search(r"\[(.*?)\]", row[0])[1].replace("\\", "") for row in summary[2:-1]]
    counts = [int(row[3].replace(",", "")) for row in summary[2:]]
    assert names == [source.paper_name for source in SOURCES.values()]
    assert counts == [*(source.paper_count for source in SOURCES.values()), 220_344]


def test_the_tables_are_rectangles_and_markdown_reads_them_all():
    page = all_pages()
    assert all(len(row) == len(table[0]) for table in tables(page) for row in table)
    tokens = MarkdownIt("commonmark").enable("table").parse(page)
    assert (
        sum(token.type == "table_open" for token in tokens) == len(tables(page)) == 1 + 23 + 8 + len(registry.aside())
    )


def test_the_pages_says_nothing_about_the_machine():
    page = all_pages()
    assert "shared/" not in page and str(ROOT) not in page
    assert not re.search(r"(?<![\w/.)`])/(?:work|home|root|tmp|usr)\b", page)


def test_texts_show_as_they_are_written(tmp_path, monkeypatch):
    odd = "a|b *c* _d_ $e$ <i>f</i> [g](h) `i|j`"
    whole = changed("sources fe faults", [odd, "k"])
    whole["sources"][0]["licence"]["name"] = odd  # stands in a table too
    monkeypatch.setattr(registry, "FILE", write(tmp_path, whole))
    registry._registry.cache_clear()
    try:
        html = MarkdownIt("commonmark").enable("table").render(all_pages())
    finally:
        registry._registry.cache_clear()
    shown = "a|b *c* _d_ $e$ &lt;i&gt;f&lt;/i&gt; [g](h) <code>i|j</code>"
    assert f"<td>{shown}</td>" in html and f"<li>{shown}</li>" in html


def test_another_process_writes_the_same_pages_and_loads_little_for_it():
    code = (
        "import sys; from assl_utils.book import registry_page\n"
        "sys.stdout.buffer.write(repr(registry_page.pages()).encode())\n"
        "assert not {'numpy', 'pandas', 'torch'} & set(sys.modules)"
    )
    for seed in ("0", "1"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=env, cwd=ROOT)
        assert done.returncode == 0, done.stderr.decode()
        assert done.stdout.decode() == repr(registry_page.pages())
