"""Growth is measured size by size, each in its own process, and a run goes on where it was."""

from assl_utils import store
from assl_utils.bench import growth


def test_sizes_that_stand_are_left_alone(tmp_path, capsys):
    out = tmp_path / "growth.json"
    growth.main(["--sizes", "250", "--only", "adbscan", "--out", str(out)])
    first = store.read_json(out)["rows"]
    assert [row["n"] for row in first] == [250] and first[0]["adbscan_s"] > 0 and first[0]["subclusters"] >= 1
    growth.main(["--sizes", "250", "400", "--out", str(out)])
    report = store.read_json(out)
    assert report["rows"][0] == first[0], "not measured again"
    assert [(row["name"], row["n"]) for row in report["rows"][1:]] == [
        ("adbscan", 400),
        ("sweep_k", 250),
        ("sweep_k", 400),
    ]
    assert report["rows"][-1]["silhouettes_s"] > 0 and report["rows"][-1]["peak_gb"] > 0
    assert (report["d"], report["k"]) == (768, 20)
    assert "written" in capsys.readouterr().out
