"""What a reader can touch: A-DBSCAN step by step, and the router, which must decide as `Router.route` does."""

import base64
import json
import re
import shutil
from pathlib import Path

import explored_run
import numpy as np
import pytest

from assl_utils import store
from assl_utils.book import sphinx
from assl_utils.book.explore import files, page, scripts
from assl_utils.routing.router import Router
from assl_utils.space.encoder import embed
from assl_utils.tasks import wordings

ROOT = Path(__file__).resolve().parents[2]
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>page</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="{policy}"><link rel="stylesheet" href="_static/touch.css">
<style>html {{ --pst-color-text-base: #222; --pst-color-text-muted: #555; --pst-color-background: #fff; }}</style>
{scripts}</head><body><main><figure id="fig-walk"><img src="{picture}" alt="still" width="300"></figure>
<figure id="fig-explore-map"><img src="{picture}" alt="still" width="300"></figure>
{parts}</main></body></html>"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return explored_run.make(tmp_path_factory.mktemp("explored") / "runs/cpu")


@pytest.fixture(scope="module")
def site(run, tmp_path_factory):
    """The parts of the page as the book has them, without the book around."""
    source, site = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("site")
    page.write(run, source)
    shutil.copytree(ROOT / "book/_touch", site / "_static")
    shutil.copytree(source / scripts.FOLDER, site / "_static/data")
    shutil.copy(source / page.PICTURE, site)
    text = (source / "explore.md").read_text(encoding="utf-8")
    parts = "\n".join(re.findall(r"```\{raw\} html\n(.*?)```", text, re.S))
    named = "".join(f'<script src="_static/{name}"></script>' for name in sphinx.TOUCHED["explore"])
    whole = PAGE.format(policy=sphinx.POLICY, scripts=named, picture=page.PICTURE, parts=parts)
    (site / "explore.html").write_text(whole, encoding="utf-8")
    return site


def opened(reader):
    shown = reader.open("explore.html")
    shown.wait_for_selector("#walk-step")
    return shown


IMAGE = "c => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(c.toDataURL()))))"


def is_drawn(canvas):
    """Whether a canvas shows anything."""
    blank = "c => Object.assign(document.createElement('canvas'), { width: c.width, height: c.height }).toDataURL()"
    return canvas.evaluate(IMAGE) != canvas.evaluate(blank)


# --- A-DBSCAN, step by step ---


def test_each_step_says_what_the_algorithm_found(site, read):
    shown = opened(read(site, **DESK))
    walks = scripts.read(site / "_static/data/walk.js")
    for number, walk in enumerate(walks):
        shown.select_option("#walk-points", str(number))
        n = len(walk["point"])
        for step in (1, 2, n // 2, n - 1, n):
            shown.locator("#walk-step").fill(str(step))
            p = walk["point"][step - 1]
            joined = sum(0 <= at < step for at in walk["joined"])
            said = shown.inner_text(".touch-says")
            assert said.startswith(f"Place {walk['queue'].index(p) + 1} in the queue")
            assert f": {len(walk['near'][p])} point" in said
            assert f"Sub-clusters so far: {walk['kind'][:step].count('starts')}, with {joined} points" in said
            assert ("too few" in said) == (len(walk["near"][p]) < walk["minpts"][step - 1])


def test_slider_and_buttons_work_by_keyboard(site, read):
    shown = opened(read(site, **DESK))
    n = len(scripts.read(site / "_static/data/walk.js")[0]["point"])
    shown.focus("#walk-points")
    shown.keyboard.press("Tab")
    shown.keyboard.press("ArrowRight")
    assert shown.inner_text("output") == f"1 of {n}"
    shown.keyboard.press("End")
    assert shown.inner_text("output") == f"{n} of {n}"
    for name, wanted in (("Back", n - 1), ("Next", n), ("Next sub-cluster", n), ("Play", None)):
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.textContent") == name
        shown.keyboard.press("Enter")
        if wanted:
            assert shown.inner_text("output") == f"{wanted} of {n}"
    assert shown.evaluate("document.activeElement.textContent") == "Pause"
    shown.keyboard.press("Enter")
    assert shown.evaluate("document.activeElement.textContent") == "Play"


def test_the_next_subcluster_is_where_one_starts(site, read):
    shown = opened(read(site, **DESK))
    kinds = scripts.read(site / "_static/data/walk.js")[0]["kind"]
    for at in [i for i, kind in enumerate(kinds) if kind == "starts"][:4]:
        shown.click("text=Next sub-cluster")
        assert shown.inner_text("output").startswith(f"{at + 1} of")


def test_the_drawing_takes_the_place_of_the_still_picture_in_both_themes(site, read):
    shown = opened(read(site, **DESK))
    plane = shown.locator("canvas").first
    assert shown.locator("#fig-walk").is_hidden() and is_drawn(plane)
    shown.click("text=To the end")
    light = plane.evaluate(IMAGE)
    shown.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert plane.evaluate(IMAGE) != light


def test_without_scripts_the_still_picture_is_there_and_no_broken_part(site, read):
    shown = read(site, **DESK, java_script_enabled=False).open("explore.html")
    assert shown.locator("#fig-walk").is_visible() and shown.locator("[data-touch=walk]").is_hidden()
    assert "needs scripts" in shown.inner_text("noscript")


# --- the map ---


def mapped(reader):
    shown = opened(reader)
    shown.wait_for_selector("#map-color")
    return shown, shown.locator("[data-touch=map] canvas"), shown.locator("[data-touch=map] .touch-says")


def test_the_map_says_what_is_known_of_the_row_that_one_points_at(site, run, read):
    shown, canvas, says = mapped(read(site, **DESK))
    assert shown.locator("#fig-explore-map").is_hidden() and "Point at a row" in says.inner_text()
    canvas.focus()
    shown.keyboard.press("+")
    said = says.inner_text()
    row = re.match(r"sub-task: (.+) · cluster: (\d) · source: (\w+) · selection: (.+) · (density|a copy)", said)
    chosen = store.read_table(run / files.STAGE1 / "chosen.parquet")
    rows = store.read_table(run / files.WORDINGS / "rows.parquet")
    same = (rows["subtask"] == row[1].replace(" ", "_")) & (rows["source"] == row[3])
    assert (same & (chosen["cluster"] == int(row[2]))).any()
    shown.mouse.move(2, 2)
    canvas.hover(position={"x": 5, "y": 5})
    assert "Point at a row" in says.inner_text(), "an empty corner"


def test_the_map_is_coloured_by_each_column_and_shows_one_group(site, read):
    shown, canvas, _ = mapped(read(site, **DESK))
    seen = set()
    for name in ("sub-task", "cluster", "source", "selection", "density"):
        shown.select_option("#map-color", name)
        seen.add(canvas.evaluate(IMAGE))
    assert len(seen) == 5
    count = sum(int(re.search(r"\((\d+)\)", text)[1]) for text in shown.locator(".touch-only").all_inner_texts())
    assert count == len(scripts_x(site)) and shown.locator(".touch-only").count() >= 5
    all_of_it = canvas.evaluate(IMAGE)
    only = shown.locator(".touch-only").first
    only.press("Enter")
    assert only.get_attribute("aria-pressed") == "true" and canvas.evaluate(IMAGE) != all_of_it
    only.press("Enter")
    assert only.get_attribute("aria-pressed") == "false" and canvas.evaluate(IMAGE) == all_of_it


def scripts_x(site):
    return np.frombuffer(base64.b64decode(scripts.read(site / "_static/data/map.js")["x"]), "<i2")


def test_the_map_zooms_moves_and_comes_back(site, read):
    shown, canvas, _ = mapped(read(site, **DESK))
    views = [canvas.evaluate(IMAGE)]
    shown.click("text=Zoom in")
    views.append(canvas.evaluate(IMAGE))
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    shown.mouse.move(box["x"] + 300, box["y"] + 200)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 200, box["y"] + 150)
    shown.mouse.up()
    shown.mouse.move(2, 2)
    views.append(canvas.evaluate(IMAGE))
    assert len(set(views)) == 3
    shown.click("text=Whole map")
    shown.mouse.move(2, 2)
    assert canvas.evaluate(IMAGE) == views[0]
    before = shown.evaluate("scrollY")
    canvas.hover()
    shown.mouse.wheel(0, 200)
    shown.wait_for_timeout(300)
    assert shown.evaluate("scrollY") != before or shown.evaluate("innerHeight >= document.body.scrollHeight")


# --- where would your question go ---


def test_the_browser_routes_200_questions_as_the_router_does(site, run, read):
    asked = wordings.prompts(store.read_table(run / files.DATA / "eval.parquet"))
    router = Router.from_dir(run / files.ROUTING / "router")
    assert len(asked) == 200 and set(explored_run.ODD) <= set(asked)
    shown = opened(read(site, **DESK))
    found = shown.evaluate(
        "async (texts) => { await Touch.router.ready(); return texts.map((text) => "
        "({ ...Touch.router.choose(Touch.router.vector(text)), tokens: Touch.router.tokens(text) })) }",
        asked,
    )
    ids = [one.ids for one in router.encoder.tokenizer.encode_batch(asked, add_special_tokens=False)]
    assert [one["tokens"] for one in found] == ids
    assert [one["expert"] for one in found] == router.route(asked)["expert"].tolist()
    wanted = router.distances(embed(asked, router.encoder, router.prompt))
    np.testing.assert_allclose([one["distances"] for one in found], wanted, atol=1e-4)
    assert len({one["expert"] for one in found}) > 1


def test_a_question_is_answered_with_expert_distances_rows_and_records(site, run, read):
    router = Router.from_dir(run / files.ROUTING / "router")
    rows = store.read_table(run / files.WORDINGS / "rows.parquet")
    text = rows["input"][40]
    expert = router.route([text])["expert"][0]
    shown = opened(read(site, **DESK))
    assert not shown.evaluate("'encoder' in Touch.data"), "it is loaded when it is asked for"
    shown.fill("#question-text", text)
    shown.click("text=Where does it go?")
    shown.wait_for_selector(".touch-table")
    part = shown.locator("[data-touch=question]")
    assert part.locator(".touch-says").inner_text().startswith(f"It goes to {expert}:")
    distances, near, recorded = (part.locator(".touch-table").nth(i).inner_text() for i in range(3))
    assert all(name in distances for name in router.names) and f"{expert} ← nearest" in distances
    assert text in near and f"{expert} 说积极" in recorded and is_drawn(part.locator("canvas"))


def test_text_of_a_row_is_text(site, read):
    shown = opened(read(site, **DESK))
    shown.fill("#question-text", explored_run.HOSTILE)
    shown.press("#question-text", "Control+Enter")
    shown.wait_for_selector(".touch-table")
    assert explored_run.HOSTILE in shown.locator(".touch-table").nth(1).inner_text()
    assert shown.evaluate("window.stolen") is None and shown.locator(".touch img").count() == 0


def test_an_empty_question_asks_for_one(site, read):
    shown = opened(read(site, **DESK))
    shown.fill("#question-text", "  \n ")
    shown.click("text=Where does it go?")
    assert "Type a question first" in shown.inner_text("[data-touch=question] .touch-says")


def test_a_piece_that_is_missing_is_named(site, visit, serve, tmp_path):
    broken = shutil.copytree(site, tmp_path / "broken")
    (broken / "_static/data/rows.js").unlink()
    shown = opened(visit(serve(broken), **DESK))
    shown.click("text=Take an example")
    shown.wait_for_selector("[data-touch=question] .touch-says:has-text('rows.js cannot be loaded')")
    assert shown.locator(".touch-table").count() == 0


def test_the_parts_work_in_a_page_opened_from_a_folder(site, chromium):
    shown = chromium.new_page()
    shown.goto((site / "explore.html").as_uri())
    shown.click("text=Take an example")
    shown.wait_for_selector(".touch-table")
    assert shown.inner_text("output").startswith("0 of")
    shown.close()


def test_a_phone_scrolls_nothing_sideways_and_no_piece_is_too_large(site, read):
    shown = opened(read(site, **PHONE))
    shown.click("text=Take an example")
    shown.wait_for_selector(".touch-table")
    assert shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    assert (site / "_static/data/encoder.js").stat().st_size <= 3e6


# --- the real book ---


def test_the_page_of_the_book_routes_as_its_run_does(book, read):
    run = ROOT / "runs" / json.loads((book / ".book.json").read_text(encoding="utf-8"))["run"]
    if not files.finished(run, files.QUESTION) or not (book / "_static/data/encoder.js").exists():
        pytest.skip(f"{run.name} has not reached chapter 7, or has another encoder")
    asked = wordings.prompts(store.read_table(run / files.DATA / "eval.parquet"))[::5][:200]
    shown = opened(read(book, **DESK))
    found = shown.evaluate(
        "async (texts) => { await Touch.router.ready(); return texts.map((text) => "
        "Touch.router.choose(Touch.router.vector(text)).expert) }",
        asked,
    )
    assert found == Router.from_dir(run / files.ROUTING / "router").route(asked)["expert"].tolist()
