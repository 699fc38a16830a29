"""Whichever way the data comes, the same tables come out; what is missing is said, and what is wrong stops the run."""

import dataclasses
import io
import json
import zipfile

import data_replica
import pandas as pd
import pytest
from hub_server import HubServer

from assl_utils.errors import DataError, UnavailableError
from assl_utils.sources import benchmarks, collect, formats, records, registry, registry_entries, registry_reading
from assl_utils.tasks import parsing
from assl_utils.tasks.catalog import SOURCES


def local(mirror, **options):
    return collect.gather("local", mirror, **{"accept_noncommercial": True, **options})


# --- one result -------------------------------------------------------------------------------------------------------


def test_every_source_has_its_line_in_the_order_of_table_3(mirror):
    account = local(mirror).account
    assert account["source"].tolist() == list(SOURCES) and account["number"].tolist() == list(range(1, 24))
    assert account["paper"].sum() == 220_344


def test_every_row_leads_back_to_its_record(mirror):
    gathered = local(mirror)
    shapes = {path: (format, shape) for path, (_, format, shape, _) in data_replica.contents().items()}
    assert gathered.rows["id"].is_unique
    for row in gathered.rows.itertuples():
        format, shape = shapes[row.file]
        record = formats.records(mirror / row.file, format)[row.record - 1]
        found = [text for form, text, _ in records.SHAPES[shape](record) if form in ("", row.form)]
        assert any(text.startswith(row.input) or row.input == text for text in found), row.id


def test_embedded_rows_have_the_same_columns(mirror):
    ours, theirs = collect.embedded(0.001, 8, 0, 1), local(mirror)
    for name in ("rows", "evaluation", "held_out", "files", "account"):
        assert list(getattr(ours, name).columns) == list(getattr(theirs, name).columns), name
    assert (ours.account["rows"] > 0).all() and collect.sentence(ours.account) == "23 of 23 sources"


def test_the_hub_brings_what_the_mirror_brings(mirror, contents, monkeypatch, tmp_path):
    expected = local(mirror, protocol="paper")
    upstream = {}
    for entry in [*registry.sources().values(), *registry.benchmarks().values()]:
        for file in entry.files:
            for member in file.each():
                if file.upstream is not None and "!" not in file.upstream.path:
                    place = member.upstream_path or file.upstream.path
                    upstream[file.upstream.repo, file.upstream.commit, place] = contents[member.path]
    with HubServer({}, github=upstream) as server:
        for name, value in (server.environment | {"ASSL_CACHE": str(tmp_path), "HF_HOME": str(tmp_path)}).items():
            monkeypatch.setenv(name, value)
        found = collect.gather("hub", protocol="paper")
        asked = len(server.requests)
        collect.gather("hub", protocol="paper")
        assert len(server.requests) == asked, "what is in the cache is not fetched again"
    columns = ["source", "form", "input", "output", "clean_input", "clean_output", "stand_in", "record"]
    reachable = expected.rows["source"].isin(found.rows["source"])
    pd.testing.assert_frame_equal(
        found.rows[columns].reset_index(drop=True), expected.rows.loc[reachable, columns].reset_index(drop=True)
    )
    cfleb = expected.evaluation[expected.evaluation["benchmark"] == "cfleb"]
    pd.testing.assert_frame_equal(found.evaluation, cfleb.reset_index(drop=True))
    assert found.files["revision"].str.fullmatch("[0-9a-f]{40}").all()


