"""What a reader's cells hold, and which of three values counts: the notebook's, the run's, the reader's."""

import pytest

from assl_utils.runner import edits, notebook, ranges

DECLARED = {
    "run_dir": notebook.Parameter("run_dir", "str", "runs/cpu", ""),
    "k": notebook.Parameter("k", "int", 20, "neighbours"),
    "rate": notebook.Parameter("rate", "float", 0.1, ""),
    "span": notebook.Parameter("span", "tuple[float, ...]", (1.0, 2.0), ""),
}
OWN = {name: parameter.default for name, parameter in DECLARED.items()}
RUN = {**OWN, "k": 5}
TOP = 'run_dir: str = "runs/cpu"\nk: int = 20\nrate: float = 0.1\nspan: tuple[float, ...] = (1.0, 2.0)'
BELOW = f"{edits.MARK} of this run\nk = 5\nrate = 0.1"


def decide(*history, allowed=None, **namespace):
    cells = edits.Cells.of_history(history, DECLARED)
    return edits.decide(cells, DECLARED, OWN, RUN, namespace, allowed or {}, "04_adbscan")


@pytest.mark.parametrize(("history", "k", "edited"), [
    ([TOP], 5, {}),  # the run's value over the notebook's own
    ([TOP.replace("20", "7")], 7, {"k": 7}),
    ([TOP, BELOW], 5, {}),
    ([TOP, BELOW.replace("5", "9")], 9, {"k": 9}),
    ([TOP.replace("20", "7"), BELOW], 7, {"k": 7}),  # also the cell above counts, where only it was edited
    ([TOP.replace("20", "7"), BELOW.replace("5", "9")], 9, {"k": 9}),
    ([TOP, BELOW.replace("5", "9"), TOP], 9, {"k": 9}),  # run again, the cell above hides nothing
    ([TOP, "k = 20"], 20, {"k": 20}),  # the notebook's own value, in a cell of one's own
    ([TOP, "k = 9", TOP], 5, {}),  # which is gone
    ([TOP.replace("20", "7"), TOP.replace("20", "8")], 8, {"k": 8}),
    ([TOP.replace("20", "5")], 5, {}),  # what the run has anyway is no edit
    ([TOP, "%time x = 1", "k = 9; print(k)", "import k", "k += 1"], 5, {}),  # no cells that only set values
])  # fmt: skip
def test_which_value_counts(history, k, edited):
    found = decide(*history)
    assert found.all["k"] == k and found.edited == edited and "run_dir" not in found.all


def test_what_is_no_literal_has_the_kernels_value():
    found = decide(TOP.replace("20", "4 * x"), k=12)
    assert found.edited == {"k": 12}


def test_types_are_the_notebooks():
    found = decide(TOP.replace("0.1", "1").replace("(1.0, 2.0)", "[3, 4]"))
    assert found.edited == {"rate": 1.0, "span": (3.0, 4.0)} and type(found.all["rate"]) is float


def test_all_that_is_wrong_is_said_at_once():
    allowed = {"common": {"rate": ranges.read("0 to 1")}}
    with pytest.raises(edits.Refused) as caught:
        decide(TOP.replace("k: int = 20", "kk: int = 20").replace("0.1", "7.5"), "k = 'x'", allowed=allowed)
    assert str(caught.value).splitlines() == [
        "04_adbscan declares no parameter `kk`; nearest is `k: int`",
        "k is of type int; 'x' is not",
        "rate = 7.5 is refused; allowed is 0 to 1",
    ]
    assert caught.value._render_traceback_() == [str(caught.value)], "no traceback"


def test_the_account_names_origin_and_edit():
    found = decide(TOP.replace("0.1", "0.3"))
    assert edits.account(found, OWN, RUN, {"k": "profile cpu"}, "runs/cpu-lab").splitlines() == [
        "runs/cpu-lab",
        "From profile cpu, in brackets the paper's cell: k = 5 (20)",
        "Edited here: rate = 0.3 (this run: 0.1)",
    ]


def test_the_cell_of_a_run_is_read_back_as_it_was_written():
    text = edits.cell_text("04_adbscan", DECLARED, {"k": 5, "span": (1.0, 2.0)}, "cpu-lab")
    assert text.splitlines()[1:] == ["run_dir = 'runs/cpu-lab'", "k = 5  # neighbours", "span = (1.0, 2.0)"]
    found = edits.Cells.of_history([text], DECLARED)
    assert found.top is None and found.below == {"run_dir": "runs/cpu-lab", "k": 5, "span": (1.0, 2.0)}
