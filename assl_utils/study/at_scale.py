r"""What a recorded study would take at the paper's size, from what its works took per row and per operation.

.. math:: t = \frac{c \, W \, \text{tokens}}{P \, u}

:math:`W` weights, :math:`c` operations per weight and token (4 in training a LoRA, 2 where tokens are read or written),
:math:`P` the rate of a plain product on the device, and :math:`u` the share of such a rate that this kind of work
reached in the record: its floor over its time.
"""

import pandas as pd

TRAINING, ANSWERING = 4, 2  # operations per weight and token
QWEN_7B = 32 * (4 * 4096**2 + 3 * 4096 * 11008)  # the layers of Qwen1.5-7B; few tokens pass its output layer


def works(
    stage2, training, rows=220_344, experts=6, first=2000, selected=4000, epochs=3, weights=QWEN_7B, products=600e12
):
    """The works of the whole study, a row each.

    Parameters
    ----------
    stage2, training : DataFrame
        ``stage2_cost.csv`` and ``training_cost.csv`` of a record: ``work, rows, tokens, seconds, floor_s``, in training
        also ``samples``.
    rows, experts, first, selected, epochs
        The paper's: rows in all, clusters, rows of a cluster after stage 1 and after stage 2, passes over them.
    weights : float
        Of the model's layers.
    products : float
        Operations per second of a plain product on the device.

    Returns
    -------
    DataFrame indexed by work
        ``rows`` (read once each), ``tokens``, ``operations``, ``used`` (the share :math:`u`) and ``hours``.
    """
    stage2, training = stage2.set_index("work"), training.set_index("work")
    joint = training.loc["all-data"]
    per_row = joint["tokens"] / joint["samples"]
    used = float(joint["floor_s"] / joint["seconds"])
    left = rows - experts * first
    passes = {
        "first experts": experts * first,
        "all-data": rows,
        "cluster-data": rows,
        "six experts": experts * selected,
        "mix": experts * selected,
    }
    found = []
    for work, n in passes.items():
        found.append((work, n, epochs * n * per_row, TRAINING, used))
    for work, heard in stage2[stage2.index.str.startswith("answers of")].iterrows():
        share = float(heard["floor_s"] / heard["seconds"])
        found.append((work, left, left * heard["tokens"] / heard["rows"], ANSWERING, share))
    table = pd.DataFrame(found, columns=["work", "rows", "tokens", "each", "used"]).set_index("work")
    table["operations"] = table.pop("each") * weights * table["tokens"]
    table["hours"] = table["operations"] / (products * table["used"]) / 3600
    order = ["first experts", *table.index[table.index.str.startswith("answers of")], *passes]
    return table.loc[list(dict.fromkeys(order)), ["rows", "tokens", "operations", "used", "hours"]]


def paid(stage2, training):
    """What each system of a record cost, the choice of its rows included: operations per weight, choosing and all.

    Parameters
    ----------
    stage2, training : DataFrame
        As for `works`.

    Returns
    -------
    DataFrame indexed by system
        ``choosing``, ``training``, ``sum`` and ``share`` (of SilverSight's sum).
    """
    spent = stage2.set_index("work")["tokens"]
    heard = spent[spent.index.str.startswith("answers of")].sum()
    choosing = TRAINING * spent["first experts"] + ANSWERING * heard
    trained = TRAINING * training["tokens"].groupby(training["work"].str.replace(r"-\d+$", "", regex=True)).sum()
    table = pd.DataFrame(
        [
            ("silversight", choosing, trained["lora"]),
            ("mix", choosing, trained["mix"]),
            ("experts on as many random rows", 0, trained["lora"]),
            ("all-data", 0, trained["all-data"]),
            ("cluster-data", 0, trained["cluster"]),
        ],
        columns=["system", "choosing", "training"],
    ).set_index("system")
    table["sum"] = table["choosing"] + table["training"]
    return table.assign(share=table["sum"] / table.at["silversight", "sum"])
