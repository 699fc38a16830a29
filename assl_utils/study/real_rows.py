"""What real rows say of the paper's claims: one table, for chapter 12, the README and the front page.

Each row is a claim, asked of one tier: a linear learner on all rows, with eight seeds, or the pilot with a language
model. The same claim may stand in both, for they can disagree.
"""

import pandas as pd

from assl_utils.study import ablations, linear_tier, pilot, recorded
from assl_utils.study.grid import reading

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


def lines(table):
    """The claims of `MAIN` as rows of a Markdown table, for the README and the front page."""
    main = table[table["claim"].isin(MAIN)]
    if main.empty:
        return []
    head = ["| The paper says | On real rows, asked with | Difference | Verdict |", "|---|---|---|---|"]
    rows = [
        f"| {row.claim[:1].upper()}{row.claim[1:]} ({row.paper}) | {row.asked} | {row.measured} | **{row.verdict}** |"
        for row in main.rename(columns={"asked with": "asked"}).itertuples()
    ]
    return head + rows


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
