"""A repository with a run of eight rows and a grid, for the grid's command line as a process of its own."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import toy_run

from assl_utils import store
from assl_utils.evaluation import tables
from assl_utils.runner import params, pipeline, state
from assl_utils.space import encoder
from assl_utils.study.grid import data as grid_data

ROOT = Path(__file__).resolve().parents[1]
SET = (
    "n_clusters=2 encoder=embedded r=4 alpha=8 dropout=0.0 learning_rate=0.01 06.batch_size=2 06.max_length=64"
    " max_new_tokens=4 generation_batch=4"
)
GRID = """\
about: two lines
usual: {select: random(share=50%), train: answers(passes=2)}
blocks:
  Q:
    asks: which?
    lines:
      - {arm: "{partition}", partition: [kmeans, one]}
"""
NAME = "cpu-tiny"


def questions():
    """Two questions of each of CFLEB's tasks, none of which is a training row."""
    found = []
    for task in tables.TABLE1:
        asks = "选择题" if task == "NL" else "判断情感"  # the other cluster's
        text = {"FE": "这一天股价上涨，投资者很高兴", "NL": "单项选择题A、B，选出"}.get(task, "新的一年里公司会怎样")
        gold = {"FE": "积极", "NSP1": "有", "NL": "中国 公司", "RE": "合作"}.get(task, "公司")
        for i in range(2):
            found.append(["cfleb", task, f"{task}-{i}", "sentiment", "", asks, f"{text}{'问' * i}", gold, "", ""])
    columns = ["benchmark", "task", "id", "subtask", "form", "instruction", "input", "reference", "subject", "group"]
    return pd.DataFrame(found, columns=columns)


def build(base, root):
    """The repository ``root``: notebooks, the grid ``tiny``, and ``runs/cpu`` with its first three chapters done."""
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    (root / "notebooks" / "grids" / "tiny.yaml").write_text(GRID, encoding="utf-8")
    folder = toy_run.copy(toy_run.build(base), root / "runs" / "cpu")
    store.write_table(toy_run.rows().assign(form=""), folder / "02_instruction_expansion" / "rows.parquet")
    three = folder / "03_semantic_clustering"
    store.write_json(encoder.describe(encoder.load_encoder(three / "encoder")), three / "encoder.json")
    store.write_table(questions(), folder / "01_data_collection" / "eval.parquet")
    values = params.resolve(pipeline.load(root), "cpu", of(base)).values
    for name in grid_data.CHAPTERS:
        store.write_json({"parameters": values[name]}, folder / name / state.MANIFEST)
    return root


def of(base):
    """The values that make the run tiny, as ``SET`` takes them."""
    return f"{SET} base_model={base}"


def words(base, *options):
    """The words of the command line."""
    return ["tiny", "--profile", "cpu", "--set", of(base), *options]


def start(base, root, *options, before=""):
    """The command as a process; ``before`` is Python that it runs first."""
    script = f"import sys\n{before}\nfrom assl_utils.study.grid.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    with_root = {**os.environ, "ASSL_ROOT": str(root), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", script, *words(base, *options)], env=with_root, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
