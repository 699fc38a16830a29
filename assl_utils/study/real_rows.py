"""What real rows say of the paper's claims: one table, for chapter 12, the README and the front page.

Each row is a claim, asked of one tier: a linear learner on all rows, with eight seeds, or the pilot with a language
model. The same claim may stand in both, for they can disagree.
"""

import functools
import re
from pathlib import Path

import pandas as pd
import yaml

from assl_utils.study import ablations, linear_tier, pilot, recorded
from assl_utils.study.grid import reading

CHINESE = Path(__file__).parents[1] / "data" / "claims_zh.yaml"
COLUMNS = ["claim", "paper", "asked with", "measured", "verdict"]
MAIN = (  # what the front page tells
    "clusters make better experts than task classes",
    "experts of clusters are better than one model",
    "the paper's rule chooses as well as a random sample of that size",
    "model feedback (stage 2) chooses better than a random sample of that size",
    "the chosen tenth does as well as all rows",
)


def verdicts(kept, study=pilot.STUDY, n_boot=2000, seed=0, margin=ablations.MARGIN):
    """The table, the claims in the order of `MAIN` and then the others.

    Parameters
    ----------
    kept : path
        ``book/recorded``.
    study : str
        The pilot's name.

    Returns
    -------
    DataFrame
        `COLUMNS`; empty where nothing is recorded.
    """
    tables = [_linear(kept, margin), _pilot(kept, study, n_boot, seed, margin)]
    table = pd.concat(tables, ignore_index=True).reindex(columns=COLUMNS)
    place = {claim: i for i, claim in enumerate(MAIN)}
    return table.sort_values("claim", key=lambda c: c.map(place).fillna(len(MAIN)), kind="stable", ignore_index=True)


def lines(table, say=str):
    """The claims of `MAIN` as rows of a Markdown table, for the README and the front pages.

    Parameters
    ----------
    table : DataFrame
        From :func:`verdicts`.
    say : callable
        Takes a text of the table and gives what the page shows: :func:`in_chinese`.
    """
    main = table[table["claim"].isin(MAIN)]
    if main.empty:
        return []
    cells = [
        [f"{row.claim[:1].upper()}{row.claim[1:]} ({row.paper})", f"**{row.verdict}**", row.measured, row[3]]
        for row in main.itertuples()
    ]
    head = ["The paper says", "On real rows", "Difference", "Asked with"]
    return [f"| {' | '.join(say(cell) for cell in row)} |" for row in (head, ["---"] * 4, *cells)]


def in_chinese(text):
    """A text of :func:`lines` in Chinese, by a fixed list of its sentences.

    Raises
    ------
    ValueError
        Where English words are left: a new claim or verdict needs its line in ``data/claims_zh.yaml``.
    """
    said = text
    for pattern, chinese in _chinese():
        said = pattern.sub(chinese, said)
    if left := re.findall(r"[A-Za-z]{2,} [A-Za-z]{2,}", said):
        raise ValueError(f"no Chinese for {left[0]!r} in {text!r}: data/claims_zh.yaml")
    return said


@functools.cache
def _chinese():
    table = yaml.safe_load(CHINESE.read_text(encoding="utf-8"))
    return [(re.compile(english, re.IGNORECASE), chinese) for english, chinese in table.items()]


def _linear(kept, margin):
    record = reading.open_folder(f"{kept}/grids", f"{linear_tier.RUN}-{linear_tier.GRID}")
    if record is None:
        return pd.DataFrame(columns=COLUMNS)
    arms, judged = linear_tier.arms(record), linear_tier.judged(record, margin)
    first = {(claim.source, claim.says): claim.first for claim in linear_tier.CLAIMS}
    found = []
    for _, row in judged.iterrows():
        arm = arms.loc[first[row["source"], row["claim"]]]
        asked = f"a linear learner, {arm['rows']:,.0f} rows, {arm['seeds']:.0f} seeds"
        measured = pilot.interval(row) if pd.notna(row["diff"]) else "not measured yet"
        found.append((row["claim"], row["source"], asked, measured, row["verdict"]))
    return pd.DataFrame(found, columns=COLUMNS)


def _pilot(kept, study, n_boot, seed, margin):
    try:
        about = recorded.studies(kept, study)[study]
    except FileNotFoundError:
        return pd.DataFrame(columns=COLUMNS)
    table = pilot.judged(recorded.respondents(kept, study), n_boot, seed, margin)
    asked = f"{about.about['base']['name']}, {about.selected:,} of {about.about['rows']['collected']:,} rows"
    seeds = table["seeds"].map(lambda n: f", {n} seed{'s' if n > 1 else ''}")
    return table.assign(**{"paper": table["source"], "asked with": asked + seeds})[COLUMNS]
