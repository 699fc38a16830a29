"""Loss on the answers alone, the paper's schedule, and the same weights however often a run is killed."""

import json
import math
import os
import resource
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pytest
import tiny_model
import torch
from few_rows import QUICK, ROWS
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file

from assl_utils.experts import adapters, generation, identity, loop, models, packing, training, training_sets
from assl_utils.tasks import wordings


def weights(folder):
    return load_file(folder / "adapter_model.safetensors")


def same(one, other):
    one, other = weights(one), weights(other)
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_the_loss_is_the_mean_over_answer_tokens_and_padding_changes_nothing(tiny):
    model, tokenizer = tiny
    samples, _ = training_sets.encode_rows(tokenizer, ROWS)
    nll, count = 0.0, 0
    with torch.no_grad():
        for s in samples:
            logits = model(input_ids=torch.tensor([s.ids])).logits[0].log_softmax(-1)
            for place in range(s.prompt_len, len(s.ids)):
                nll -= logits[place - 1, s.ids[place]].item()
                count += 1
        padded = model(**packing.pad(samples, pad_id=3)).loss.item()
        with packing.packed(model):
            loss = model(**packing.pack(samples)).loss.item()
    assert count == sum(len(s.ids) - s.prompt_len for s in samples)
    assert loss == pytest.approx(nll / count, rel=1e-5) == padded


def test_every_row_has_something_to_learn(tiny):
    samples, shortened = training_sets.encode_rows(tiny[1], ROWS)
    assert shortened == 0 and all(len(s.ids) > s.prompt_len for s in samples)
    assert len(samples[5].ids) - samples[5].prompt_len == 1, "of an empty answer the end is learned"


def test_long_rows_are_shortened_and_counted(tiny):
    rows = pd.concat([ROWS, ROWS[:1].assign(input="净利润" * 200)])
    samples, shortened = training_sets.encode_rows(tiny[1], rows, max_length=64)
    assert shortened == 1 and max(len(s.ids) for s in samples) <= 64
    assert tiny[1].decode(samples[-1].ids[samples[-1].prompt_len :]) == "积极<|im_end|>"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (ROWS.drop(columns="output"), "lack the columns"),
        (ROWS[:0], "no rows"),
        (ROWS.assign(output=None), "not text"),
    ],
)
def test_rows_that_cannot_be_learned_from_are_named(tiny, rows, message):
    with pytest.raises(ValueError, match=message):
        training_sets.encode_rows(tiny[1], rows)


@pytest.mark.parametrize(("n", "batch_size", "epochs"), [(1, 8, 1), (7, 8, 2), (8, 8, 3), (333, 8, 2), (1000, 16, 1)])
def test_each_epoch_holds_each_row_once_in_random_full_batches(n, batch_size, epochs):
    plan = training_sets.plan_batches(n, batch_size, epochs, seed=1)
    per_epoch = math.ceil(n / batch_size)
    assert len(plan) == per_epoch * epochs
    parts = [plan[i : i + per_epoch] for i in range(0, len(plan), per_epoch)]
    orders = [[row for batch in part for row in batch] for part in parts]
    assert all(sorted(order) == list(range(n)) for order in orders)
    assert all(len(batch) == batch_size for part in parts for batch in part[:-1])
    if n > 100:
        assert abs(np.corrcoef(orders[0], range(n))[0, 1]) < 0.2
        assert orders[0] != orders[-1] or epochs == 1
        assert (
            plan
            == training_sets.plan_batches(n, batch_size, epochs, 1)
            != training_sets.plan_batches(n, batch_size, epochs)
        )


