"""A run whose chapters left what the page to try things out reads: Chinese sentences, an encoder, three experts."""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans

from assl_utils import pretrained, store
from assl_utils.book.explore import files
from assl_utils.routing.router import Router
from assl_utils.selection import stage1
from assl_utils.space import static
from assl_utils.tasks import wordings

HOSTILE = "<img src=x onerror='window.stolen = 1'>股价上涨"
ODD = ["I'll don'T it'ſ  x\n\n y", "<|im_start|>你好<|im_end|>", "e\u0301 café ① Ⅷ 12345 ½",
       "\u3000全角　空格\u0085x\ufeffy",
       "𠀀𠮷😀👨‍👩‍👧 ok", "constructor", "a\r\nb \t c  \n", "…——《》", "किताब ไทย", "\u200b零\u00a0宽"]  # fmt: skip
K, CLUSTERS = 5, 3


def make(run, data="embedded", encoder="embedded"):
    """Write the run to the folder ``run``; returns it. The parameters say which data and encoder it is made of."""
    run = Path(run)
    rows = _rows()
    texts = wordings.prompts(rows)
    model = static.fit_static(
        texts, pretrained.load_tokenizer("embedded"), 16, out_dir=run / files.CLUSTERING / "encoder"
    )
    vectors = model.encode(texts)
    found = KMeans(CLUSTERS, random_state=0, n_init=1).fit(vectors)
    clusters = pd.DataFrame({"id": rows["id"], "cluster": found.labels_, "distance": 0.0})
    thinned = stage1.thin(vectors, stage1.find_subclusters(vectors, found.labels_, K))
    places = pd.DataFrame({"id": rows["id"], "x": vectors[:, 0], "y": vectors[:, 1]}).drop(index=[0])
    questions = _questions(rows)
    store.write_table(rows, run / files.WORDINGS / "rows.parquet")
    store.write_table(questions, run / files.DATA / "eval.parquet")
    store.write_array(vectors, run / files.CLUSTERING / "vectors.npy")
    store.write_table(clusters, run / files.CLUSTERING / "clusters.parquet")
    store.write_table(places, run / files.CLUSTERING / "map.parquet")
    store.write_table(pd.concat([clusters, thinned], axis=1), run / files.STAGE1 / "chosen.parquet")
    taken = thinned["chosen"].to_numpy()
    selected = pd.DataFrame({"id": rows["id"], "cluster": clusters["cluster"], "stage": np.where(taken, 1, 2)})
    store.write_table(selected[taken | (np.arange(len(rows)) % 10 == 0)], run / files.STAGE2 / "selected.parquet")
    names = [f"lora-{i}" for i in range(CLUSTERS)]
    router = Router(found.cluster_centers_, run / files.CLUSTERING / "encoder", names)
    router.save(run / files.ROUTING / "router")
    store.write_table(_predictions(questions, names), run / files.EVALUATION / "predictions.parquet")
    given = {files.DATA: {"data": data}, files.CLUSTERING: {"encoder": encoder},
             files.STAGE1: {"k": K, "minpts_rule": "algorithm1"}}  # fmt: skip
    for stage in (*files.WALK, files.STAGE2, files.ROUTING, files.EVALUATION):
        store.write_json({"parameters": given.get(stage, {})}, files.manifest(run, stage))
    return run


def _rows():
    """A row for each training wording, the sub-task's name its answer, and one that a page must not take for markup."""
    found = wordings.load()
    table = found.loc[found["use"] == "training", ["subtask", "instruction"]].reset_index(drop=True)
    table = table.rename(columns={"instruction": "input"})
    table.loc[len(table)] = ["sentiment", HOSTILE]
    table["id"] = [f"row-{i:05d}" for i in range(len(table))]
    return table.assign(source=np.resize(["fe", "fineval"], len(table)), instruction="", output=table["subtask"])


def _questions(rows):
    """Two hundred questions: rows with another row's half behind, and odd ones."""
    texts = rows["input"].tolist()
    mixed = [a[: len(a) // 2] + b[len(b) // 2 :] for a, b in zip(texts, texts[7:], strict=False)][: 200 - len(ODD)]
    asked = [*mixed, *ODD]
    return pd.DataFrame({"id": [f"q-{i}" for i in range(len(asked))], "task": np.resize(["FE", "NA"], len(asked)),
                         "instruction": asked, "input": "", "reference": "积极"})  # fmt: skip


def _predictions(questions, names):
    return pd.concat([
        pd.DataFrame({"model": name, "id": questions["id"], "answer": f"{name} 说积极", "correct": float(i == 0)})
        for i, name in enumerate([*names, "base"])
    ])  # fmt: skip
