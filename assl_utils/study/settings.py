"""Encoder and wordings: the chain with another space below it, against the usual one.

Both are parameters of chapters 2 and 3, so each setting is a trial with a record of its own. All were asked the same
questions, so the questions' part of the chance cancels in the differences.
"""

import dataclasses

import pandas as pd

from assl_utils.study import ablations

USUAL = "usual"
ARMS = ("random", "utility")
SETTINGS = {  # the trial: what is other, and how the trial is made
    "onewording": ("one wording for each sub-task; usual: 30", "wordings_per_subtask=1"),
    "wide": ("embedded encoder, 512 wide; usual: 128", "dim=512"),
    "e5": ("multilingual-e5-small; usual: the embedded encoder", "encoder=multilingual-e5-small prompt='query: '"),
}


def compared(folder, run, margin=ablations.MARGIN, say=print):
    """Every setting that is recorded minus the usual one, for a random tenth and for the utility's.

    Parameters
    ----------
    folder : Path
        Of all grids' records.
    run : str
        The run without a trial, ``cpu``.
    margin : float, default 2.0
        Points that count as equal.
    say : callable
        Told which settings are not recorded, with the command that does it.

    Returns
    -------
    DataFrame
        ``setting``, the columns of :func:`assl_utils.evaluation.comparisons.compare_all`, and for the figure ``label``
        and ``group``.
    """
    blocks, pairs, settings = [], [], []
    base = ablations.read(folder, run, "ablations")
    usual = ablations.join(ablations.block(base, "Q2"), ablations.block(base, "Q3"))
    blocks.append(_named(usual, USUAL))
    for trial, (text, words) in SETTINGS.items():
        record = ablations.find(folder, f"{run}-{trial}", "settings", words, say)
        if record is None:
            continue
        blocks.append(_named(ablations.block(record, "settings"), trial))
        pairs += [(_name(arm, trial), _name(arm, USUAL)) for arm in ARMS]
        settings += [text] * len(ARMS)
    if not pairs:
        return pd.DataFrame(columns=["setting", "first", "second", "what", "diff", "lo", "hi", "sentence"])
    table = ablations.join(*blocks).pairs(pairs, margin=margin)
    return table.assign(setting=settings, group=settings, label=[first for first, _ in pairs])


def _name(arm, setting):
    return f"{arm}, {setting}"


def _named(found, setting):
    """The block's arms ``random`` and ``utility`` alone, with the setting in their names."""
    names = {arm: _name(arm, setting) for arm in ARMS}
    items = found.items[found.items["line"].isin(ARMS)]
    items = items.assign(line=items["line"].astype(str).map(names))
    why = {names[arm]: reason for arm, reason in found.why.items() if arm in names}
    return dataclasses.replace(found, arms=found.arms[found.arms.index.isin(ARMS)].rename(names), items=items, why=why)