def plain_loop(base, rows, *, lr, batch_size, r, alpha, epochs, seed, warmup=0.1, min_lr=1e-5):
    """The recipe read aloud: whole sequences, a mask, full logits, one AdamW step a batch. No dropout."""
    model, tokenizer = models.load(base, device="cpu")
    samples, _ = training_sets.encode_rows(tokenizer, rows)
    plan = training_sets.plan_batches(len(samples), batch_size, epochs, seed)
    torch.manual_seed(seed)
    config = LoraConfig(
        r=r, lora_alpha=alpha, lora_dropout=0.0, target_modules=list(training.TARGET_MODULES), task_type="CAUSAL_LM"
    )
    wrapped = get_peft_model(model, config).train()
    parameters = [p for p in wrapped.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=lr, weight_decay=0.0)
    rise = math.ceil(warmup * len(plan))
    losses = []
    for step, batch in enumerate(plan):
        fall = (step - rise) / max(1, len(plan) - rise)
        cosine = min_lr + (lr - min_lr) * (1 + math.cos(math.pi * fall)) / 2
        optimizer.param_groups[0]["lr"] = lr * step / rise if step < rise else cosine
        width = max(len(samples[i].ids) for i in batch)
        ids, mask, labels = (torch.full((len(batch), width), fill) for fill in (0, 0, -100))
        for row, i in enumerate(batch):
            n, start = len(samples[i].ids), samples[i].prompt_len
            ids[row, :n], mask[row, :n] = torch.tensor(samples[i].ids), 1
            labels[row, start:n] = ids[row, start:n]
        loss = wrapped(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        losses.append((loss.item(), optimizer.param_groups[0]["lr"]))
    return wrapped.state_dict(), losses


def test_training_equals_the_recipe_read_aloud(tiny_folder, tmp_path):
    state, losses = plain_loop(tiny_folder, ROWS, epochs=4, seed=5, **QUICK)
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=4, seed=5, dropout=0.0, **QUICK)
    table = pd.read_csv(out / "losses.csv")
    np.testing.assert_allclose(table["loss"], [loss for loss, _ in losses], rtol=1e-3)
    np.testing.assert_allclose(table["lr"], [rate for _, rate in losses], rtol=1e-6, atol=1e-12)
    for name, tensor in weights(out).items():
        expected = state[name.replace(".weight", ".default.weight")]
        torch.testing.assert_close(tensor, expected, rtol=1e-2, atol=1e-3)


def test_two_half_batches_make_the_step_of_a_whole_one(tiny_folder, tmp_path, monkeypatch):
    whole = [list(range(i, i + 4)) for i in (0, 4, 8)]
    monkeypatch.setattr(training_sets, "plan_batches", lambda *_: whole)
    one = training.train_lora(tiny_folder, ROWS, tmp_path / "one", epochs=1, dropout=0.0, **QUICK)
    halves = [half for batch in whole for half in (batch[:2], batch[2:])]
    monkeypatch.setattr(training_sets, "plan_batches", lambda *_: halves)
    how = QUICK | {"batch_size": 2, "accumulate": 2}
    two = training.train_lora(tiny_folder, ROWS, tmp_path / "two", epochs=1, dropout=0.0, **how)
    first, second = (pd.read_csv(folder / "losses.csv") for folder in (one, two))
    np.testing.assert_allclose(first["loss"], second["loss"], rtol=1e-4)
    np.testing.assert_allclose(first["epoch"], second["epoch"])
    for name, tensor in weights(one).items():
        torch.testing.assert_close(tensor, weights(two)[name], rtol=1e-2, atol=1e-3)


def test_an_expert_learns_plain_peft_loads_it_and_the_base_stays(tiny, tiny_folder, tmp_path):
    model, tokenizer = tiny
    flags, digest = [p.requires_grad for p in model.parameters()], identity.weights_hash(model)
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", min_steps=40, model=tiny, **QUICK)
    table = pd.read_csv(out / "losses.csv")
    assert len(table) >= 40 and table["loss"].iloc[-5:].mean() < 0.6 * table["loss"].iloc[:5].mean()
    assert table["epoch"].iloc[-1] == math.ceil(40 / 3)
    assert identity.weights_hash(model) == digest
    assert [p.requires_grad for p in model.parameters()] == flags and not model.training

    ids = torch.tensor([models.encode_chat(tokenizer, "判断情感\n受处罚消息影响，股价下跌")[0]])
    raw = model(input_ids=ids).logits
    wrapped = PeftModel.from_pretrained(models.load(tiny_folder)[0], out)
    assert not torch.allclose(wrapped(input_ids=ids).logits, raw, atol=0.1)