def test_a_published_copy_is_mended_into_the_original(mirror, contents, monkeypatch, tmp_path):
    """flare-zh-afqmc from the hub: swapped answers under `paper`, AFQMC's under `clean`."""
    originals = [json.loads(line) for line in contents["raw/afqmc/dev.json"].decode().splitlines()]
    name = ("ChanceFocus/flare-zh-afqmc", "afqmc_test.json")
    published = [
        {"id": i, "text": f"{r['sentence1']}\n{r['sentence2']}", "answer": {"1": "否", "0": "是"}[r["label"]]}
        for i, r in enumerate(originals)
    ]
    entry = next(iter([e for s, e in registry.sources().items() if s == "afqmc"]))
    hub_file = registry_entries.File(
        "hub", name[1], "json", "flare", "same", entry.licence, repo=name[0], rows=len(originals)
    )
    only = {"afqmc": dataclasses.replace(entry, files=(hub_file,))}
    monkeypatch.setattr(registry, "sources", lambda: only)
    monkeypatch.setattr(registry, "benchmarks", dict)
    with HubServer({name: json.dumps(published, ensure_ascii=False).encode()}) as server:
        for key, value in (server.environment | {"ASSL_CACHE": str(tmp_path), "HF_HOME": str(tmp_path)}).items():
            monkeypatch.setenv(key, value)
        rows = collect.gather("hub").rows
        revision = collect.gather("hub").files["revision"][0]
        assert revision == server.head(name[0])
    right = [{"1": "是", "0": "否"}[r["label"]] for r in originals]
    assert rows["clean_output"].tolist() == right
    assert all(a != b for a, b in zip(rows["output"], right, strict=True))


def test_families_and_archives_come_from_the_hub(mirror, contents, monkeypatch, tmp_path):
    """FinanceIQ by the hub's own list of its files, FinEval out of its archive."""
    expected = local(mirror, protocol="paper")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as pack:
        for path, content in contents.items():
            if path.startswith("raw/fineval-questions/") and path.endswith(".csv"):
                pack.writestr(path.removeprefix("raw/fineval-questions/"), content)
    files = {("SUFE-AIFLM-Lab/FinEval", "FinEval.zip"): packed.getvalue()}
    for path, content in contents.items():
        if path.startswith("raw/financeiq/"):
            files["Duxiaoman-DI/FinanceIQ", path.replace("raw/financeiq", "data")] = content

    def unpinned(entry):
        on_hub = [file for file in entry.files if file.way == "hub"]
        return dataclasses.replace(entry, files=tuple(dataclasses.replace(f, revision=None, rows=None) for f in on_hub))

    exam = {"financeiq": unpinned(registry_reading.read(registry.FILE)["source"]["financeiq"])}
    questions = {"fineval": unpinned(registry_reading.read(registry.FILE)["benchmark"]["fineval"])}
    monkeypatch.setattr(registry, "sources", lambda: exam)
    monkeypatch.setattr(registry, "benchmarks", lambda: questions)
    with HubServer(files) as server:
        for name, value in (server.environment | {"ASSL_CACHE": str(tmp_path), "HF_HOME": str(tmp_path)}).items():
            monkeypatch.setenv(name, value)
        found = collect.gather("hub", accept_noncommercial=True)
    theirs = expected.rows[expected.rows["source"] == "financeiq"]
    assert sorted(found.rows["input"] + found.rows["output"]) == sorted(theirs["input"] + theirs["output"])
    of_exam = expected.evaluation[expected.evaluation["benchmark"] == "fineval"]
    columns = ["id", "input", "reference", "subject", "group"]
    left, right = (frame[columns].sort_values("id").reset_index(drop=True) for frame in (found.evaluation, of_exam))
    pd.testing.assert_frame_equal(left, right)
    assert found.held_out["use"].value_counts().to_dict() == (
        expected.held_out.loc[expected.held_out["benchmark"] == "fineval", "use"].value_counts().to_dict()
    )


# --- what is missing, what stands in ----------------------------------------------------------------------------------


def test_clean_reads_a_stand_in_beside_the_list_it_drops_and_paper_the_list_alone(mirror):
    clean, paper, bare = local(mirror), local(mirror, protocol="paper"), local(mirror, stand_ins=False)
    name = "fincuge-finfe/train_list.json"
    rows = clean.rows[clean.rows["source"] == "fe"]
    assert set(rows["stand_in"]) == {"", name}
    assert set(paper.rows.loc[paper.rows["source"] == "fe", "stand_in"]) == {""}
    assert "fincqa" in collect.sentence(clean.account) and not (bare.rows["stand_in"] == name).any()
    assert bare.account.set_index("source").loc["fincqa", "status"] == "missing"
    assert "missing: " in collect.sentence(bare.account) and "fincqa" in collect.sentence(bare.account)


