"""The page to try things out: what it shows of a run, and what it may not show."""

import base64
import html
import json
import re

import explored_run
import numpy as np
import pytest

from assl_utils import store
from assl_utils.book import build
from assl_utils.book.explore import files, page, question, rows_map, scripts, walk
from assl_utils.selection import adbscan
from assl_utils.tasks import wordings


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explored_run.make(tmp_path_factory.mktemp("explored") / "runs/cpu")


@pytest.fixture(scope="module")
def source(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("source")
    page.write(run, folder)
    return folder


def data(source, name):
    return scripts.read(source / scripts.FOLDER / f"{name}.js")


def unpacked(piece, kind):
    return np.frombuffer(base64.b64decode(piece), kind)


def text(source):
    return (source / "explore.md").read_text(encoding="utf-8")


def test_a_run_of_all_chapters_has_all_parts(source, run):
    found = text(source)
    assert found.startswith("(explore)=\n# ") and (source / page.PICTURE).stat().st_size > 10_000
    assert re.findall(r'data-touch="(\w+)"', found) == ["walk", "map", "question"] and "has not reached" not in found
    assert f"{len(store.read_table(run / files.WORDINGS / 'rows.parquet')):,} training rows" in found
    asked = json.loads(html.unescape(re.search(r'data-examples="(.*?)"', found)[1]))
    assert 1 < len(asked) <= question.EXAMPLES
    assert set(asked) <= set(wordings.prompts(store.read_table(run / files.DATA / "eval.parquet")))


def test_a_run_of_no_chapter_has_the_clouds_and_says_what_is_missing(tmp_path):
    page.write(tmp_path / "runs/blank", tmp_path)
    found = text(tmp_path)
    assert re.findall(r'data-touch="(\w+)"', found) == ["walk"]
    assert "`make 04`" in found and "`make 07`" in found and "`blank`" in found
    assert [path.name for path in (tmp_path / scripts.FOLDER).iterdir()] == ["walk.js"]
    assert len(data(tmp_path, "walk")) == 2


@pytest.mark.parametrize("other", [{"data": "hub"}, {"encoder": "owner/encoder"}])
def test_rows_of_others_and_large_encoders_are_not_shown(tmp_path, other):
    run = explored_run.make(tmp_path / "runs/small", **other)
    page.write(run, tmp_path)
    assert "has other data or another encoder" in text(tmp_path)
    assert sorted(path.name for path in (tmp_path / scripts.FOLDER).iterdir()) == ["map.js", "walk.js"]
    assert ("texts" in data(tmp_path, "walk")[-1]) == ("data" not in other)


def test_the_clouds_are_those_of_chapter_4():
    chapter = json.loads((store.root() / "notebooks/04_adbscan.ipynb").read_text(encoding="utf-8"))
    cell = next("".join(c["source"]) for c in chapter["cells"] if "clouds = np.concatenate" in "".join(c["source"]))
    made = {"np": np}
    exec("\n".join(cell.splitlines()[:3]), made)
    assert np.array_equal(made["clouds"], walk.clouds())
    assert f"adbscan.adbscan(clouds, k={walk.CLOUDS_K}, " in cell


def test_what_the_page_draws_ends_at_the_labels_of_the_kernel(source, run):
    clouds = walk.clouds()
    wanted = [adbscan.adbscan(clouds, walk.CLOUDS_K, rule).labels.tolist() for rule in walk.RULES]
    *of_clouds, real = data(source, "walk")
    assert [one["label"] for one in of_clouds] == wanted
    chosen = store.read_table(run / files.STAGE1 / "chosen.parquet")
    cluster = int(re.search(r"cluster (\d+)", real["title"])[1])
    mine = chosen[(chosen["cluster"] == cluster) & (chosen["id"] != "row-00000")]  # which the map leaves out
    vectors = store.read_array(run / files.CLUSTERING / "vectors.npy")[mine.index]
    vectors = vectors[adbscan.unique_points(vectors)[0]][: walk.MOST]
    assert real["label"] == adbscan.adbscan(vectors, explored_run.K).labels.tolist()
    each = chosen[chosen["subcluster"] >= 0].groupby("cluster")["subcluster"].nunique()
    assert each[cluster] == each.max()


def test_a_point_joins_at_the_step_that_reached_it(source):
    for one in data(source, "walk"):
        for p, at in enumerate(one["joined"]):
            if at >= 0:
                assert p in one["near"][one["point"][at]] and one["kind"][at] in ("starts", "grows")
                assert one["label"][p] == one["label"][one["point"][at]]


def test_the_books_digest_changes_with_what_the_page_reads(run):
    before = build.digest_of(store.root(), run)
    inputs = build.inputs(store.root(), run)
    assert set(files.reads(run)) <= set(inputs) and len(files.reads(run)) == 7
    assert {"map.js", "question.py", "rows_map.py", "steps.py", "walk.js"} <= {path.name for path in inputs}
    manifest = files.manifest(run, files.EVALUATION)
    was = manifest.read_bytes()
    manifest.write_bytes(was + b" ")
    assert build.digest_of(store.root(), run) != before
    manifest.write_bytes(was)


def test_vectors_in_whole_numbers_are_off_by_half_a_step_at_most():
    vectors = np.random.default_rng(0).normal(size=(50, 7)) * np.logspace(-3, 3, 50)[:, None]
    for bits in (8, 16):
        packed = question.whole_numbers(vectors, bits)
        whole, scale = unpacked(packed["vectors"], f"<i{bits // 8}"), unpacked(packed["scale"], "<f4")
        back = whole.reshape(50, 7) * scale[:, None]
        step = np.abs(vectors).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
        assert (np.abs(back - vectors) <= 0.5001 * step).all() and np.abs(whole).max() == 2 ** (bits - 1) - 1


def test_an_encoder_that_the_browser_cannot_play_is_refused(run):
    from assl_utils.space.encoder import load_encoder

    model = load_encoder(run / files.CLUSTERING / "encoder")
    assert question.encoder(model)["dim"] == 16
    words = json.loads(model.tokenizer.to_str())
    assert question._is_known(words)
    for change in (
        {"normalizer": {"type": "NFKC"}},
        {"pre_tokenizer": None},
        {"model": words["model"] | {"byte_fallback": True}},
        {"model": words["model"] | {"type": "WordPiece"}},
        {"added_tokens": [words["added_tokens"][0] | {"lstrip": True}]},
    ):
        assert not question._is_known(words | change), change


def test_the_rows_say_what_each_experts_cluster_mostly_holds(source, run):
    rows = data(source, "rows")
    table = store.read_table(run / files.WORDINGS / "rows.parquet")
    for c, said in enumerate(rows["mostly"]):
        mine = table["subtask"][np.array(rows["cluster"]) == c]
        name, share = re.match(r"([a-z ]+) (\d+)%", said).groups()
        assert (mine == name.replace(" ", "_")).mean() == pytest.approx(int(share) / 100, abs=0.006)
    assert rows["mapped"] == list(range(1, len(table))) and len(rows["x"]) == len(table) - 1


def test_the_map_tells_of_each_row_what_the_chapters_left(source, run):
    shown = data(source, "map")
    table = store.read_table(run / files.WORDINGS / "rows.parquet").iloc[1:]  # the map leaves the first one out
    columns = {}
    for column in shown["columns"]:
        columns[column["name"]] = [column["names"][code] for code in unpacked(column["codes"], "<u2")]
    assert columns["source"] == table["source"].tolist()
    assert columns["sub-task"] == table["subtask"].str.replace("_", " ").tolist()
    chosen = store.read_table(run / files.STAGE1 / "chosen.parquet").iloc[1:]
    assert columns["cluster"] == chosen["cluster"].astype(str).tolist()
    density = unpacked(shown["density"], "<f4")
    assert np.allclose(density, chosen["density"].fillna(-1), rtol=1e-6)
    selected = store.read_table(run / files.STAGE2 / "selected.parquet").set_index("id")["stage"]
    wanted = [rows_map.CHOSEN[selected.get(name, 0)] for name in table["id"]]
    assert columns["selection"] == wanted and set(wanted) == set(rows_map.CHOSEN)


def test_the_map_keeps_the_places_and_one_scale_for_both_axes(source, run):
    shown, places = data(source, "map"), store.read_table(run / files.CLUSTERING / "map.parquet")
    x, y = (unpacked(shown[axis], "<i2").astype(float) for axis in "xy")
    assert max(np.ptp(x), np.ptp(y)) == 2 * rows_map.LONGEST and -x.min() == pytest.approx(x.max(), abs=1)
    for axis, kept in (("x", x), ("y", y)):
        assert np.corrcoef(kept, places[axis])[0, 1] > 0.999999
        assert np.ptp(kept) / np.ptp(places[axis]) == pytest.approx(np.ptp(x) / np.ptp(places["x"]), rel=1e-3)


def test_a_script_holds_its_value(tmp_path):
    value = {"text": '</script>"\u2028', "numbers": scripts.numbers([1 / 3, 2e-7])}
    path = scripts.write("some", value, tmp_path)
    assert scripts.read(path) == value and path.read_text(encoding="utf-8").startswith('Touch.data["some"] = ')
    with pytest.raises(ValueError):
        scripts.write("some", [float("nan")], tmp_path)
