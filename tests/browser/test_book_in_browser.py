"""The book as a reader meets it: the sample book's laws, then every page of the real one."""

import re
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from reading import DESK, PHONE

ROOT = Path(__file__).resolve().parents[2]

# What a page must be, measured in the page itself.
MEASURE = """() => ({
  overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  wide: [...document.querySelectorAll(".bd-article *")].filter((e) => {
      if (!e.getClientRects().length || e.closest(".katex-mathml, .visually-hidden, .sr-only")) return false;
      for (let p = e; p && !p.classList.contains("bd-article"); p = p.parentElement)
        if (["auto", "scroll", "hidden"].includes(getComputedStyle(p).overflowX)) return false;
      return e.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
    }).map((e) => e.outerHTML.slice(0, 120)).slice(0, 5),
  unset: [...document.querySelectorAll("span.math, div.math")].filter((e) => !e.querySelector(".katex")).length,
  formulas: document.querySelectorAll("span.math .katex, div.math .katex").length,
  images: [...document.querySelectorAll(".bd-article img")].map((i) => ({
    alt: i.alt, width: i.naturalWidth, shown: i.getBoundingClientRect().width, done: i.complete })),
})"""


def until(page, expression, seconds=30):
    """Wait until an expression is true; the book's policy forbids Playwright's own way, an eval inside the page, from
    its second try on.
    """
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(50)


def measured(page):
    page.evaluate("document.querySelectorAll('img').forEach((i) => { i.loading = 'eager' })")
    until(page, "[...document.images].every((i) => i.complete)")
    return page.evaluate(MEASURE)


def follow(page, link):
    """Click a link and wait until the page it leads to is there to its last line: a click alone waits for the first."""
    with page.expect_navigation(wait_until="load"):
        page.click(link)


def results(page):
    """Names of the pages a search has found."""
    until(page, "document.querySelector('#search-results h2')?.innerText === 'Search Results'")
    links = page.eval_on_selector_all("#search-results li a", "all => all.map((a) => a.getAttribute('href'))")
    return [link.split("?")[0].split("#")[0] for link in links]


def search(reader, query):
    """The same by address."""
    return results(reader.open(f"search.html?q={quote(query)}"))


def test_a_reader_walks_from_the_intro_to_a_chapter_and_on(sample, read):
    page = read(sample, **DESK).open()
    page.wait_for_url("**/intro.html")
    follow(page, "nav.bd-links a:has-text('1 Data')")
    assert page.title().startswith("1 Data")
    follow(page, "a.right-next")
    assert page.inner_text("h1").startswith("2 Expansion")
    follow(page, "article a:has-text('1 Data')")  # a cross-reference in the text
    assert page.inner_text("h1").startswith("1 Data")


def test_a_figure_is_loaded_named_and_captioned(sample, read):
    page = read(sample, **DESK).open("01_data_collection.html")
    (image,) = measured(page)["images"]
    assert image["width"] == 900 and image["alt"].startswith("A wide rectangle")
    assert "Blue is what" in page.inner_text("#fig-blue figcaption")
    assert page.locator("article a:has-text('Fig. 1')").count() == 1  # its number in the prose


def test_a_reference_to_an_equation_shows_the_papers_number(sample, read):
    page = read(sample, **DESK).open("intro.html")
    assert page.inner_text("article a[href*='equation-density']") == "(7)"


def test_formulas_are_typeset_with_number_and_chinese(sample, read):
    page = read(sample, **DESK).open("01_data_collection.html")
    found = measured(page)
    assert found["formulas"] == 3 and found["unset"] == 0
    assert "密度" in page.inner_text(".formula .katex-html")
    assert page.locator(".formula .eqno").all_inner_texts() == [
        "(7)",
        "(8a)",
    ]  # the paper's number, beside the formula and not over it
    fonts = page.evaluate("document.fonts.ready.then((f) => [...f].filter((x) => x.status === 'loaded').length)")
    assert fonts > 0, "KaTeX's own fonts"
    assert page.locator("math").count() == 3  # for screen readers


def test_both_parameter_cells_are_shown_in_order(sample, read):
    text = read(sample, **DESK).open("01_data_collection.html").inner_text("article")
    places = [text.index(x) for x in ("the defaults", "k: int = 20", "This run, cpu, sets", "k = 5")]
    assert places == sorted(places)


def test_a_chapter_that_has_not_run_says_so(sample, read):
    assert "has not reached this chapter" in read(sample, **DESK).open("02_instruction_expansion.html").inner_text(
        "article"
    )