def test_every_task_keeps_rows_under_clean_by_its_stand_ins(mirror):
    rows = local(mirror).rows
    dropped = {slug for slug, entry in registry.sources().items() if entry.clean == "drop"}
    left = rows[~(rows["source"].isin(dropped) & (rows["stand_in"] == ""))]
    assert set(left["task"]) == {source.task for source in SOURCES.values()}
    assert set(left.loc[left["subtask"] == "negative_news", "form"]) == {"judge", "subject"}


def test_a_source_that_cannot_be_had_is_reported_with_what_to_do(mirror):
    line = local(mirror).account.set_index("source").loc["stockb"]
    assert line["rows"] == 0 and line["status"] == "missing" and line["note"].startswith("not in the mirror")
    (mirror / "raw/bq-corpus/BQ.valid.data").unlink()
    line = local(mirror).account.set_index("source").loc["corpus"]
    assert line["rows"] == 0 and "BQ.valid.data: not under data_root" in line["note"]
    with pytest.raises(UnavailableError, match=r"allow_missing is false[^$]*flare-zh-corpus: raw/bq-corpus/BQ"):
        local(mirror, allow_missing=False)


def test_a_licence_against_commercial_use_needs_the_switch(mirror):
    gathered = local(mirror, accept_noncommercial=False, waived=["fineval"])
    lines = gathered.account.set_index("source")
    for slug in ("financeiq", "fineval", "corpus", "fincorpus"):
        assert lines.loc[slug, "rows"] == 0 and "set accept_noncommercial=true" in lines.loc[slug, "note"], slug
    assert "fineval" not in set(gathered.evaluation["benchmark"])


def test_a_benchmark_must_be_there(mirror):
    (mirror / "raw/fincuge-finnl/eval_list.json").unlink()
    with pytest.raises(UnavailableError, match=r"the benchmark FinNL is not available: raw/fincuge-finnl/eval_list"):
        local(mirror)


def test_clean_stops_where_a_split_is_missing_unless_it_is_waived_by_name(mirror):
    (mirror / "raw/fincuge-finnl/problem_list.json").unlink()
    for path in (mirror / "raw/fineval-questions/dev").glob("*.csv"):
        path.unlink()
    with pytest.raises(UnavailableError) as raised:
        local(mirror)
    said = str(raised.value)
    assert "NL/unanswered, fineval/shots cannot be read (raw/fincuge-finnl/problem_list.json: not under" in said
    assert said.endswith("or go on without by name, waived_splits=NL/unanswered,fineval/shots")
    with pytest.raises(UnavailableError, match=r"and fineval/shots cannot be read .*waived_splits=fineval/shots$"):
        local(mirror, waived=["NL/unanswered"])
    for waived in (["NL/unanswered", "fineval/shots"], ["fineval", "NL/unanswered"]):
        gathered = local(mirror, waived=waived)
        assert gathered.unsearched == ("NL/unanswered", "fineval/shots")
        assert collect.sentence(gathered.account, gathered.unsearched).endswith(
            "; not searched for leaks, for they are not there: NL/unanswered, fineval/shots"
        )
    assert local(mirror, protocol="paper").unsearched == ("NL/unanswered", "fineval/shots")


def test_a_licence_is_no_way_round_the_waiver(mirror):
    with pytest.raises(UnavailableError, match=r"fineval/scored, fineval/shots, fineval/unanswered .*accept_noncomm"):
        local(mirror, accept_noncommercial=False)
    assert local(mirror).unsearched == ()


def test_what_is_scored_is_not_waived_and_a_slip_is_named(mirror):
    with pytest.raises(DataError, match=r"waived_splits: 'NL/scored' is no split; nearest is 'NL/un"):
        local(mirror, waived=["NL/scored"])


# --- what is wrong ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("way", "root", "options", "message"), [
    ("web", "", {}, "data is one of 'embedded', 'local', 'hub', not 'web'"),
    ("local", "", {}, 'data="local" needs data_root'),
    ("local", "no/such/folder", {}, "data_root=no/such/folder: there is no folder raw/ in it, so it is no mirror"),
    ("local", "", {"protocol": "strict"}, "the protocol is 'clean' or 'paper', not 'strict'"),
])  # fmt: skip
def test_a_wrong_parameter_is_named(way, root, options, message):
    with pytest.raises(DataError, match=message):
        collect.gather(way, root, **options)


