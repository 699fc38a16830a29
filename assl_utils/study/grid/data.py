"""The run whose rows, vectors and questions the lines of a grid share, and what else they are trained on."""

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from assl_utils import pretrained, shapes, store
from assl_utils.corpus import general, numeric
from assl_utils.errors import DataError
from assl_utils.experts import identity, models, training_sets
from assl_utils.experts.recipe import Recipe
from assl_utils.runner import state
from assl_utils.sources import leakage
from assl_utils.space.encoder import EncoderFile, embed, load_encoder
from assl_utils.study.grid import closed, sentences
from assl_utils.tasks.wordings import prompts

CHAPTERS = ("01_data_collection", "02_instruction_expansion", "03_semantic_clustering")
GENERAL = 200  # questions of the score `general`
ENGINE = 1  # part of every line's identity; raised when the engine does something else with the same words


@dataclass(frozen=True, eq=False)  # compared and remembered as the object it is
class Data:
    """A run's first three chapters and all chapters' values.

    Attributes
    ----------
    folder : Path
        ``runs/<run>``.
    values : dict
        Of every chapter, by its name.
    """

    folder: Path
    values: dict

    # ------------------------------------------------------------------------------------------------- what is there

    @functools.cached_property
    def rows(self):
        return store.read_table(self.folder / "02_instruction_expansion/rows.parquet")

    @functools.cached_property
    def vectors(self):
        return store.read_array(self.folder / "03_semantic_clustering/vectors.npy")

    @functools.cached_property
    def asked(self):
        """All questions of both benchmarks."""
        return store.read_table(self.folder / "01_data_collection/eval.parquet")

    def questions(self, score):
        """The questions of a score word, a row each."""
        if score == "general":
            self._invented("general questions")
            return general.general(GENERAL, held_out=True)
        if score == "closed":
            return self._set_aside[0]
        wanted = {"cfleb": ["cfleb"], "fineval": ["fineval"], "all": ["cfleb", "fineval"]}[score]
        found = self.asked[self.asked["benchmark"].isin(wanted)].reset_index(drop=True)
        if found.empty:
            raise DataError(f"{self.folder.name} asks no question of {' or '.join(wanted)}")
        return found

    @property
    def closed_folder(self):
        """Where the questions of the score `closed` are kept, and what a linear learner reads."""
        return self.folder / "closed" / self.digest

    @functools.cached_property
    def _set_aside(self):
        return closed.kept(self.closed_folder, self.rows)

    @property
    def aside(self):
        """Rows that no line with the score `closed` may choose: they are or nearly are its questions; (rows,), bool."""
        return self._set_aside[1]

    @functools.cached_property
    def leaks(self):
        """Which row of the run is or nearly is which question: ``train_id, eval_id``; found once and kept."""
        path = self.folder / "leaks" / f"{self.digest}.parquet"
        with store.locked(path):
            if not path.is_file():
                store.write_table(leakage.find(self.rows, self.asked)[["train_id", "eval_id"]], path)
        return store.read_table(path)

    def extra(self, kind, n, seed):
        """Rows from outside the run: ``general``, ``arithmetic``, ``numeric`` (exam) or ``textbook`` (raw texts)."""
        self._invented(f"{kind} rows")
        make = {
            "general": general.general, "arithmetic": numeric.numeric_items, "numeric": numeric.numeric_questions,
            "textbook": numeric.textbook,
        }  # fmt: skip
        return make[kind](n, seed)

    def _invented(self, what):
        if self.values["01_data_collection"]["data"] != "embedded":
            raise DataError(f"{what} exist for the embedded corpus only, and {self.folder.name} has other data")

    def question_vectors(self, score):
        """Vectors of a score's questions, from the encoder of chapter 3."""
        if score not in self._vectors:
            self._vectors[score] = self.embed(prompts(self.questions(score)))
        return self._vectors[score]

    @functools.cached_property
    def _vectors(self):
        return {}

    def embed(self, texts):
        folder = self.folder / "03_semantic_clustering"
        about = shapes.read(folder / "encoder.json", EncoderFile)
        name = self.values["03_semantic_clustering"]["encoder"]
        return embed(texts, load_encoder(folder / "encoder" if name == "embedded" else name), about["prompt"])

    # ------------------------------------------------------------------------------------------------------ the model

    @property
    def base(self):
        return self.values["06_lora_training"]["base_model"]

    @property
    def loading(self):
        """How the base model is loaded."""
        six = self.values["06_lora_training"]
        return {"dtype": six["dtype"], "quantize": six["quantize"]}

    def model(self):
        """(model, tokenizer), loaded once in this process."""
        how = self.loading
        return models.load_once(self.base, dtype=how["dtype"], quantize=how["quantize"])

    def recipe(self, seed, passes):
        """Chapter 6's recipe with a start of the training and a number of passes over the rows."""
        return Recipe.of(self.values["06_lora_training"], seed=seed, epochs=passes, min_steps=0)

    @property
    def answering(self):
        """How questions are answered, as in chapter 8."""
        eight = self.values["08_evaluation"]
        return {"max_new_tokens": eight["max_new_tokens"], "batch_size": eight["generation_batch"]}

    @property
    def feedback(self):
        """How rows are answered in stage 2, as in chapter 5."""
        five = self.values["05_scoring_mmr"]
        return {"max_new_tokens": five["max_new_tokens"], "batch_size": five["generation_batch"]}

    @property
    def adapters(self):
        """Where all runs keep the adapters of grids, each in a folder named by its content."""
        return (self.folder.parent / "adapters").resolve()

    @property
    def answers(self):
        """Where all runs keep answers."""
        return (self.folder.parent / "answers").resolve()

    # --------------------------------------------------------------------------------------------------- who this is

    @functools.cached_property
    def identity(self):
        """What decides a line's result beside its sentence and seeds, in a form that is the same on every machine."""
        names = ("r", "alpha", "dropout", "warmup", "learning_rate", "batch_size", "max_length", "dtype", "quantize")
        six, three = self.values["06_lora_training"], self.values["03_semantic_clustering"]
        ids = "\n".join(self.rows["id"].astype(str)).encode()
        asked = json.dumps(self.asked[["id", "instruction", "input", "reference"]].astype(str).to_numpy().tolist())
        return {
            "engine": ENGINE,
            "rows": training_sets.rows_hash(self.rows)[:16] + hashlib.sha256(ids).hexdigest()[:8],
            "questions": hashlib.sha256(asked.encode()).hexdigest()[:16],
            "base": identity.content_hash(self.base)[:16],
            "encoder": {"name": pretrained.label(three["encoder"]), "dim": self.vectors.shape[1]},
            "recipe": state.as_json({name: six[name] for name in names}),
            "answering": self.answering,
            "feedback": self.feedback,
            "n_clusters": three["n_clusters"],
        }

    @functools.cached_property
    def digest(self):
        """Sixteen digits of the identity."""
        return sentences.digest(self.identity)

    def place(self, line):
        """The folder of a line of a grid."""
        return self.folder / "lines" / f"{line.key}-{self.digest[:8]}"

    def clusters(self, sentence):
        """K of a sentence whose partition is kmeans: its own, else chapter 3's."""
        return sentence.partition["k"] or self.values["03_semantic_clustering"]["n_clusters"]


