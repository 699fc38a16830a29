"""A made-up run as chapters 1 to 6 and 8 leave it, small enough to train in a test, for what gives adapters away."""

import shutil

import numpy as np
import pandas as pd
import tiny_model

from assl_utils import store
from assl_utils.experts import training, training_sets
from assl_utils.routing.router import Router
from assl_utils.space import encoder, static
from assl_utils.tasks import wordings

SOURCES = ["fe", "financeiq", "stocka", "corpus"]  # unstated, CC BY-NC-SA, unstated, research use
TEXTS = ["公司发布年报，净利润同比增长三成", "受处罚消息影响，股价下跌", "股价上涨", "投资者情绪消极"]
ROWS = pd.DataFrame(
    {
        "id": [f"{source}-{i}" for i in range(3) for source in SOURCES],
        "source": SOURCES * 3,
        "task": "sentiment",
        "subtask": "sentiment",
        "instruction": "判断情感",
        "input": [f"{text}{'了' * i}" for i in range(3) for text in TEXTS],
        "output": ["积极", "消极", "积极，公司股价上涨", "消极"] * 3,
        "stand_in": "",
        "file": "",
    }
)
CLUSTER = [0, 1] * 6
TRAINING_SETS = {  # written out by hand: positions in ROWS, in the order of training
    "all-data": list(range(12)),
    "cluster-1": [1, 3, 5, 7, 9, 11],
    "lora-0": [4, 0],
    "mix": [4, 0, 3],
    "stage1-1": [3, 9],
}
SCORES = {"model": ["base", "all-data", "lora-0", "majority", "lead-1"], "FE": [10.04, 73.75, 38.75, 36.26, 50.0],
          "FE_lo": [8.0, 66.875, 31.25, 30.0, 45.0], "FE_hi": [12.0, 80.06, 46.24, 40.0, 55.0],
          "AVG": [16.65, 62.84, 18.96, 23.2, float("nan")], "AVG_lo": [14.8, 60.04, 16.83, 21.0, float("nan")],
          "AVG_hi": [18.5, 65.59, 21.18, 25.5, float("nan")], "n": 840,
          "unparsed": [24.9, 5.95, 28.81, 0.0, 0.0]}  # fmt: skip


def build(run, base):
    """Write the run into the folder ``run``, its adapters trained on ``base``."""
    store.write_table(ROWS, run / "02_instruction_expansion" / "rows.parquet")
    ids = ROWS["id"]
    clusters = pd.DataFrame({"id": ids, "cluster": CLUSTER})
    store.write_table(clusters, run / "03_semantic_clustering" / "clusters.parquet")
    chosen = clusters.assign(chosen=[i in TRAINING_SETS["stage1-1"] for i in range(12)])
    store.write_table(chosen, run / "04_adbscan" / "chosen.parquet")
    selected = pd.DataFrame({"id": ids[TRAINING_SETS["mix"]], "cluster": [0, 0, 1]})
    store.write_table(selected, run / "05_scoring_mmr" / "selected.parquet")
    how = {"r": 4, "alpha": 8, "lr": 1e-2, "epochs": 1, "min_steps": 40, "batch_size": 2}
    trained = training.train_lora(base, ROWS.iloc[TRAINING_SETS["lora-0"]], folder_of(run, "lora-0"), **how)
    for name, places in TRAINING_SETS.items():  # one was trained; the others are it by other names
        if name != "lora-0":
            account = store.read_json(shutil.copytree(trained, folder_of(run, name)) / "training.json")
            account["recipe"]["rows"] = training_sets.rows_hash(ROWS.iloc[places])
            store.write_json(account | {"rows": len(places)}, folder_of(run, name) / "training.json")
    for number in (1, 2):
        store.write_table(pd.DataFrame(SCORES), run / "08_evaluation" / f"table{number}.csv")
    account = pd.DataFrame({"source": SOURCES, "licence": "ours"})
    store.write_table(account, run / "01_data_collection" / "account.csv")
    manifests = {"01_data_collection": {"parameters": {"protocol": "clean", "data_root": "/somewhere/else"}},
                 "06_lora_training": {"run": "toy", "profile": "cpu", "finished": "2024-05-06T07:08:09+00:00",
                                      "inputs": {"05_scoring_mmr/selected.parquet": "ab" * 32},
                                      "versions": {"torch": "2.0", "nbclient": "9"}}}  # fmt: skip
    for stage, manifest in manifests.items():
        store.write_json(manifest, run / stage / "manifest.json")
    return run


def routed(run, base):
    """Write what is missing for a whole system into the run that `build` wrote: a second expert, vectors, a router."""
    clusters, cluster, texts = run / "03_semantic_clustering", np.array(CLUSTER), wordings.prompts(ROWS)
    words = tiny_model.tokenizer(texts=texts, vocab_size=280)
    vectors = encoder.embed(texts, static.fit_static(texts, words, dim=6, out_dir=clusters / "encoder"))
    centroids = np.stack([vectors[cluster == c].mean(0) for c in (0, 1)]).astype(np.float64)
    store.write_array(vectors, clusters / "vectors.npy")
    store.write_array(centroids, clusters / "centroids.npy")
    training.train_lora(base, ROWS.iloc[[3]], folder_of(run, "lora-1"), r=4, alpha=8, lr=1e-2, min_steps=40)
    router = Router(centroids, clusters / "encoder", ["lora-0", "lora-1"])
    router.save(run / "07_routing" / "router")
    table = router.route(texts).assign(id=ROWS["id"], task=["FE", "QA"] * 6)
    store.write_table(table, run / "07_routing" / "routing.parquet")
    compared = pd.DataFrame({"comparison": ["silversight – mix"], "diff": [1.5]})
    store.write_table(compared, run / "08_evaluation" / "comparisons.csv")
    return run


def folder_of(run, name):
    return run / ("05_scoring_mmr" if name.startswith("stage1") else "06_lora_training") / "experts" / name


def edit(path, change):
    value = store.read_json(path)
    change(value)
    store.write_json(value, path)


def real(run, files=None):
    """Make the run one on published files: the same texts, read elsewhere."""
    files = files or [("fe", "raw/fe.json", "none stated"), ("financeiq", "raw/f.csv", "CC BY-NC-SA 4.0"),
                      ("stocka", "raw/test.csv", "none stated"),
                      ("corpus", "raw/BQ", "research use, on application (BQ Corpus)")]  # fmt: skip
    files = pd.DataFrame(files, columns=["source", "file", "licence"])
    account = pd.DataFrame({"source": SOURCES, "licence": "as the registry says"})
    store.write_table(account, run / "01_data_collection" / "account.csv")
    store.write_table(files, run / "01_data_collection" / "files.csv")
    named = ROWS["source"].map(files.set_index("source")["file"])
    table = ROWS.assign(
        file=named, stand_in=["fincuge-finfe/train_list.json" if s == "fe" else "" for s in ROWS.source]
    )
    store.write_table(table, run / "02_instruction_expansion" / "rows.parquet")