def test_the_callers_random_numbers_go_on_as_if_nothing_had_happened(tiny_folder, tmp_path):
    torch.manual_seed(7)
    np.random.seed(7)
    expected = torch.rand(3), np.random.rand(3)
    torch.manual_seed(7)
    np.random.seed(7)
    training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, **QUICK)
    assert torch.equal(torch.rand(3), expected[0]) and (np.random.rand(3) == expected[1]).all()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tiny_folder, tmp_path):
    for name, seed in (("one", 0), ("two", 0), ("three", 1)):
        torch.manual_seed(hash(name) % 1000)
        training.train_lora(tiny_folder, ROWS, tmp_path / name, epochs=2, seed=seed, **QUICK)
    for file in ("adapter_model.safetensors", "adapter_config.json", "losses.csv"):
        first = (tmp_path / "one" / file).read_bytes()
        assert first == (tmp_path / "two" / file).read_bytes(), file
    assert not same(tmp_path / "one", tmp_path / "three")


def test_a_finished_adapter_is_returned_and_a_changed_one_is_trained_again(tiny_folder, tmp_path, monkeypatch):
    out = training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, **QUICK)
    assert not (out / "checkpoints").exists()
    before = weights(out)
    runs = []
    monkeypatch.setattr(loop.TrainingRun, "train", lambda self, *rest: runs.append(self))
    training.train_lora(tiny_folder, ROWS, out, epochs=1, **QUICK)
    assert runs == []
    monkeypatch.undo()

    training.train_lora(tiny_folder, ROWS[:8], out, epochs=1, **QUICK)  # other rows
    assert not all(torch.equal(before[name], tensor) for name, tensor in weights(out).items())
    broken = {name: tensor + 1 for name, tensor in weights(out).items()}
    save_file(broken, out / "adapter_model.safetensors")  # weights that are not those it was finished with
    training.train_lora(tiny_folder, ROWS, out, epochs=1, **QUICK)
    assert all(torch.equal(before[name], tensor) for name, tensor in weights(out).items())


class Killed(Exception):
    pass


RESUMABLE = QUICK | {"epochs": 3, "checkpoint_every": 2}


@pytest.fixture(scope="module")
def whole(tiny_folder, tmp_path_factory):
    """An adapter trained without interruption."""
    return training.train_lora(tiny_folder, ROWS, tmp_path_factory.mktemp("run") / "whole", **RESUMABLE)