def open_data(root, resolved):
    """The run that ``resolved`` names, its first three chapters done with these values.

    Raises
    ------
    DataError
        If a chapter has not run or has run with other values; it says which command runs it.
    """
    folder = Path(root, "runs", resolved.run)
    for name in CHAPTERS:
        way_out = f"make 03 PROFILE={resolved.profile} with the same values first"
        manifest = state.read_manifest(folder / name / state.MANIFEST, ("parameters",))
        if manifest is None:
            raise DataError(f"chapter {name} has not run in runs/{resolved.run}: {way_out}")
        wanted = state.as_json(state.deciding(resolved.values[name]))
        if changed := state.changed_parameters(state.deciding(manifest["parameters"]), wanted):
            raise DataError(f"{name} ran with other values ({'; '.join(changed)}): {way_out}")
    data = Data(folder, resolved.values)
    if len(data.rows) != len(data.vectors):
        raise DataError(f"{folder.name} has {len(data.rows):,} rows and {len(data.vectors):,} vectors: run chapter 3")
    return data


def counts(rows, labels):
    """How many rows of each part, sub-task and source: ``part, subtask, source, rows``."""
    if "source" not in rows:
        rows = rows.assign(source="")
    table = pd.DataFrame({
        "part": np.asarray(labels), "subtask": rows["subtask"].to_numpy(), "source": rows["source"].to_numpy()
    })  # fmt: skip
    return table.value_counts(sort=False).rename("rows").reset_index()
