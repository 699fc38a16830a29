"""Adapters to give away: plain peft loads them in five lines, and what is spoilt stays here."""

import ast
import contextlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_model
import torch
import trained_run
from trained_run import TRAINING_SETS, edit, folder_of

from assl_utils import store
from assl_utils.experts import adapters, generation, identity, models
from assl_utils.share import model_card, provenance
from assl_utils.share.export import export, main
from assl_utils.share.provenance import CardError, Run


@pytest.fixture(scope="module")
def finished(tiny_folder, tmp_path_factory):
    return trained_run.build(tmp_path_factory.mktemp("repository") / "runs" / "toy", tiny_folder)


@pytest.fixture
def run(finished, tmp_path):
    """A copy of the run that a test may spoil."""
    return shutil.copytree(finished, tmp_path / "runs" / "toy")


def snippet(readme):
    return re.findall(r"```python\n(.*?)```", readme.read_text(encoding="utf-8"), re.S)


def test_five_lines_of_plain_peft_load_an_adapter_and_it_answers_as_it_does_here(run, tiny, tiny_folder, tmp_path):
    [folder] = export(run, tmp_path / "out", ["lora-0"])
    load, ask = snippet(folder / "README.md")
    assert len(ast.parse(load).body) <= 5 and len(load.splitlines()) <= 5
    imported = {
        node.module.split(".")[0] for node in ast.walk(ast.parse(load + ask)) if isinstance(node, ast.ImportFrom)
    }
    assert imported == {"peft", "transformers"} and "import assl" not in load + ask
    assert 'dtype="float32", use_safetensors=True' in load, "as in training, whatever the base is stored in"

    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "base").symlink_to(tiny_folder)  # the places that the third line names
    shutil.copytree(folder, tmp_path / "elsewhere" / "lora-0")
    alone = "\nimport sys\nassert not [name for name in sys.modules if name.startswith('assl_utils')]\n"
    done = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", "-c", load + ask + alone], cwd=tmp_path / "elsewhere", text=True,
        env=os.environ | {"HF_HUB_OFFLINE": "1"}, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr

    question = re.search(r'"content": (".*?")}', ask)[1]
    with adapters.adapters(tiny[0], {"lora-0": folder_of(run, "lora-0")}) as (loaded, full):
        expected, raw = (
            generation.generate(loaded, tiny[1], [json.loads(question)], adapters=who)[0]
            for who in (full["lora-0"], None)
        )
    assert expected and expected != raw and len(tiny[1].encode(expected)) < 40, "an answer that ends by itself"
    assert done.stdout.strip() == expected


def test_a_tokenizer_without_chat_template_gets_ours(run, tmp_path, monkeypatch):
    bare = tiny_model.save(tmp_path / "bare", chat=False)
    edit(folder_of(run, "lora-0") / "adapter_config.json", lambda c: c.update(base_model_name_or_path=str(bare)))
    digest = identity.content_hash(bare)
    edit(folder_of(run, "lora-0") / "training.json", lambda account: account["recipe"].update(base=digest))
    [folder] = export(run, tmp_path, ["lora-0"])
    assert "### 问题：" in (folder / "README.md").read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)  # here lie bare and lora-0
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec("\n".join(snippet(folder / "README.md")), {})
    model, tokenizer = models.load(bare, device="cpu")
    with adapters.adapters(model, {"x": folder}) as (loaded, full):
        [expected] = generation.generate(loaded, tokenizer, [model_card.QUESTION], adapters=full["x"])
    assert expected and said.getvalue().strip() == expected


def test_an_exported_adapter_is_whole_the_same_each_time_and_names_no_place_of_this_machine(run, tmp_path):
    first = {path: path.read_bytes() for folder in export(run) for path in folder.iterdir()}
    base = {path for path in first if path.parent.name == "base"}  # none: the base of these is a folder elsewhere
    assert not base and {path.parent.name for path in first} == set(TRAINING_SETS)
    assert {path.parents[1] for path in first} == {run / "export"}
    files = {"README.md", "adapter_config.json", "adapter_model.safetensors", "training.json"}
    assert {path.name for path in first} == files and len(first) == len(files) * len(TRAINING_SETS)
    shutil.move(run, tmp_path / "moved" / "toy")
    again = {path: path.read_bytes() for folder in export(tmp_path / "moved" / "toy", tmp_path / "b")
             for path in folder.iterdir()}  # fmt: skip
    for path, content in first.items():
        assert again[tmp_path / "b" / path.parent.name / path.name] == content, path.name
        if path.suffix != ".safetensors":
            text = content.decode()
            assert not re.search(r"""["'`( ](/|~|[A-Z]:\\)\w""", text) and str(tmp_path) not in text
    config = store.read_json(tmp_path / "b" / "mix" / "adapter_config.json")
    assert config["base_model_name_or_path"] == "./base"
    assert identity.content_hash(tmp_path / "b" / "mix") == identity.content_hash(
        folder_of(tmp_path / "moved/toy", "mix")
    )


