"""Which grids there are, what each asks, and how far it is recorded."""

from pathlib import Path

from assl_utils.errors import DataError
from assl_utils.study.grid import files, record


def grids(root, run):
    """Every grid of ``notebooks/grids``, in a line each, with what is recorded of the run ``run``.

    Parameters
    ----------
    root : path
        The repository.
    run : str
        ``"cpu"``, ``"small_cpu-clean-s1"``: grids are recorded for a run.

    Returns
    -------
    list of str
        ``ablations: 212 lines, 13 recorded for cpu — what it asks``. A file that cannot be read says why.
    """
    found = []
    for path in sorted(Path(root, files.FOLDER).glob("*.yaml")):
        try:
            grid = files.read(root, path.stem)
        except DataError as error:
            found.append(f"{path.stem}: cannot be read: {error}")
            continue
        kept = record.read(root, f"{run}-{grid.name}")
        done = len({line.key for line in grid.lines} & kept.keys()) if kept else 0
        found.append(f"{grid.name}: {len(grid.lines)} lines, {done} recorded for {run} — {grid.about}")
    return found