def test_a_table_of_results_is_sorted_by_a_click_on_a_columns_head(sample, read):
    page = read(sample, **DESK).open("01_data_collection.html")
    table = page.locator("table.dataframe", has_text="lead-1")

    def names():
        return table.locator("tbody th").all_inner_texts()

    printed = ["mix", "base", "lead-1", "all-data"]
    score = table.locator("thead th", has_text="score")
    assert names() == printed and score.get_attribute("aria-sort") == "none"
    for order, wanted in (
        ("descending", ["base", "mix", "all-data", "lead-1"]),  # numbers as numbers; what is not there stays last
        ("ascending", ["all-data", "mix", "base", "lead-1"]),
        ("none", printed),
    ):
        score.get_by_role("button").click()
        assert names() == wanted and score.get_attribute("aria-sort") == order
    table.get_by_role("button", name="rows").press("Enter")
    assert names() == ["mix", "all-data", "base", "lead-1"], "by keyboard, and 1,200 is more than 300"
    assert page.locator("table.dataframe thead th", has_text="column 3").first.get_attribute("aria-sort") is None


def test_text_from_data_is_text(sample, read):
    page = read(sample, **DESK).open("01_data_collection.html")
    assert page.evaluate("window.stolen") is None
    shown = page.inner_text("article")
    assert shown.count("<script>window.stolen = 1</script>") == 3  # two tables, one print
    assert "plain instead of html" in shown and "plain instead of markdown" in shown


def test_the_policy_holds_even_if_such_text_came_through(sample, read):
    """Nothing leaves the page even for markup that no filter saw: the browser itself refuses."""
    reader = read(sample, **DESK)
    page = reader.open("01_data_collection.html")
    page.evaluate("document.body.append(Object.assign(new Image(), {src: 'http://elsewhere.example/x.png'}))")
    until(page, "document.images[document.images.length - 1].complete")
    refused = [line for line in reader.wrong if "Content Security Policy" in line]
    assert refused and not [line for line in reader.wrong if "another host" in line]
    reader.wrong.clear()


def test_a_chinese_word_typed_into_the_search_box_finds_its_page(sample, read):
    page = read(sample, **DESK).open("intro.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("浮动利率")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html*")
    assert results(page) == ["01_data_collection.html"]
    page.click("#search-results li a")
    page.wait_for_url("**/01_data_collection.html*")


def test_searches_in_two_languages(sample, read):
    reader = read(sample, **DESK)
    page = ["01_data_collection.html"]
    expected = {
        "收益率上行": page,  # in an output
        "动利": page,  # across the words a dictionary would cut
        "债": page,
        "票据，久期": page,
        "word浮动利率": page,
        "densities": page,  # stemmed
        "火星房地产": [],
        "率利": [],
    }
    assert {query: search(reader, query) for query in expected} == expected


@pytest.mark.parametrize("name", ["intro.html", "01_data_collection.html"])
def test_chinese_shows_on_a_machine_without_a_chinese_font(sample, read, name):
    """Where the browser needed the book's font for one Chinese text, it drew every Chinese text with it: no boxes."""
    reader = read(sample, **DESK)
    page = reader.open(name)
    page.wait_for_timeout(300)
    inspector = reader.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        inspector.send(f"{domain}.enable")
    top = inspector.send("DOM.getDocument", {"depth": 0})["root"]["nodeId"]
    drawn = {}
    for node in inspector.send("DOM.querySelectorAll", {"nodeId": top, "selector": "article :is(p, pre, .mord)"})[
        "nodeIds"
    ]:
        source = inspector.send("DOM.getOuterHTML", {"nodeId": node})["outerHTML"]
        if any("\u4e00" <= c <= "\u9fff" for c in source):
            fonts = inspector.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
            drawn[source[-40:]] = any(font["familyName"] == "Noto Sans SC" and font["isCustomFont"] for font in fonts)
    assert len(drawn) >= 2 and len(set(drawn.values())) == 1, drawn


@pytest.mark.parametrize("name", ["intro.html", "01_data_collection.html", "search.html?q=利率"])
def test_a_phone_scrolls_no_page_sideways(sample, read, name):
    page = read(sample, **PHONE).open(name)
    found = measured(page)
    assert found["overflow"] <= 0 and found["wide"] == []
    assert all(image["shown"] <= 390 for image in found["images"])
    if name.startswith("01"):
        box = page.evaluate("(b => [b.scrollWidth, b.clientWidth])(document.querySelector('.table-scroll'))")
        assert box[0] > box[1], "a wide table scrolls inside its own box"


def test_a_phone_reaches_the_next_chapter_by_its_menu(sample, read):
    page = read(sample, **PHONE).open("intro.html")
    page.click("button.primary-toggle >> visible=true")
    page.click("nav.bd-links a:has-text('1 Data') >> visible=true")
    page.wait_for_url("**/01_data_collection.html")


