"""The notebooks keep their laws, and each law notices its breach."""

import copy
import json
from pathlib import Path

import pytest
import toy_repo

from assl_utils.runner import fingerprint, notebook, pipeline, prose_rules, rules

ROOT = Path(__file__).resolve().parent.parent

FIGURE = {
    "figure": {"name": "fig-k-sweep", "caption": "More clusters always fit better, so the bend decides."},
    "image": {"alt": "Two curves over K from two to fifteen: one falls and flattens, one rises to a peak at six."},
}
PARAMETERS = ("parameters", "run_dir: str = 'runs/cpu'  # where it lies\nk: int = 2  # neighbours; paper: 20")


def test_the_books_notebooks_keep_the_laws():
    found = rules.breaches(ROOT, ())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("law", prose_rules.LAWS, ids=lambda law: law.__name__)
def test_the_books_notebooks_keep_a_law_of_prose(law):
    written = {
        path.stem: notebook.on_the_page(notebook.read(path)) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    }
    found = [breach for name, made in written.items() for breach in law(name, made)]
    assert len(written) >= 11 and not found, "\n".join(found)


def test_every_entry_of_the_data_folder_is_named_by_a_module():
    """What nobody names could change without a chapter running again."""
    sources = fingerprint.Sources(ROOT, fingerprint.Hashes(ROOT))
    modules = [sources.module(path) for path in sources.folder.rglob("*.py") if "data" not in path.parts]
    assert len(modules) > 100
    assert set(sources.entries) - {entry for _, _, data in modules for entry in data} == set()


@pytest.fixture
def root(tmp_path):
    """A repository whose one chapter breaks no law."""
    (tmp_path / "notebooks" / "profiles").mkdir(parents=True)
    (tmp_path / "notebooks" / "stages.yaml").write_text("01_only:\n  writes: [a.csv]\n")
    (tmp_path / "notebooks" / "profiles" / "cpu.yaml").write_text("about: x\ncommon:\n  k: 3\n")
    (tmp_path / "notebooks" / "values.yaml").write_text("common:\n  run_dir: [a path]\n  k: 1 to 9\n")
    write(tmp_path, chapter())
    assert rules.breaches(tmp_path) == []
    return tmp_path


def chapter():
    made = toy_repo.notebook(
        [PARAMETERS, "from assl_utils.figures import space, style\nstyle.use_style()", "space.k_sweep(sweep)"],
        prose="# 1 Only a title\nROUGE (recall, counted in words that two texts share) " + "says what it does. " * 30,
    )
    made["cells"][1]["metadata"]["tags"] = ["parameters", "hide-input"]
    made["cells"][2]["metadata"]["tags"] = ["hide-input"]
    made["cells"][3]["metadata"]["mystnb"] = copy.deepcopy(FIGURE)
    return made


def write(root, made, name="01_only"):
    (root / "notebooks" / f"{name}.ipynb").write_text(json.dumps(made))


def edit(path, value):
    """A breach: set the entry that ``path`` leads to in the chapter; a missing value deletes it."""

    def change(made):
        *way, last = path
        for key in way:
            made = made[key]
        if value is None:
            del made[last]
        else:
            made[last] = value

    return change


CELLS = ["cells"]


def test_a_long_list_of_parameters_is_no_breach(root):
    """They are a list, folded away; only cells that do something are held short."""
    made = chapter()
    made["cells"][1]["source"] = PARAMETERS[1] + "".join(f"\np{i}: bool = True  # one of many" for i in range(30))
    write(root, made)
    assert rules.breaches(root, ()) == []