@pytest.mark.parametrize("kind", ["folder", "embedded", "hub"])
def test_peft_alone_loads_an_exported_adapter_with_its_base(run, tmp_path, tiny_folder, monkeypatch, kind):
    """What `AutoPeftModelForCausalLM` gives is what the run's expert gives, in a folder that only has the export."""
    where = store.read_json(folder_of(run, "mix") / "adapter_config.json")["base_model_name_or_path"]
    assert not Path(where).is_absolute() and (store.root() / where).samefile(tiny_folder), "nor has a run such a path"
    out, variables = tmp_path / "given away", {}
    if kind == "embedded":
        monkeypatch.setattr(provenance.pretrained, "EMBEDDED", tiny_folder.resolve())
    if kind == "hub":
        commit = "c0ffee" * 6 + "cafe"
        place = tmp_path / "hub" / "models--owner--tiny"
        shutil.copytree(tiny_folder, place / "snapshots" / commit)
        named = {"base_model_name_or_path": "owner/tiny", "revision": commit}
        edit(folder_of(run, "mix") / "adapter_config.json", lambda config: config.update(named))
        variables = {"HF_HUB_CACHE": str(tmp_path / "hub")}
    export(run, out, ["mix"])
    if kind == "folder":
        shutil.copytree(tiny_folder, out / tiny_folder.name)  # as its card says
    assert (out / "base").is_dir() == (kind != "hub")
    code = (
        "from peft import AutoPeftModelForCausalLM as Auto\n"
        "import torch\n"
        "print(Auto.from_pretrained('mix')(input_ids=torch.arange(5)[None]).logits.double().sum().item())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=out, env=os.environ | {"HF_HUB_OFFLINE": "1"} | variables,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    model, _ = models.load(tiny_folder, device="cpu")
    with adapters.adapters(model, {"x": folder_of(run, "mix")}) as (loaded, full), torch.inference_mode():
        loaded.set_adapter(full["x"])
        expected = loaded(input_ids=torch.arange(5)[None]).logits.double().sum().item()
        with loaded.disable_adapter():
            assert abs(loaded(input_ids=torch.arange(5)[None]).logits.double().sum().item() - expected) > 1e-6
    assert abs(float(done.stdout) - expected) < 1e-3


# ----------------------------------------------------------------------------------------------- what is not given away


def spoil_weights(folder):
    path = folder / "adapter_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"\x01")


SPOILT = {
    "changed": (spoil_weights, r"06_lora_training/experts/mix: its weights are not those .* run chapter 6 again"),
    "unfinished": (lambda folder: (folder / "training.json").unlink(), r"mix is unfinished \(training.json\)"),
    "half": (lambda folder: (folder / "training.json").write_text("{"), r"mix is unfinished"),
    "no configuration": (
        lambda folder: (folder / "adapter_config.json").unlink(),
        r"unfinished \(adapter_config.json\)",
    ),
    "pickle": (lambda folder: (folder / "adapter_model.bin").touch(), r"mix holds adapter_model.bin.* remove it"),
    "pickle below": (lambda folder: ((folder / "x").mkdir(), (folder / "x" / "state.pt").touch()), "state.pt"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_adapter_stops_the_export_before_anything_is_written(run, how):
    spoil, message = SPOILT[how]
    spoil(folder_of(run, "mix"))
    with pytest.raises(CardError, match=message):
        export(run)
    assert not (run / "export").exists()
    assert [folder.name for folder in export(run, names=["lora-0"])] == ["lora-0"]


def test_a_pickle_in_the_folder_to_write_to_is_refused(run):
    [folder] = export(run, names=["mix"])
    (folder / "pytorch_model.bin").touch()
    with pytest.raises(CardError, match=r"pickle"):
        export(run, names=["lora-0", "mix"])
    assert not (run / "export" / "lora-0").exists()


def test_what_is_asked_for_wrongly_is_explained(run, tmp_path, capsys):
    with pytest.raises(CardError, match="no adapter 'lora-9' in this run; there are all-data, cluster-1, lora-0, mix"):
        export(run, names=["lora-9"])
    shutil.copytree(folder_of(run, "mix"), folder_of(run, "other"))
    with pytest.raises(CardError, match=r"other: which rows .* --only"):
        export(run)
    with pytest.raises(CardError, match="run chapter 6 first"):
        Run(tmp_path / "empty")
    assert main([str(tmp_path / "empty")]) == 1
    assert "export: " in capsys.readouterr().err


def test_the_command_names_each_adapter_and_where_the_cards_lie(run, tmp_path, capsys):
    assert main([str(run), "--out", str(tmp_path / "out"), "--only", "mix", "lora-0"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in said] == ["mix", "lora-0", "written"] and "3 rows" in said[0]
    assert (tmp_path / "out" / "mix" / "README.md").exists() and "README.md" in said[-1]
