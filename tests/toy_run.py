"""What the chapters leave of a run with two tiny experts: one answers 积极, one answers A."""

import shutil
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import tiny_model

from assl_utils import store
from assl_utils.experts import training
from assl_utils.routing.router import Router
from assl_utils.space import static
from assl_utils.space.encoder import embed
from assl_utils.tasks import wordings

TEXTS = {
    "判断情感": ["公司净利润同比增长", "股价上涨投资者情绪积极", "受处罚消息影响股价下跌", "公司发布年报情绪消极"],
    "选择题": ["单项选择题A、B、C、D", "选出正确答案A、B、C、D", "单项选择题选出答案", "正确答案是哪个A、B"],
}
QUESTIONS = [wordings.prompt(instruction, text) for instruction, texts in TEXTS.items() for text in texts]
TASKS = ["sentiment", "sentiment", "classification", "sentiment", "exam", "exam", "exam", "exam"]
LEFT_OUT = (0, 5)  # of the rows, by the selection


def rows():
    """Table of the eight training rows; the first four are cluster 0."""
    return pd.DataFrame(
        {
            "id": [f"toy-{i:05d}" for i in range(8)],
            "source": ["fe"] * 4 + ["fineval"] * 4,
            "task": TASKS,
            "subtask": ["sentiment"] * 4 + ["single_choice"] * 4,
            "instruction": [q.split("\n")[0] for q in QUESTIONS],
            "input": [q.split("\n")[1] for q in QUESTIONS],
            "output": ["积极"] * 4 + ["A"] * 4,
        }
    )


@lru_cache
def build(base):
    """The run's folder, beside the model ``base`` that its experts were trained on; made once, to be left as it is."""
    run, table = Path(base).parent / "runs" / "toy", rows()
    store.write_table(table.iloc[::-1], run / "02_instruction_expansion" / "rows.parquet")
    folder = run / "03_semantic_clustering"
    words = tiny_model.tokenizer(texts=QUESTIONS, vocab_size=400)
    encoder = static.fit_static(QUESTIONS, words, dim=6, out_dir=folder / "encoder")
    vectors = embed(QUESTIONS, encoder)
    store.write_array(vectors, folder / "vectors.npy")
    clusters = pd.DataFrame({"id": table["id"], "cluster": [0] * 4 + [1] * 4})
    store.write_table(clusters, folder / "clusters.parquet")
    store.write_table(clusters.drop(index=list(LEFT_OUT)), run / "05_scoring_mmr" / "selected.parquet")
    for cluster in (0, 1):
        training.train_lora(
            base, table[clusters["cluster"] == cluster], run / "06_lora_training" / "experts" / f"lora-{cluster}",
            lr=3e-2, min_steps=25, batch_size=4, dropout=0.0,
        )  # fmt: skip
    centroids = np.stack([vectors[:4].mean(0), vectors[4:].mean(0)])
    router = Router(centroids, folder / "encoder", ["lora-0", "lora-1"])
    router.save(run / "07_routing" / "router")
    store.write_table(router.route(QUESTIONS), run / "07_routing" / "routing.parquet")
    return run


def change_router(run, **how):
    """Save the run's router anew with other arguments, such as ``reject=0.5``."""
    folder = run / "07_routing" / "router"
    about = Router.from_dir(folder)
    Router(about.centroids, run / "03_semantic_clustering" / "encoder", about.names, **how).save(folder)


def copy(run, folder):
    """A copy of the run to break."""
    return shutil.copytree(run, folder)
