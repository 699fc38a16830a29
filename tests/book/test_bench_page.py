"""The page of the benchmark says what was recorded, and is there before anything was."""

import numpy as np
import pandas as pd
import pytest

from assl_utils import store
from assl_utils.book import bench_page

ROW = {
    "name": "knn", "n": 40_000, "d": 768, "ours_s": 8.123, "peer": "sklearn", "peer_s": 16.0, "ratio": 1.9697,
    "floor_s": 4.0, "over_floor": 2030.4, "floor": "one product a pair", "agreement": 1.0, "agreement_is": "share",
    "ours_runs": 3, "peer_runs": 2, "note": "a note",
}  # fmt: skip
MACHINE = {
    "processor": "a processor", "threads": 2, "memory_gb": 23.5, "gemm_gflops": 90.0, "copy_gb_per_s": 9.0,
    "versions": {"numpy": "2.4"},
}  # fmt: skip
RECORD = {"date": "2026-01-02", "command": "make bench", "wall_s": 600.0, "machine": MACHINE, "results": [ROW]}
GROWTH = {
    "d": 768,
    "k": 20,
    "machine": MACHINE,
    "rows": [
        {"name": "adbscan", "n": n, "knn_s": (n / 1e4) ** 2, "adbscan_s": 2 * (n / 1e4) ** 1.5, "peak_gb": 1.0}
        | {"points_gb": 0.1}
        for n in (1000, 10_000, 100_000)
    ]
    + [
        {"name": "sweep_k", "n": 10_000, "silhouettes_s": 3.0, "peak_gb": 1.5, "points_gb": 0.1},
        {"name": "sweep_k", "n": 200_000, "silhouettes_s": 7.0, "peak_gb": 2.5, "points_gb": 0.6},
    ],
}


def test_every_result_is_a_row_with_its_agreement_and_floor():
    text = bench_page.page(RECORD, None)
    assert "| `knn` | 40,000 | 768 | 8.12 | sklearn | 16 | 1.97 | 2,030 |" in text
    assert "`knn`: share: 1. Floor: one product a pair. Runs: 3 of ours, 2 of the other; a note." in text
    assert "2026-01-02" in text and "`make bench` in 10 minutes" in text and "numpy 2.4" in text
    assert "grows" not in text


def test_growth_is_a_power_fitted_to_the_large_sizes():
    table = pd.DataFrame({"n": [10, 10_000, 20_000, 40_000], "s": [5.0, 1.0, 4.0, 16.0]})
    assert bench_page.slope(table, "s") == pytest.approx(2)
    assert np.isnan(bench_page.slope(table.head(2), "s"))
    text = bench_page.page(RECORD, GROWTH)
    assert "n to the 1.50 (the neighbours alone: 2.00)" in text
    assert "| 10,000 | 1 | 2 | 1 | 3 | 1.5 | 0.1 |" in text
    assert "| 1,000 | 0.01 | 0.0632 | 1 |  |  | 0.1 |" in text
    assert "| 200,000 |  |  |  | 7 | 2.5 | 0.6 |" in text, "a size that only the other was measured at"


def test_the_page_is_there_before_anything_is_recorded(tmp_path):
    bench_page.write(tmp_path / "book", tmp_path)
    assert "No run has been recorded yet" in (tmp_path / "benchmarks.md").read_text()
    store.write_json(RECORD, tmp_path / "book" / bench_page.RECORD / "record.json")
    store.write_json(GROWTH, tmp_path / "book" / bench_page.RECORD / "growth.json")
    bench_page.write(tmp_path / "book", tmp_path)
    assert bench_page.FIGURE in (tmp_path / "benchmarks.md").read_text()
    assert (tmp_path / bench_page.FIGURE).stat().st_size > 5000
