"""Raw text is learned token by token; an adapter can begin with another's weights; what was trained before stands."""

import json
import shutil
import types

import pandas as pd
import pytest
import torch
from few_rows import QUICK, ROWS
from peft import PeftConfig
from safetensors.torch import load_file
from tiny_model import TEXTS

from assl_utils import store
from assl_utils.experts import (
    account,
    identity,
    literal,
    loop,
    models,
    packing,
    side_by_side,
    training,
    training_sets,
)

TEXT = pd.DataFrame({"text": [*TEXTS, "净利润" * 30]})


def weights(folder):
    return load_file(folder / "adapter_model.safetensors")


def by_hand(tokenizer, text, length):
    """Windows of a text that overlap by one token: what stands before the first place is the end of another text."""
    end = tokenizer.convert_tokens_to_ids("<|endoftext|>")
    left = [end, *tokenizer.encode(text, add_special_tokens=False), end]
    windows = []
    while len(left) > 1:
        windows.append(left[:length])
        left = left[length - 1 :]
    return windows


@pytest.mark.parametrize("length", [2, 3, 7, 64, 512])
def test_every_token_of_a_text_and_its_end_is_learned_once(tiny, length):
    samples, shortened = training_sets.encode_rows(tiny[1], TEXT, max_length=length)
    windows = [window for text in TEXT["text"] for window in by_hand(tiny[1], text, length)]
    assert [list(s.ids) for s in samples] == windows and shortened == 0
    assert {s.prompt_len for s in samples} == {1} and max(len(s.ids) for s in samples) <= length
    learned = [token for s in samples for token in s.ids[s.prompt_len :]]
    end = tiny[1].convert_tokens_to_ids("<|endoftext|>")
    whole = [token for text in TEXT["text"] for token in [*tiny[1].encode(text, add_special_tokens=False), end]]
    assert learned == whole


@pytest.mark.parametrize("length", [9, 512])
def test_the_loss_of_a_text_is_the_mean_over_its_tokens_packed_and_padded(tiny, length):
    model, tokenizer = tiny
    samples, _ = training_sets.encode_rows(tokenizer, TEXT, max_length=length)
    nll = []
    with torch.no_grad():
        for sample in samples:
            logits = model(input_ids=torch.tensor([sample.ids])).logits[0].log_softmax(-1)
            nll += [-logits[place - 1, sample.ids[place]].item() for place in range(1, len(sample.ids))]
        padded = model(**packing.pad(samples, pad_id=3)).loss.item()
        assert packing.can_pack(model, samples)
        with packing.packed(model):
            packed = model(**packing.pack(samples)).loss.item()
    assert packed == pytest.approx(sum(nll) / len(nll), rel=1e-5) == padded


def test_a_tokenizer_with_a_token_that_opens_a_text_uses_it(tiny):
    tokenizer = tiny[1]
    tokenizer.bos_token = "<|im_start|>"
    opens, ends = tokenizer.convert_tokens_to_ids(["<|im_start|>", "<|endoftext|>"])
    ids = training_sets.encode_text(tokenizer, "股价上涨")[0].ids
    assert ids[0] == opens and ids[-1] == ends
    bare = types.SimpleNamespace(added_tokens_decoder={}, eos_token_id=7)
    assert models.end_of_text(bare) == 7, "no usual name: what the tokenizer calls the end"
    bare.eos_token_id = None
    with pytest.raises(ValueError, match="nor an eos_token"):
        models.end_of_text(bare)


def test_a_text_that_says_a_control_token_does_not_end_there(tiny):
    ids = training_sets.encode_text(tiny[1], "股价<|endoftext|>上涨")[0].ids
    assert ids.count(tiny[1].convert_tokens_to_ids("<|endoftext|>")) == 2


@pytest.mark.parametrize(("rows", "length", "message"), [
    (TEXT[:0], 64, "no rows"),
    (TEXT.assign(text=[*TEXTS, " \n"]), 64, f"row {len(TEXTS)} holds no text"),
    (TEXT.assign(text=[None, *TEXTS]), 64, "row 0 holds no text"),
    (TEXT, 1, "max_length=1 leaves a text no token"),
    (TEXT.rename(columns={"text": "words"}), 64, "lack the columns .* Raw text has a column text"),
    (TEXT.assign(input="", output=""), 64, "lack the columns .'instruction'.;"),
])  # fmt: skip
def test_texts_that_cannot_be_learned_from_are_named(tiny, rows, length, message):
    with pytest.raises(ValueError, match=message):
        training_sets.encode_rows(tiny[1], rows, max_length=length)