@pytest.mark.parametrize(("breach", "complaint"), [
    (edit([*CELLS, 1, "metadata", "tags"], []), "the first code cell, is tagged `parameters` (found 0)"),
    (edit([*CELLS, 2, "metadata", "tags"], ["parameters"]), "is tagged `parameters` (found 2)"),
    (edit([*CELLS, 1, "source"], "k = 2"), "a line reads `name: type = literal  # help`, not `k = 2`"),
    (edit([*CELLS, 1, "source"], "k: int = 1 + n  # a"), "not `k: int = 1 + n`"),
    (edit([*CELLS, 1, "source"], PARAMETERS[1] + "\nn: int = 'x'  # a"), "n: int = 'x' is not of its own type"),
    (edit([*CELLS, 1, "source"], PARAMETERS[1] + "\nn: int = 1"), "parameter n needs a comment"),
    (edit([*CELLS, 1, "source"], "k: int = 2  # a"), "declares no run_dir"),
    (edit([*CELLS, 2, "outputs"], [{"output_type": "stream", "text": "x"}]), "cell 3: is committed with outputs"),
    (edit([*CELLS, 2, "execution_count"], 1), "cell 3: is committed with outputs"),
    (edit([*CELLS, 2, "id"], ""), "cell 3: has no id"),
    (edit([*CELLS, 2, "source"], "x = 1\n" * 26), "cell 3: 26 lines of code; more than 25"),
    (edit([*CELLS, 2, "source"], "x = ("), "was never closed: x = ("),
    (edit([*CELLS, 3, "metadata"], {}), "a figure needs a name such as fig-k-sweep"),
    (edit([*CELLS, 3, "metadata", "mystnb", "figure", "name"], "K sweep"), "not 'K sweep'"),
    (edit([*CELLS, 3, "metadata", "mystnb", "figure", "caption"], None), "a figure needs a caption"),
    (edit([*CELLS, 3, "metadata", "mystnb", "image", "alt"], "only seven words stand in here now"), "text of 8 words"),
    (edit([*CELLS, 3, "metadata", "mystnb", "image", "alt"], FIGURE["figure"]["caption"] + " So."), None),
    (edit([*CELLS, 2, "source"], "import matplotlib.pyplot as plt\nplt.show()"), "cell 3: a figure needs a name"),
    (edit([*CELLS, 2, "source"], "%matplotlib inline"), "cell 3: holds a command to IPython"),
    (edit([*CELLS, 1, "source"], PARAMETERS[1] + "\near_rows: int = 1  # a"), "is called feedback_sample now"),
    (edit([*CELLS, 1, "source"], PARAMETERS[1] + "\nn: int = 1  # a"), "parameter n has no range or words"),
    (edit([*CELLS, 1, "source"], PARAMETERS[1].replace("2", "10")), "k = 10 is refused; allowed is 1 to 9"),
    (edit([*CELLS, 1, "source"], "run_dir: str = 'r'  # a"), "common says what `k` may be, and no notebook of it"),
])  # fmt: skip
def test_a_breach_is_named(root, breach, complaint):
    made = chapter()
    breach(made)
    write(root, made)
    found = rules.breaches(root)
    assert found == [] if complaint is None else any(complaint in line for line in found), found


def behind(place, *cells):
    """A breach: put cells behind one of the chapter's."""

    def change(made):
        new = [toy_repo.cell(kind, text, 90 + i, tags) for i, (kind, text, *tags) in enumerate(cells)]
        made["cells"][place + 1 : place + 1] = new

    return change


@pytest.mark.parametrize(("breach", "complaint"), [
    (edit([*CELLS, 0, "source"], "# 2 Only a title\n" + "word " * 80), "no title `# 1 …`"),
    (edit([*CELLS, 1, "metadata", "tags"], ["parameters"]), "cell 2: parameters are folded away"),
    (edit([*CELLS, 2, "metadata", "tags"], []), "cell 3: imports are folded away"),
    (behind(3, ("markdown", "A word."), ("code", "if k:\n    import os", "hide-input")), "cell 6: imports belong"),
    (edit([*CELLS, 3, "source"], "\n\nx = 1" * 15 + "\n"), "132 words of prose to 19 lines of code, 6.9 to one; 8"),
    (behind(3, *[("markdown", "word " * 60), ("code", "x = 1\n" * 7)] * 4), "half of its code cells have 7"),
    (behind(3, *[("markdown", "word " * 60), ("code", "x = 1\n" * 6)] * 4), None),
    (behind(2, ("code", "x = 1")), "cell 4: code follows code"),
    (behind(2, ("markdown", "(a-label)=\n## A heading"), ("code", "x = 1")), "cell 5: code follows code"),
    (behind(2, ("markdown", "## A heading\nWords."), ("code", "x = 1")), None),
    (behind(2, ("markdown", "Words."), ("code", "x = 1"), ("code", "space.k_sweep(sweep)")), "cell 6: a figure needs"),
    (behind(1, ("code", "x = 1")), "cell 3: code follows code"),
    (behind(3, ("markdown", "Then LoRA.")), "cell 5: LoRA is used for the first time and not expanded (low-rank)"),
    (behind(3, ("markdown", "## LoRA"), ("markdown", "Low-rank adaptation (LoRA)."), ("markdown", "So LoRA.")), None),
    (behind(3, ("markdown", "We lot by lot. Earlier.")), "cell 5: `by lot` is a private word"),
    (edit([*CELLS, 3, "metadata", "mystnb", "figure", "caption"], "Other dice."), "cell 4: `dice` is a private word"),
])  # fmt: skip
def test_a_breach_of_how_a_chapter_reads_is_named(root, breach, complaint):
    made = chapter()
    breach(made)
    write(root, made)
    found = rules.breaches(root)
    assert found == [] if complaint is None else any(complaint in line for line in found), found


