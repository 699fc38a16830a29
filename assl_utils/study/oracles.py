"""Routers as shares of perfect choosing, of each task and of each question, and the paper's share beside them."""

import pandas as pd

ORACLES = {"oracle_task": "the best expert of each task", "oracle": "the best answer to each question"}


def shares_of_oracles(found):
    """Each router's mean score as a share of the oracles', seed by seed, with the range over seeds.

    Parameters
    ----------
    found : Block
        Of lines that only route differently.

    Returns
    -------
    DataFrame indexed by router
        ``score``; for each oracle its share in percent, mean, lowest and highest over the seeds.
    """
    scores = found.scores().pivot_table(index=["seed", "clustering_seed"], columns="line", values="AVG")
    table = pd.DataFrame({"score": scores.mean()}).reindex([arm for arm in found.arms.index if arm in scores])
    for oracle in (oracle for oracle in ORACLES if oracle in scores):
        shares = 100 * scores.div(scores[oracle], axis=0)
        table[f"% of {oracle}"] = shares.mean()
        table[f"lowest, {oracle}"], table[f"highest, {oracle}"] = shares.min(), shares.max()
    return table.rename_axis("route")


def paper_share(printed):
    """The paper's SilverSight as a share of its best single expert of each task, in percent, from its Table 1.

    Parameters
    ----------
    printed : DataFrame
        ``book/paper_values.csv``.
    """
    table = printed[printed["table"].astype(str) == "1"]
    wide = table.pivot_table(index="key", columns="column", values="value").drop(columns="AVG", errors="ignore")
    experts = wide[wide.index.str.startswith("lora-")]
    return float(100 * wide.loc["silversight"].mean() / experts.max().mean())


def router_sentence(table, paper):
    """The paper's share beside ours, of both oracles, as sentences."""
    said = [f"In the paper's Table 1 SilverSight reaches {paper:.1f} % of the best single expert of each task."]
    if "centroid" in table.index:
        ours = table.loc["centroid"]
        for oracle, text in ORACLES.items():
            if f"% of {oracle}" in table:
                low, high = ours[f"lowest, {oracle}"], ours[f"highest, {oracle}"]
                said.append(
                    f"Here routing by centroid reaches {ours[f'% of {oracle}']:.1f} % of {text} "
                    f"({low:.1f} to {high:.1f} over the seeds)."
                )
    return "\n".join(said)