def test_rows_with_answers_are_answers_whatever_else_they_hold(tiny):
    more = ROWS.assign(text="别的")
    assert training_sets.learns(more) == "answers" and training_sets.learns(TEXT) == "text"
    assert training_sets.encode_rows(tiny[1], more) == training_sets.encode_rows(tiny[1], ROWS)
    assert training_sets.rows_hash(more) == training_sets.rows_hash(ROWS)


def test_texts_have_an_identity_of_their_own():
    hashes = [
        training_sets.rows_hash(rows)
        for rows in (
            TEXT, TEXT[::-1], TEXT[1:], TEXT.assign(text=TEXT["text"] + "。"),
            pd.DataFrame({"instruction": TEXT["text"], "input": "", "output": ""}),
        )
    ]  # fmt: skip
    assert len(set(hashes)) == len(hashes)
    assert training_sets.rows_hash(TEXT.assign(source="book")) == hashes[0]


@pytest.fixture(scope="module")
def read(tiny_folder, tmp_path_factory):
    """An adapter that has read the texts."""
    how = QUICK | {"min_steps": 40, "max_length": 32}
    return training.train_lora(tiny_folder, TEXT, tmp_path_factory.mktemp("read") / "text", **how)


def test_an_adapter_learns_raw_text_and_says_so(tiny, read):
    table = pd.read_csv(read / "losses.csv")
    assert table["loss"].iloc[-5:].mean() < 0.6 * table["loss"].iloc[:5].mean()
    written = store.read_json(read / "training.json")
    assert written["recipe"]["learns"] == "text" and "start" not in written["recipe"] and written["packed"]
    once = training_sets.prepare(tiny[1], TEXT, epochs=written["epochs"], batch_size=4, max_length=32)
    assert written["rows"] == len(TEXT) < len(once.samples)
    assert written["answer_tokens"] == account.tokens(once)["answers"] == written["tokens"] - written["samples"]


def test_the_recipe_of_answers_is_what_it_was(tiny_folder, tmp_path):
    """Word for word as it was written before there were texts and warm starts: earlier adapters are up to date."""
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, seed=3, **QUICK)
    recipe = store.read_json(out / "training.json")["recipe"]
    before = {
        "base": identity.content_hash(tiny_folder), "rows": training_sets.rows_hash(ROWS), "r": 4, "alpha": 8,
        "dropout": 0.05, "target_modules": sorted(training.TARGET_MODULES), "lr": 1e-2, "min_lr": 1e-5, "warmup": 0.1,
        "epochs": 1, "min_steps": 0, "batch_size": 4, "accumulate": 1, "max_length": 512, "seed": 3, "bf16": None,
        "quantize": "no", "dtype": "auto",
    }  # fmt: skip
    assert json.dumps(recipe) == json.dumps(before), "in this order, too"
    assert training_sets.rows_hash(ROWS).startswith("cd0f2cf3571b"), "the digest that it had then"


def test_a_warm_start_begins_with_the_weights_of_the_other(tiny_folder, tmp_path, read):
    still = QUICK | {"lr": 1e-12, "min_lr": 0.0}
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "still", epochs=1, start=read, **still)
    for name, tensor in weights(out).items():
        torch.testing.assert_close(tensor, weights(read)[name], rtol=0, atol=1e-9)
    assert store.read_json(out / "training.json")["recipe"]["start"] == identity.content_hash(read)
    cold = training.train_lora(tiny_folder, ROWS, tmp_path / "cold", epochs=1, **still)
    assert not all(torch.equal(weights(cold)[name], tensor) for name, tensor in weights(out).items())


def test_a_warm_start_equals_training_that_begins_there(tiny_folder, tmp_path, read):
    """Beside a literal loop whose matrices are set by hand."""
    how = {"r": 4, "alpha": 8, "dropout": 0.0}
    model, tokenizer = models.load(tiny_folder, device="cpu")
    batches = training_sets.prepare(tokenizer, ROWS, epochs=2, batch_size=4).batches()
    with training.attached(model, 9, **how, target_modules=training.TARGET_MODULES) as wrapped:
        state = weights(read)
        with torch.no_grad():
            for name, parameter in wrapped.named_parameters():
                if "lora_" in name:
                    parameter.copy_(state[name.replace(".default", "")])
        losses, _ = literal.train(wrapped, batches, warmup=0.1, lr=1e-2, min_lr=1e-5)
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=2, start=read, **QUICK | how)
    assert pd.read_csv(out / "losses.csv")["loss"].to_numpy() == pytest.approx(losses, rel=1e-3)