def test_wrong_bytes_stop_the_run(mirror):
    path = mirror / "raw/astock/test.csv"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(
        DataError, match=r"raw/astock/test.csv: wrong bytes: sha256 \w{12}…, the registry expects \w{12}…"
    ):
        local(mirror)


def test_fewer_records_than_the_registry_expects_stop_the_run(mirror, monkeypatch):
    entries = registry.sources()
    entry = entries["stocka"]
    short = tuple(dataclasses.replace(file, rows=file.rows + 1) for file in entry.files)
    held = entries | {"stocka": dataclasses.replace(entry, files=short)}
    monkeypatch.setattr(registry, "sources", lambda: held)
    with pytest.raises(DataError, match=r"raw/astock/test.csv: \d+ records where the registry expects \d+: truncated"):
        local(mirror)


def test_a_record_that_cannot_be_right_is_named(mirror, contents, monkeypatch):
    rows = json.loads(contents["raw/fincuge-finre/train_list.json"])
    rows[2][2] = "同盟"
    (mirror / "raw/fincuge-finre/train_list.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    held = data_replica.as_held(registry.sources(), mirror)
    monkeypatch.setattr(registry, "sources", lambda: held)
    with pytest.raises(DataError, match=r"finre/train_list.json, record 3: '同盟' is none of the 44 relations"):
        local(mirror)


@pytest.mark.parametrize("scale", [0, -1, 1.5])
def test_a_share_must_be_a_share(scale):
    with pytest.raises(DataError, match="scale is the share of each source's rows"):
        collect.sample(pd.DataFrame({"source": ["a"]}), scale, 1, 0)


# --- samples, quotations ----------------------------------------------------------------------------------------------


def test_a_sample_keeps_the_share_the_floor_and_the_order():
    rows = pd.DataFrame({"source": ["big"] * 200 + ["small"] * 5, "id": range(205)})
    drawn = collect.sample(rows, 0.1, 8, seed=1)
    assert drawn["source"].value_counts().to_dict() == {"big": 20, "small": 5}
    assert drawn["id"].is_monotonic_increasing
    pd.testing.assert_frame_equal(drawn, collect.sample(rows, 0.1, 8, seed=1))
    assert set(drawn["id"]) != set(collect.sample(rows, 0.1, 8, seed=2)["id"])
    pd.testing.assert_frame_equal(collect.sample(rows, 1, 8, seed=1), rows)
    left = sorted(set(rows["id"]) - set(drawn["id"]))[:3]
    more = collect.sample(rows, 0.1, 8, seed=1, always=[*left, drawn["id"].iloc[0]])
    assert more["id"].tolist() == sorted([*drawn["id"], *left]), "what is asked stays, beside the share"


def test_only_what_a_licence_allows_is_quoted(mirror):
    gathered = local(mirror)
    may = collect.quotable(gathered.rows, gathered.files)
    by_source = may.groupby(gathered.rows["source"]).agg(["min", "max"])
    assert by_source.loc["financeiq"].all() and not by_source.loc["fe"].any() and not by_source.loc["corpus"].any()
    ours = collect.embedded(0.001, 8, 0, 1)
    assert collect.quotable(ours.rows, ours.files).all()


# --- benchmarks -------------------------------------------------------------------------------------------------------


def test_every_reference_can_be_read_and_the_two_tasks_of_finnsp_share_their_texts(mirror):
    evaluation = local(mirror).evaluation
    for row in evaluation.itertuples():
        assert parsing.parse(row.task, row.reference)[1], (row.id, row.reference)
    texts = {task: set(group["input"]) for task, group in evaluation.groupby("task")}
    assert texts["NSP1"] == texts["NSP2"]
    assert evaluation["id"].is_unique and (evaluation["reference"] != "").all()


def test_asked_and_others_are_the_whole_of_the_benchmarks(mirror):
    gathered = local(mirror)
    worded = gathered.evaluation.assign(instruction="问")
    asked, others = collect.ask(worded, gathered.held_out, 2, seed=1)
    assert asked.groupby("task")["id"].count().max() == 2 and asked.index.is_monotonic_increasing
    assert list(asked.columns) == list(worded.columns) and list(others.columns) == list(gathered.held_out.columns)
    whole = pd.concat([gathered.evaluation.assign(use="not asked"), gathered.held_out])
    pd.testing.assert_frame_equal(
        pd.concat([asked.drop(columns="instruction").assign(use="not asked"), others]).sort_values(
            "id", ignore_index=True
        ),
        whole.sort_values("id", ignore_index=True),
    )
    pd.testing.assert_frame_equal(asked, collect.ask(worded, gathered.held_out, 2, seed=1)[0])
    assert set(asked["id"]) != set(collect.ask(worded, gathered.held_out, 2, seed=2)[0]["id"])
    everything, others = collect.ask(worded, gathered.held_out)
    pd.testing.assert_frame_equal(everything, worded)
    pd.testing.assert_frame_equal(others, gathered.held_out)
    with pytest.raises(DataError, match=r"questions_per_task is how many questions of a task are asked.*not -1"):
        collect.ask(worded, gathered.held_out, -1)


def test_finre_has_one_question_for_all_relations_of_a_pair(mirror):
    evaluation = local(mirror).evaluation
    relations = evaluation[evaluation["task"] == "RE"]
    assert relations["input"].is_unique
    assert relations["reference"].str.split().map(len).max() > 1


def test_what_is_held_out_has_no_answer_or_is_a_shot(mirror):
    held_out = local(mirror).held_out
    assert set(held_out["use"]) == {"unanswered", "shots"}
    assert ((held_out["reference"] == "") == (held_out["use"] == "unanswered")).all()


def test_no_document_is_both_lent_and_scored(mirror):
    gathered = local(mirror, protocol="paper")
    for slug, task, subtask in (("finqa", "QA", "qa"), ("finna", "NA", "summary")):
        lent = gathered.rows[gathered.rows["source"] == slug]
        scored = gathered.evaluation[gathered.evaluation["task"] == task]
        assert all(benchmarks.lent(subtask, text) for text in lent["input"])
        assert not any(benchmarks.lent(subtask, text) for text in scored["input"])


def test_documents_are_parted_four_to_one_and_by_context():
    texts = [f"问题{i % 3}是什么？第{i // 3}篇文章的正文，讲的是{i // 3 * 7}件事。" for i in range(6000)]
    lent = [benchmarks.lent("qa", text) for text in texts]
    assert all(lent[i] == lent[i + 1] == lent[i + 2] for i in range(0, 6000, 3))
    assert 0.77 < sum(lent) / 6000 < 0.83


# --- the real files ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    if data_replica.mirror() is None:
        pytest.skip("no mirror: set ASSL_DATA_ROOT to its folder")
    return collect.gather("local", data_replica.mirror(), accept_noncommercial=True)


def test_the_real_mirror_gives_22_of_23_sources(real):
    assert collect.sentence(real.account).endswith("missing: stockb")
    counts = real.account.set_index("source")["rows"]
    assert counts[["stocka", "finnl", "nl", "nl2", "na", "finre", "corpus", "afqmc", "fineval"]].tolist() == [
        1477, 7071, 884, 884, 3600, 13486, 10000, 4316, 1056,
    ]  # fmt: skip
    paper = collect.gather("local", data_replica.mirror(), accept_noncommercial=True, protocol="paper").account
    assert paper.set_index("source")["rows"][["fe", "nsp"]].tolist() == [2020, 500]


def test_the_real_benchmarks_are_those_of_the_readme(real):
    assert real.evaluation["task"].value_counts()[["FE", "RE", "NSP1", "NSP2", "NL", "exam"]].tolist() == [
        2020, 1353, 500, 500, 883, 1151,
    ]  # fmt: skip
    assert real.evaluation.groupby("group")["id"].count().to_dict() == {
        "": 6467, "Accounting": 305, "Certificate": 334, "Economy": 207, "Finance": 305,
    }  # fmt: skip
    assert (real.held_out["task"] == "exam").sum() == 3340 + 170
    for row in real.evaluation.itertuples():
        assert parsing.parse(row.task, row.reference)[1], (row.id, row.reference)
