"""The semantic map of a run for the page: where each row lies and what is known of it, without a word of any row."""

from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import store
from assl_utils.book.explore import files, scripts

LONGEST = 32000  # half the longer axis in the whole numbers that are kept
CHOSEN = ("not chosen", "stage 1", "stage 2")


def write(run, source):
    """Write the rows that the map of chapter 3 shows; returns how many."""
    table = rows(run)
    x, y = _whole(table["x"], table["y"])
    columns = [
        _column("sub-task", table["subtask"].str.replace("_", " ")),
        _column("cluster", table["cluster"]),
        _column("source", table["source"]),
        _column("selection", table["stage"].map(dict(enumerate(CHOSEN))), CHOSEN, grey=0),
    ]
    density = table["density"].replace(np.inf, np.nan).fillna(-1)
    piece = {"x": scripts.packed(x, "<i2"), "y": scripts.packed(y, "<i2"), "density": scripts.packed(density, "<f4")}
    scripts.write("map", {**piece, "columns": columns}, source)
    return len(table)


def rows(run):
    """A row for each place on the map: ``x, y, source, subtask, cluster, density, stage``, 0 where it is not chosen."""
    run = Path(run)
    places = store.read_table(run / files.CLUSTERING / "map.parquet")[["id", "x", "y"]]
    about = store.read_table(run / files.WORDINGS / "rows.parquet")[["id", "source", "subtask"]]
    stage1 = store.read_table(run / files.STAGE1 / "chosen.parquet")[["id", "cluster", "density", "chosen"]]
    table = places.merge(about, on="id", validate="1:1").merge(stage1, on="id", validate="1:1")
    table["stage"] = table.pop("chosen").astype(int)
    if files.finished(run, files.CHOSEN):
        selected = store.read_table(run / files.STAGE2 / "selected.parquet").set_index("id")["stage"]
        table["stage"] = selected.reindex(table["id"]).fillna(0).astype(int).to_numpy()
    return table


def draw(run, path):
    """The still picture for a page without scripts: the map by cluster."""
    import matplotlib.pyplot as plt

    from assl_utils.figures import space, style

    style.use_style()
    table = rows(run)
    figure = space.semantic_map(table[["x", "y"]].to_numpy(), table["cluster"].to_numpy())
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def _whole(x, y):
    """Both coordinates as whole numbers around 0, the longer axis from -32000 to 32000."""
    span = max(np.ptp(x), np.ptp(y)) or 1.0
    return [np.round((axis - (axis.min() + axis.max()) / 2) * (2 * LONGEST / span)) for axis in (x, y)]


def _column(name, values, names=None, grey=None):
    """Names and codes of what one can colour by; ``grey`` is the code that stays grey."""
    names = sorted(pd.unique(values)) if names is None else list(names)
    codes = pd.Categorical(values, categories=names).codes
    return {"name": name, "names": [str(one) for one in names], "codes": scripts.packed(codes, "<u2"), "grey": grey}
