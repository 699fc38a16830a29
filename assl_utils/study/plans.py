"""What the first chapters of a run left, and the rows that can be chosen from it in other ways than the run's own."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import pretrained, store
from assl_utils.experts import training_sets
from assl_utils.experts.recipe import Recipe
from assl_utils.routing.router import Router
from assl_utils.selection import budget, controls, stage1, stage2, ways
from assl_utils.tasks.wordings import prompts


@dataclass(frozen=True)
class Plan:
    """Which adapters are trained on which rows.

    Attributes
    ----------
    rows : DataFrame
        ``position`` (of a run's row), ``cluster``: in the order of training.
    steps : int
        Optimizer steps of each cluster's expert, at least.
    seed : int
        Of the training.
    joint : bool
        One adapter for all clusters' rows, with as many steps as the experts together.
    in_proportion : bool
        The experts' steps together, shared in proportion to their rows.
    cost_factor : float or None
        How many times the rows and steps of the run these are meant to be, where a cost decides it.
    """

    rows: pd.DataFrame
    steps: int
    seed: int = 0
    joint: bool = False
    in_proportion: bool = False
    cost_factor: float | None = None


@dataclass(frozen=True)
class Run:
    """What a run's first chapters left, and the values of all chapters.

    Attributes
    ----------
    given_cost_factor : float or None
        Taken for `cost_factor`, where chapter 5 has not run but a record holds it.
    """

    folder: Path
    values: dict
    given_cost_factor: float | None = None

    @functools.cached_property
    def rows(self):
        return self._table("02_instruction_expansion/rows.parquet")

    @functools.cached_property
    def questions(self):
        return self._table("01_data_collection/eval.parquet")

    @functools.cached_property
    def cluster(self):
        return self._table("03_semantic_clustering/clusters.parquet")["cluster"].to_numpy()

    @functools.cached_property
    def vectors(self):
        return store.read_array(self.folder / "03_semantic_clustering/vectors.npy")

    @functools.cached_property
    def centroids(self):
        return store.read_array(self.folder / "03_semantic_clustering/centroids.npy")

    @property
    def n(self):
        return self.values["05_scoring_mmr"]["n_selected"]

    @property
    def n_clusters(self):
        return len(np.unique(self.cluster))

    @property
    def weights(self):
        five = self.values["05_scoring_mmr"]
        return five["lambda_center"], five["lambda_diversity"], five["lambda_model"]

    @property
    def steps(self):
        return self.values["06_lora_training"]["min_steps"]

    @property
    def seed(self):
        return self.values["06_lora_training"]["seed"]

    # --------------------------------------------------------------------------------------------- choices of rows

    def selected(self):
        """What the run itself chose."""
        found = self._table("05_scoring_mmr/selected.parquet")
        place = pd.Series(range(len(self.rows)), index=self.rows["id"])
        return pd.DataFrame({"position": place[found["id"]].to_numpy(), "cluster": found["cluster"]})

    def by_stages(self, choice, n, score=None):
        """Stage 2 from the run's own stage 1, or with another score of the raw model's and the first expert's answers.

        Parameters
        ----------
        choice : {"utility", "level"}
        n : int
            Rows of each cluster, all sub-tasks together.
        score : callable, optional
            Of both ROUGE values of a row, instead of (12).
        """
        scores = self._table("05_scoring_mmr/scores.parquet")
        if score is not None:
            scores = scores.assign(score=score(scores["raw"].to_numpy(), scores["lora"].to_numpy()))
        need = stage2.need_of(self.rows, scores)
        first = self._table("04_adbscan/chosen.parquet")["chosen"].to_numpy()
        pool = ways.Pool(
            self.rows, self.cluster, self.vectors, self.centroids, first=first, need=need, weights=self.weights
        )
        return stage2.choose(choice, pool, n)

    def at_random(self, choice, n, seed=None):
        """A random sample: ``random``, ``random_even`` or ``random_per_subtask``, n rows of each cluster on average."""
        pool = ways.Pool(self.rows, self.cluster, centroids=self.centroids)
        return stage2.choose(choice, pool, n, self.seed if seed is None else seed)

    def random_like(self, rows):
        """As many rows of each cluster as another choice has, at random."""
        sizes = rows.groupby("cluster").size().reindex(range(self.n_clusters), fill_value=0)
        return controls.random_per_cluster(self.cluster, sizes.to_numpy(), self.seed)

    def paper_rule(self, k=None, radius=1.0):
        """Stage 1 by the paper's own rule: sub-clusters above the mean size are sampled down to it, noise goes."""
        four = self.values["04_adbscan"]
        table, _ = stage1.thin_clusters(
            self.vectors, self.cluster, k or four["k"], four["minpts_rule"], seed=four["seed"], radius=radius
        )
        at = np.flatnonzero(table["chosen"])
        return pd.DataFrame({"position": at, "cluster": self.cluster[at]}).sort_values("cluster", kind="stable")

    def spread(self, n):
        """Stage 1's way to thin, not in clusters but in sub-tasks, until there are as many rows; no model is asked."""
        four = self.values["04_adbscan"]
        kinds, _ = pd.factorize(self.rows["subtask"], sort=True)
        found = stage1.find_subclusters(self.vectors, kinds, four["k"], four["minpts_rule"])
        quota, _ = budget.water_level([(f.result.labels >= 0).sum() for f in found.values()], n * self.n_clusters)
        kept = [
            f.members[budget.redistribute(self.vectors[f.members], f.result, part, four["seed"], four["thinning"])]
            for f, part in zip(found.values(), quota.tolist(), strict=True)
        ]
        at = np.concatenate(kept)
        return pd.DataFrame({"position": at, "cluster": self.cluster[at]})

    # ---------------------------------------------------------------------------------------- training and routing

    def recipe(self, seed, **other):
        """Chapter 6's recipe; of a plan come the seed and the least steps."""
        return Recipe.of(self.values["06_lora_training"], seed=seed, **other)

    def training_sets(self, plan):
        """Rows and least steps of each adapter, by its name."""
        at = plan.rows["position"].to_numpy()
        selected = pd.DataFrame({"id": self.rows["id"].to_numpy()[at], "cluster": plan.rows["cluster"].to_numpy()})
        sets, steps = training_sets.of_clusters(self.rows, self.cluster, selected, plan.steps, plan.in_proportion)
        names = [name for name in sets if (name == "mix" if plan.joint else name.startswith("lora-"))]
        return {name: sets[name] for name in names}, {name: steps[name] for name in names}

    def tokens(self, plan):
        """Tokens that the adapters of a plan are trained on, all repetitions counted."""
        tokenizer = pretrained.load_tokenizer(self.values["06_lora_training"]["base_model"])
        sets, steps = self.training_sets(plan)
        recipe = self.recipe(plan.seed)
        how = {key: getattr(recipe, key) for key in ("epochs", "batch_size", "max_length", "seed")}
        return sum(
            sum(training_sets.prepare(tokenizer, rows, min_steps=steps[name], **how).tokens())
            for name, rows in sets.items()
        )

    def cost_factor(self):
        r"""How many times as much the chosen tenth costs once its choice is counted.

        .. math:: 1 + \frac{T_{first} + \tfrac12 T_{answers}}{T_{experts}}

        in tokens; one that is trained on takes twice the operations of one that is read or written.
        """
        if self.given_cost_factor is not None:
            return self.given_cost_factor
        spent = self._table("05_scoring_mmr/tokens.csv").set_index("work")["tokens"]
        answers = spent[spent.index.str.startswith("answers of")].sum()
        return 1 + (spent["first experts"] + answers / 2) / self.tokens(Plan(self.selected(), self.steps))

    def routed(self):
        """The expert of each question, as in chapter 7."""
        seven = self.values["07_routing"]
        router = Router.of_clusters(self.folder / "03_semantic_clustering", seven["encoder"], seven["metric"])
        return router.route(prompts(self.questions))["expert"].tolist()

    def _table(self, name):
        return store.read_table(self.folder / name)