@pytest.mark.parametrize("at", [1, 4, 7])
def test_a_run_interrupted_at_any_step_ends_with_the_weights_of_an_uninterrupted_one(
    tiny_folder, tmp_path, monkeypatch, whole, at
):
    step = loop._Account.on_step_end

    def fall_over(self, args, state, control, **rest):
        step(self, args, state, control, **rest)
        if self.run.start + state.global_step == at:
            raise Killed

    monkeypatch.setattr(loop._Account, "on_step_end", fall_over)
    with pytest.raises(Killed):
        training.train_lora(tiny_folder, ROWS, tmp_path / "cut", **RESUMABLE)
    monkeypatch.undo()
    assert not (tmp_path / "cut" / "training.json").exists()
    begun = []
    real = loop.TrainingRun.train
    monkeypatch.setattr(loop.TrainingRun, "train", lambda self, *rest: (begun.append(self.start), real(self, *rest)))
    training.train_lora(tiny_folder, ROWS, tmp_path / "cut", **RESUMABLE)
    assert begun == [at // 2 * 2]
    assert same(whole, tmp_path / "cut")
    assert (whole / "losses.csv").read_bytes() == (tmp_path / "cut" / "losses.csv").read_bytes()


def test_a_torn_checkpoint_and_one_of_another_recipe_are_passed_over(tiny_folder, tmp_path, monkeypatch, whole):
    monkeypatch.setattr(loop.TrainingRun, "forget", lambda self: None)
    cut = training.train_lora(tiny_folder, ROWS, tmp_path / "cut", **RESUMABLE)
    other = training.train_lora(tiny_folder, ROWS, tmp_path / "other", **RESUMABLE | {"seed": 9})
    monkeypatch.undo()
    (cut / "training.json").unlink()
    checkpoints = sorted((cut / "checkpoints").glob("*"))
    assert [c.name for c in checkpoints] == ["step-00000006.safetensors", "step-00000008.safetensors"]
    checkpoints[-1].write_bytes(checkpoints[-1].read_bytes()[:-100])
    checkpoints[0].unlink()
    (other / "checkpoints" / "step-00000006.safetensors").rename(cut / "checkpoints" / "step-00000007.safetensors")
    training.train_lora(tiny_folder, ROWS, cut, **RESUMABLE)
    assert same(whole, cut)


@pytest.mark.parametrize("damage", ["cut short", "one bit", "zeros"])
def test_a_damaged_checkpoint_is_never_loaded(tiny_folder, tmp_path, monkeypatch, whole, damage):
    monkeypatch.setattr(loop.TrainingRun, "forget", lambda self: None)
    cut = training.train_lora(tiny_folder, ROWS, tmp_path / "cut", **RESUMABLE)
    monkeypatch.undo()
    (cut / "training.json").unlink()
    older, newest = sorted((cut / "checkpoints").glob("*"))
    content = bytearray(newest.read_bytes())
    if damage == "cut short":
        del content[-100:]
    elif damage == "one bit":
        content[-1000] ^= 1
    else:
        content[-4096:] = bytes(4096)  # what a file system may leave of a page it had not written yet
    newest.write_bytes(content)
    begun = []
    real = loop.TrainingRun.train
    monkeypatch.setattr(loop.TrainingRun, "train", lambda self, *rest: (begun.append(self.start), real(self, *rest)))
    training.train_lora(tiny_folder, ROWS, cut, **RESUMABLE)
    assert begun == [int(older.stem.split("-")[1])]
    assert same(whole, cut)


LONG = QUICK | {"min_steps": 90, "checkpoint_every": 5}


@pytest.fixture(scope="module")
def whole_long(tiny_folder, tmp_path_factory):
    """90 steps without interruption."""
    return training.train_lora(tiny_folder, ROWS, tmp_path_factory.mktemp("run") / "whole", **LONG)


def begin(tiny_folder, cut, tmp_path, how=LONG):
    """A process that trains into ``cut``, once it has written its first checkpoint."""
    rows = tmp_path / "rows.parquet"
    ROWS.to_parquet(rows)
    code = textwrap.dedent(f"""
        import sys
        import pandas as pd, torch
        from assl_utils.experts import training
        torch.set_num_threads({torch.get_num_threads()})
        training.train_lora({str(tiny_folder)!r}, pd.read_parquet({str(rows)!r}), sys.argv[1], **{how!r})
    """)
    root = os.path.dirname(os.path.dirname(os.path.dirname(training.__file__)))
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(cut)], env=os.environ | {"PYTHONPATH": root}, stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not list((cut / "checkpoints").glob("step-*")) and time.monotonic() < deadline:
        assert process.poll() is None, "the run ended before it could be stopped"
        time.sleep(0.005)
    return process


def steps_of(cut):
    return [int(path.stem.split("-")[1]) for path in sorted((cut / "checkpoints").glob("step-*"))]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_run_killed_by_a_signal_ends_with_the_same_weights(tiny_folder, tmp_path, whole_long, number):
    cut = tmp_path / "cut"
    process = begin(tiny_folder, cut, tmp_path)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    expected = process.returncode == -number or (number == signal.SIGINT and "KeyboardInterrupt" in error)
    assert expected, f"the signal does what it always does; {error}"
    assert not (cut / "training.json").exists() and steps_of(cut) and steps_of(cut)[-1] < 90
    training.train_lora(tiny_folder, ROWS, cut, **LONG)
    assert same(whole_long, cut)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_polite_signal_saves_the_step_it_falls_into(tiny_folder, tmp_path, monkeypatch, number):
    monkeypatch.setattr(signal, "raise_signal", lambda n: (_ for _ in ()).throw(Killed(n)))
    step = loop._Account.on_step_begin

    def shoot(self, args, state, control, **rest):
        step(self, args, state, control, **rest)
        if state.global_step == 6:
            os.kill(os.getpid(), number)

    monkeypatch.setattr(loop._Account, "on_step_begin", shoot)
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with pytest.raises(Killed, match=str(int(number))):
        training.train_lora(tiny_folder, ROWS, tmp_path / "cut", **LONG | {"checkpoint_every": 50})
    assert steps_of(tmp_path / "cut") == [7]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers


@pytest.mark.parametrize("later", [False, True])
def test_a_signal_that_comes_twice_at_once_is_one_and_a_later_one_does_not_wait(monkeypatch, later):
    given = []
    monkeypatch.setattr(signal, "raise_signal", given.append)
    with loop._Patience() as patience:
        os.kill(os.getpid(), signal.SIGTERM)
        if later:
            monkeypatch.setattr(loop, "SAME", 0.0)
        os.kill(os.getpid(), signal.SIGTERM)
        assert (given, patience.caught) == (([signal.SIGTERM], None) if later else ([], signal.SIGTERM))