def test_the_book_reads_from_a_folder_too(sample, chromium):
    """Opened as a file, without a server: formulas and figures are there."""
    page = chromium.new_page()
    page.goto((sample / "01_data_collection.html").as_uri())
    assert page.locator(".math .katex").count() == 3
    page.close()


# --- the real book ---


def pages(html):
    return sorted(p.name for p in html.glob("*.html") if p.name not in ("index.html", "search.html", "genindex.html"))


def test_every_page_of_the_book_is_whole(book, read):
    """Formulas set, figures loaded with a description, nothing asked from elsewhere, no error on the console."""
    reader = read(book, **DESK)
    faults = []
    for name in pages(book):
        found = measured(reader.open(name))
        faults += [f"{name}: {found['unset']} formulas not typeset"] if found["unset"] else []
        faults += [f"{name}: picture {i} not loaded" for i, x in enumerate(found["images"]) if not x["width"]]
        faults += [
            f"{name}: picture {i} has no alt text" for i, x in enumerate(found["images"]) if len(x["alt"].split()) < 8
        ]
    assert not faults, "\n".join(faults)


def test_each_chapter_shows_the_source_that_it_runs(book, read):
    """And no page shows the name of an object in place of what the object holds."""
    functions = {
        "04_adbscan": ("algorithm_1",),
        "05_scoring_mmr": ("common_subsequence", "rouge_l", "greedy_13"),
        "06_lora_training": ("answer_loss", "training_step", "learning_rate"),
        "07_routing": ("nearest_centroid", "margin"),
    }
    reader = read(book, **DESK)
    for name in pages(book):
        text = reader.open(name).inner_text("main")
        assert not re.search(r"<[\w.]+ object( at 0x\w+)?>", text), name
        for function in functions.pop(name.removesuffix(".html"), ()):
            assert f"def {function}(" in text, f"{name}: {function}"
    assert not functions


def test_no_page_of_the_book_scrolls_sideways_on_a_phone(book, read):
    reader = read(book, **PHONE)
    faults = {}
    for name in pages(book):
        found = measured(reader.open(name))
        if found["overflow"] > 0 or found["wide"]:
            faults[name] = (found["overflow"], found["wide"])
    assert not faults


def test_the_chapters_of_the_book_follow_one_another(book, read):
    page = read(book, **DESK).open()
    page.wait_for_url("**/intro.html")
    titles = []
    while page.locator("a.right-next").count():
        follow(page, "a.right-next")
        titles.append(page.inner_text("h1"))
    numbers = [title.split()[0] for title in titles if title[0].isdigit()]
    assert numbers == [str(int(notebook.name[:2])) for notebook in sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))]


def test_the_book_is_searched_in_chinese(book, read):
    assert len(search(read(book, **DESK), "净利润")) > 0


CHINESE_WIDTHS = """() => [...document.querySelectorAll(".bd-sidebar a, .bd-sidebar .caption-text")]
  .filter((e) => /^[\\u4e00-\\u9fff]+$/.test(e.textContent.trim()))
  .map((e) => {
    const range = document.createRange();
    range.selectNodeContents(e.firstChild);
    return range.getBoundingClientRect().width / parseFloat(getComputedStyle(e).fontSize) / e.textContent.trim().length;
  })"""


def test_the_side_bar_of_an_english_page_shows_chinese_and_no_boxes(book, read):
    """A Chinese character is as wide as its font is high; the box for one that is missing is narrower."""
    page = read(book, **DESK).open("intro.html")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(500)
    widths = page.evaluate(CHINESE_WIDTHS)
    assert len(widths) >= 2 and all(0.9 < width < 1.1 for width in widths), widths


@pytest.mark.parametrize(("query", "page"), [
    ("聚类", "03_semantic_clustering"),
    ("密度", "04_adbscan"),
    ("路由", "07_routing"),
    ("专家", "06_lora_training"),
    ("情感", "08_evaluation"),  # the score FE; the glossary names this chapter
    ("A-DBSCAN", "04_adbscan"),
    ("MMR", "05_scoring_mmr"),
    ("density", "04_adbscan"),
    ("router", "07_routing"),
])  # fmt: skip
def test_a_word_of_the_glossary_finds_its_chapter_first(book, read, query, page):
    assert search(read(book, **DESK), query)[0] == f"{page}.html"


def test_the_answers_are_folded_and_open_by_keyboard(book, read):
    reader = read(book, **DESK)
    for notebook in sorted(ROOT.glob("notebooks/[0-9]*.ipynb")):
        page = reader.open(f"{notebook.stem}.html")
        answers = page.locator("details", has=page.locator("summary", has_text="Answers"))
        assert answers.count() == 1 and not answers.locator("ol").is_visible(), notebook.stem
        answers.locator("summary").press("Enter")
        assert answers.locator("ol").is_visible(), notebook.stem