def test_only_the_chapters_of_the_method_and_of_studies_are_measured(tmp_path):
    made = chapter()
    behind(3, *[("code", "x = 1\n" * 9)] * 4, ("markdown", "LoRA, by lot."))(made)
    said = {law.__name__: bool(law("08_a", made)) for law in prose_rules.LAWS[3:]}
    assert said == dict.fromkeys(said, True) and len(said) == 5
    said = {law.__name__ for law in prose_rules.LAWS[3:] if law("09_a", made)}
    assert said == {"names_before_abbreviations", "plain_words"}
    for name in ("10_a", "11_a", "12_a"):
        assert all(law(name, made) for law in prose_rules.LAWS[3:])
    assert not any(law("13_a", made) for law in prose_rules.LAWS[3:])


def test_a_chinese_abstract_need_not_expand_what_english_prose_must():
    made = chapter()
    behind(3, ("markdown", ":::{admonition} 摘要\n:class: abstract-zh\nROUGE\n:::"), ("markdown", "LoRA."))(made)
    said = prose_rules.names_before_abbreviations("04_a", made)
    assert len(said) == 1 and "LoRA" in said[0]


def test_the_alt_text_is_not_the_caption_again(root):
    made = chapter()
    made["cells"][3]["metadata"]["mystnb"]["figure"]["caption"] = FIGURE["image"]["alt"]
    write(root, made)
    assert rules.breaches(root) == ["01_only, cell 4: the alt text repeats the caption"]


def test_two_figures_do_not_share_a_name(root):
    made = chapter()
    made["cells"].append({**copy.deepcopy(made["cells"][3]), "id": "other"})
    write(root, made)
    assert rules.breaches(root) == ["01_only, cell 5: the figure's name fig-k-sweep is taken by 01_only, cell 4"]


@pytest.mark.parametrize(("profile", "complaint"), [
    ("common:\n  kk: 3\n", "declares a parameter `kk` (cpu.yaml, line 2); nearest is `k: int = 2` in 01_only"),
    ("common:\n  k: three\n", "01_only: k is of type int; 'three' (cpu.yaml, line 2) is not"),
    ("common:\n  k: 12\n", "01_only: k = 12 (profile cpu) is refused; allowed is 1 to 9"),
    ("k: 3\n", "cpu.yaml, line 1: `k` is no section of a profile"),
    ("common:\n  seed: 1\n", "cpu.yaml, line 2: seed belongs to the run"),
])  # fmt: skip
def test_a_profile_says_only_what_a_notebook_declares(root, profile, complaint):
    (root / "notebooks" / "profiles" / "cpu.yaml").write_text(profile)
    found = rules.breaches(root)
    assert len(found) == 1 and complaint in found[0]


def test_stages_and_notebooks_belong_together(root):
    write(root, toy_repo.notebook([PARAMETERS]), "02_stray")
    assert rules.breaches(root, ()) == ["stages.yaml: says nothing about 02_stray"]
    (root / "notebooks" / "stages.yaml").write_text("01_only:\n02_stray:\n  reads: [03_x/a]\n")
    assert "stages.yaml, line 3: 02_stray reads from 03_x, which is no earlier stage" in rules.breaches(root)
    (root / "notebooks" / "stages.yaml").write_text("01_only:\n02_stray:\n03_gone:\n")
    assert "stages.yaml: 03_gone has no notebook" in rules.breaches(root)


def test_the_chapters_are_a_chain_that_flows_down():
    chapters = pipeline.load(ROOT)
    assert chapters.names == sorted(chapters.names)
    assert [step.name[:2] for step in chapters.upto("04")] == ["01", "02", "03", "04"]
    assert chapters.upto("08") == list(chapters.steps)[:8]
    assert all(step.writes for step in chapters.steps)


def test_outputs_go_to_the_cells_they_came_from():
    written = toy_repo.notebook([PARAMETERS, "1", "2"])
    executed = copy.deepcopy(written)
    injected = {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "source": "k = 5", "outputs": []}
    executed["cells"].insert(2, injected)
    executed["cells"][3]["outputs"], executed["cells"][4]["outputs"] = ["one"], ["two"]
    written["cells"][0]["source"] = "# New"
    written["cells"].insert(1, toy_repo.cell("markdown", "more prose", 9))
    page = notebook.merged(written, executed)
    assert [notebook.source(c) for c in page["cells"]] == ["# New", "more prose", PARAMETERS[1], "k = 5", "1", "2"]
    assert [c.get("outputs") for c in page["cells"]] == [None, None, [], [], ["one"], ["two"]]
    assert written["cells"][4]["outputs"] == []
    with pytest.raises(notebook.NotebookError, match="differs from the code that ran"):
        notebook.merged(toy_repo.notebook([PARAMETERS, "1", "3"]), executed)