def test_a_full_disk_stops_the_run_with_a_way_out_and_loses_nothing(tiny_folder, tmp_path, whole_long):
    cut, other = tmp_path / "experts" / "cut", tmp_path / "experts" / "other"
    training.train_lora(tiny_folder, ROWS, other, epochs=1, **QUICK)
    before = {path.name: path.read_bytes() for path in other.iterdir()}
    process = begin(tiny_folder, cut, tmp_path)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))  # writes fail in the middle of a file
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1 and "could not be written" in error and "goes on from step" in error
    assert steps_of(cut) and not (cut / "training.json").exists()
    assert not list(cut.rglob("*.part*")), "no half-written file stays"
    training.train_lora(tiny_folder, ROWS, cut, **LONG)
    assert same(whole_long, cut)
    assert {path.name: path.read_bytes() for path in other.iterdir()} == before


def test_activations_computed_twice_change_nothing(tiny_folder, tmp_path, whole):
    twice = training.train_lora(tiny_folder, ROWS, tmp_path / "twice", gradient_checkpointing=True, **RESUMABLE)
    assert same(whole, twice)
    assert json.loads((twice / "training.json").read_text())["gradient_checkpointing"]


def test_a_base_in_four_bits_learns_and_is_not_mistaken_for_a_whole_one(tmp_path):
    pytest.importorskip("bitsandbytes")
    base = tiny_model.save(tmp_path / "base", hidden=128)  # its blocks hold 64 weights
    small = models.load(base, device="cpu", quantize="4bit")
    assert models.quantized(small[0]) == "4bit" and models.quantized(models.load(base)[0]) == "no"
    assert small[0].get_memory_footprint() < 0.75 * models.load(base, device="cpu")[0].get_memory_footprint()
    digest = identity.weights_hash(small[0])
    how = QUICK | {"min_steps": 40}
    out = training.train_lora(base, ROWS, tmp_path / "a", quantize="4bit", model=small, **how)
    table = pd.read_csv(out / "losses.csv")
    assert table["loss"].iloc[-5:].mean() < 0.7 * table["loss"].iloc[:5].mean()
    assert identity.weights_hash(small[0]) == digest
    with pytest.raises(ValueError, match="quantize is 'no', but the model given is '4bit'"):
        training.train_lora(base, ROWS, tmp_path / "b", model=small, **how)
    with adapters.adapters(small[0], {"a": out}) as (wrapped, full):
        prompts = [wordings.prompt(i, x) for i, x in zip(ROWS["instruction"], ROWS["input"], strict=True)]
        answers = generation.generate(wrapped, small[1], prompts, full["a"], max_new_tokens=8)
    right = sum(a == b for a, b in zip(answers, ROWS["output"], strict=True))
    assert right >= 8, answers
    assert identity.weights_hash(small[0]) == digest, "an adapter is never added to weights of four bits"


def test_a_model_that_cannot_be_packed_is_padded(tiny_folder, tmp_path, monkeypatch, whole):
    monkeypatch.setattr(packing, "can_pack", lambda *_: False)
    padded = training.train_lora(tiny_folder, ROWS, tmp_path / "padded", **RESUMABLE)
    account = json.loads((padded / "training.json").read_text())
    assert not account["packed"] and account["padded_tokens"] > account["tokens"]
    assert json.loads((whole / "training.json").read_text())["packed"]


def test_a_model_that_is_not_the_base_is_refused(tiny, tmp_path, tiny_folder):
    other = tmp_path / "other"
    tiny[0].save_pretrained(other)
    with pytest.raises(ValueError, match="was loaded from"):
        training.train_lora(other, ROWS, tmp_path / "a", model=tiny)


def test_a_loss_that_is_not_a_number_stops_the_run(tiny, tiny_folder, tmp_path):
    with torch.no_grad():
        tiny[0].model.norm.weight.fill_(float("nan"))
    with pytest.raises(FloatingPointError, match="step 1"):
        training.train_lora(tiny_folder, ROWS, tmp_path / "a", epochs=1, model=tiny, **QUICK)
    assert not (tmp_path / "a" / "training.json").exists()
