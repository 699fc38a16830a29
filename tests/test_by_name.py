"""A whole study whose models are known by name only: chapters 1 to 8, the release and the harness, from a hub.

It takes some minutes: ``make test-names`` runs it, `make test` does not. The checkout is a copy in a folder whose name
has blanks.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hub_server import HubServer

from assl_utils import pretrained, store
from assl_utils.experts import identity
from assl_utils.sources import collect
from assl_utils.space import static

ROOT = Path(__file__).resolve().parents[1]
SMALLEST = os.environ.get("ASSL_NAMES_SET") or (
    "scale=0.003 floor=12 per_subject=2 04.budget=8 n_selected=20 min_steps=2 feedback_sample=20 max_new_tokens=8"
)
STAGES = ("02_instruction_expansion", "03_semantic_clustering", "05_scoring_mmr", "06_lora_training", "08_evaluation")

pytestmark = pytest.mark.skipif(not os.environ.get("ASSL_NAMES"), reason="minutes of training: make test-names")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """The tracked files in a folder of their own."""
    there = tmp_path_factory.mktemp("by name") / "a checkout"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (there / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, there / name)
    return there


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """The embedded base model and an encoder fitted to the corpus, under names."""
    rows = collect.embedded(0.003, 12, 1, per_subject=1).rows
    texts = list(rows["input"])  # the instructions come in chapter 2
    place = tmp_path_factory.mktemp("encoder") / "static"
    static.fit_static(texts, pretrained.load_tokenizer("embedded"), 64, out_dir=place)
    with HubServer() as server:
        server.pins = {
            "base_model": f"owner/base@{server.push_folder('owner/base', pretrained.EMBEDDED)}",
            "encoder": f"owner/encoder@{server.push_folder('owner/encoder', place)}",
        }
        yield server


def test_a_study_by_names_only(checkout, hub, tmp_path):
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("HF_", "ASSL_"))},
        "HF_ENDPOINT": hub.endpoint, "HF_HOME": str(tmp_path / "hf"), "ASSL_CACHE": str(tmp_path / "cache"),
        "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(checkout),
        "CUDA_VISIBLE_DEVICES": "",
    }  # fmt: skip

    def python(*words, **more):
        done = subprocess.run(
            [sys.executable, *words], cwd=checkout, env=variables | more, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    settings = f"{SMALLEST} {' '.join(f'{name}={pin}' for name, pin in hub.pins.items())}"
    run = ["-m", "assl_utils.runner", "run", "--upto", "08", "--profile", "cpu", "--set", settings]
    said = python(*run)
    for name, pin in hub.pins.items():
        commit = pin.partition("@")[2]
        assert f"{name} {pin}: commit {commit[:12]}, fetched and checked" in said
        assert said.index(f"{name} {pin}: commit") < said.index("stage 1 of ")
    folder = checkout / "runs" / "cpu"
    for stage in STAGES:
        kept = store.read_json(folder / stage / "manifest.json")["models"]
        assert {key: f"{one['name']}@{one['commit']}" for key, one in kept.items()}.items() <= hub.pins.items()
    for config in folder.glob("0*/experts/*/adapter_config.json"):
        named = store.read_json(config)
        assert f"{named['base_model_name_or_path']}@{named['revision']}" == hub.pins["base_model"]
        base = store.read_json(config.with_name("training.json"))["recipe"]["base"]
        assert base == identity.content_hash("embedded"), "the same bytes by name and from the folder"
    assert len(list(folder.glob("06_lora_training/experts/*"))) > 3

    hub.requests.clear()
    assert "nothing to do, 8 stages done" in python(*run, HF_HUB_OFFLINE="1") and hub.requests == []
    python("-m", "assl_utils.share.release", "runs/cpu")
    facts = store.read_json(folder / "release" / "release.json")
    assert f"{facts['base']}@{facts['load']['revision']}" == hub.pins["base_model"]
    assert f"{facts['encoder']}@{facts['load_encoder']['revision']}" == hub.pins["encoder"]
    assert all(pin.partition("@")[2] in (folder / "release" / "README.md").read_text() for pin in hub.pins.values())
    assert python(str(folder / "release" / "use.py"), "判断情感：\n公司净利润增长三成").strip()
    said = python("-m", "assl_utils.share.harness", "runs/cpu")
    name, _, commit = hub.pins["base_model"].partition("@")
    words = shlex.split(re.search(r"^the base model's row of the tables: (.*)$", said, flags=re.M)[1])
    assert words[5] == f"pretrained={name},revision={commit},dtype=float32" and words[-1] == "eos_token_id=2"
    assert python("-m", "assl_utils.ask", "--run", "runs/cpu", "--", "判断情感：\n公司净利润增长三成").strip()