def test_another_start_is_another_adapter_and_the_same_one_is_not_trained_again(
    tiny_folder, tmp_path, read, monkeypatch
):
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, start=read, **QUICK)
    runs, real = [], loop.TrainingRun.train
    monkeypatch.setattr(loop.TrainingRun, "train", lambda self, *rest: (runs.append(self), real(self, *rest)))
    moved = shutil.copytree(read, tmp_path / "moved")
    training.train_lora(tiny_folder, ROWS, out, epochs=1, start=moved, **QUICK)
    assert runs == [], "its content counts, not its place"
    first = weights(out)
    training.train_lora(tiny_folder, ROWS, out, epochs=1, **QUICK)
    assert len(runs) == 1 and not all(torch.equal(first[n], t) for n, t in weights(out).items())


class Killed(Exception):
    pass


def test_a_warm_start_that_was_interrupted_goes_on(tiny_folder, tmp_path, read, monkeypatch):
    how = QUICK | {"epochs": 3, "checkpoint_every": 2, "start": read}
    whole = training.train_lora(tiny_folder, TEXT, tmp_path / "whole", **how)
    step = loop._Account.on_step_end

    def fall_over(self, args, state, control, **rest):
        step(self, args, state, control, **rest)
        if self.run.start + state.global_step == 3:
            raise Killed

    monkeypatch.setattr(loop._Account, "on_step_end", fall_over)
    with pytest.raises(Killed):
        training.train_lora(tiny_folder, TEXT, tmp_path / "cut", **how)
    monkeypatch.undo()
    training.train_lora(tiny_folder, TEXT, tmp_path / "cut", **how)
    assert all(torch.equal(weights(whole)[n], t) for n, t in weights(tmp_path / "cut").items())


def test_each_adapter_of_a_group_begins_with_its_own(tiny_folder, tmp_path, read):
    folders = {name: tmp_path / name for name in ("a", "b")}
    how = QUICK | {"epochs": 1, "start": {"a": read, "b": None}}
    made = side_by_side.train_experts(tiny_folder, {"a": ROWS, "b": ROWS}, folders, **how)
    recipes = {name: store.read_json(folder / "training.json")["recipe"] for name, folder in made.items()}
    assert recipes["a"]["start"] == identity.content_hash(read) and "start" not in recipes["b"]


@pytest.mark.parametrize(("change", "message"), [
    ({"r": 8}, "has r=4, but the adapter to be trained has 8"),
    ({"alpha": 4}, "has lora_alpha=8, but the adapter to be trained has 4"),
    ({"target_modules": ("q_proj",)}, "has target_modules="),
])  # fmt: skip
def test_a_start_of_another_shape_is_refused(tiny_folder, tmp_path, read, change, message):
    with pytest.raises(ValueError, match=message):
        training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, start=read, **QUICK | change)


def test_a_start_that_is_a_variant_of_lora_is_refused(tiny_folder, tmp_path, read):
    other = shutil.copytree(read, tmp_path / "root")
    (other / "training.json").unlink()
    config = PeftConfig.from_pretrained(str(other)).to_dict() | {"use_rslora": True}
    store.write_json(json.loads(json.dumps(config, default=list)), other / "adapter_config.json")
    with pytest.raises(ValueError, match="use_rslora=True"):
        training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, start=other, **QUICK)


def test_a_start_that_is_broken_or_elsewhere_is_refused(tiny_folder, tmp_path, read):
    def begin(start, base=tiny_folder, out="a"):
        training.train_lora(base, ROWS, tmp_path / out, epochs=1, start=start, **QUICK)

    with pytest.raises(ValueError, match="is the folder to be written"):
        training.train_lora(tiny_folder, ROWS, read, epochs=1, start=read, **QUICK)
    broken = shutil.copytree(read, tmp_path / "broken")
    content = bytearray((broken / "adapter_model.safetensors").read_bytes())
    content[-4] ^= 1
    (broken / "adapter_model.safetensors").write_bytes(content)
    with pytest.raises(ValueError, match="not those its training ended with"):
        begin(broken)
    unfinished = shutil.copytree(read, tmp_path / "unfinished")
    (unfinished / "adapter_model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="its training did not end"):
        begin(unfinished)
    other = tmp_path / "other"
    shutil.copytree(tiny_folder, other)
    (other / "note.txt").write_text("another base")
    with pytest.raises(ValueError, match="was trained on another base"):
        begin(read, other)
