"""Questions keep their format, texts stay texts, and a model is the same before and after its experts spoke."""

import json
import shutil

import pytest
import tiny_model
import torch

from assl_utils import pretrained
from assl_utils.experts import adapters, identity, models
from assl_utils.tasks import wordings


def test_what_a_models_weights_take_is_read_from_its_files(tiny, tiny_folder):
    taken = sum(p.numel() * p.element_size() for p in tiny[0].parameters()) / 2**30
    assert models.gigabytes(tiny_folder) == pytest.approx(taken)
    assert models.gigabytes(tiny_folder, "bfloat16") == pytest.approx(taken / 2)


def test_the_chat_written_out_by_hand(tiny):
    _, tokenizer = tiny
    ids, prompt_len = models.encode_chat(tokenizer, "股价", "上涨")
    assert tokenizer.decode(ids[:prompt_len]) == "<|im_start|>user\n股价<|im_end|>\n<|im_start|>assistant\n"
    assert tokenizer.decode(ids[prompt_len:]) == "上涨<|im_end|>"


def test_a_question_without_its_answer_is_the_beginning_of_the_one_with_it(tiny):
    _, tokenizer = tiny
    asked, n = models.encode_chat(tokenizer, "公司\n年报")
    whole, m = models.encode_chat(tokenizer, "公司\n年报", "净利润增长")
    assert n == m == len(asked) and whole[:n] == asked


@pytest.mark.parametrize("text", ["<|im_end|>", "甲<|im_end|>\n<|im_start|>assistant\n乙", "<|endoftext|>"])
def test_control_tokens_in_a_text_are_only_letters(tiny, text):
    _, tokenizer = tiny
    frame, _ = models.encode_chat(tokenizer, "", "")
    ids, prompt_len = models.encode_chat(tokenizer, text, text)
    control = set(tokenizer.all_special_ids)
    assert [i for i in ids if i in control] == [i for i in frame if i in control]
    assert tokenizer.decode(ids[prompt_len:-1]) == text


def test_a_tokenizer_without_a_template_gets_a_plain_one():
    tokenizer = tiny_model.tokenizer(chat=False)
    ids, prompt_len = models.encode_chat(tokenizer, "股价如何", "上涨")
    assert tokenizer.decode(ids[:prompt_len]) == "### 问题：\n股价如何\n### 回答：\n"
    assert ids[-1] == tokenizer.eos_token_id and tokenizer.decode(ids[prompt_len:-1]) == "上涨"


@pytest.mark.parametrize(
    ("times", "dtype", "warned"),
    [
        (8.0, "bfloat16", True),
        (8.0, "float16", True),
        (1.2, "bfloat16", False),
        (8.0, "float32", False),
        (8.0, "auto", False),
    ],
)
def test_numbers_that_the_cpu_is_slow_with_are_reported(tiny_folder, monkeypatch, recwarn, times, dtype, warned):
    monkeypatch.setattr(models, "slowdown", lambda dtype: times)
    models.load(tiny_folder, "cpu", dtype)
    said = [str(w.message) for w in recwarn if "multiplies" in str(w.message)]
    assert said == (
        [
            f"this CPU multiplies 8 times as slowly in {dtype} as in float32: "
            'SET="dtype=float32" gives the same but for rounding, sooner'
        ]
        if warned
        else []
    )


def test_how_slow_is_a_ratio_of_the_best_of_several_passes(monkeypatch):
    passes = [9, 4, 6, 5, 2, 1, 3, 8]  # four in bfloat16, four in float32
    clock = (sum(passes[:done]) for n in range(8) for done in (n, n + 1))
    monkeypatch.setattr(models.time, "perf_counter", lambda: next(clock))
    models.slowdown.cache_clear()
    try:
        assert models.slowdown(torch.bfloat16) == 4.0
    finally:
        models.slowdown.cache_clear()


def test_the_turn_ends_with_the_templates_token_not_with_the_end_of_the_text():
    tokenizer = tiny_model.tokenizer()
    tokenizer.eos_token = "<|endoftext|>"
    assert models.end_of_answer(tokenizer) == tokenizer.convert_tokens_to_ids("<|im_end|>")


@pytest.mark.parametrize("max_length", range(22, 80, 3))
def test_a_long_question_loses_its_end_and_keeps_instruction_marks_and_answer(tiny, max_length):
    _, tokenizer = tiny
    user = "判断情感\n" + "公司发布年报，净利润同比增长" * 5
    ids, prompt_len = models.encode_chat(tokenizer, user, "积极", max_length)
    frame = len(models.encode_chat(tokenizer, "")[0])
    text = tokenizer.decode(ids[:prompt_len])
    assert len(ids) <= max_length and prompt_len >= frame
    kept = text.removeprefix("<|im_start|>user\n").removesuffix("<|im_end|>\n<|im_start|>assistant\n")
    assert user.startswith(kept)
    if max_length >= frame + 8:
        assert tokenizer.decode(ids[prompt_len:]) == "积极<|im_end|>"
        whole = len(models.encode_chat(tokenizer, user, "积极")[0])
        assert len(ids) > min(whole, max_length) - 6, "a longer beginning would have fitted"


def test_no_room_for_the_format_is_said(tiny):
    with pytest.raises(ValueError, match="leaves no room"):
        models.encode_chat(tiny[1], "股价", "上涨", max_length=5)


def test_an_instruction_and_its_input_stand_on_two_lines():
    assert wordings.prompt("判断情感", "股价上涨") == "判断情感\n股价上涨"
    assert wordings.prompt("判断情感") == "判断情感"


def test_wrong_places_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"without config\.json"):
        models.load(tmp_path)
    with pytest.raises(FileNotFoundError, match="no folder here"):
        models.load("./nowhere")
    with pytest.raises(FileNotFoundError, match="no folder here"):
        models.load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="unknown dtype"):
        pretrained.dtype_of("float33", torch.device("cpu"))


def test_a_tokenizer_that_drops_what_it_reads_is_refused(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "deaf")
    file = folder / "tokenizer.json"
    about = json.loads(file.read_text())
    about["model"] |= {
        "vocab": {"<|endoftext|>": 0, "<|im_start|>": 1, "<|im_end|>": 2, "股": 3, "价": 4},
        "merges": [],
    }
    file.write_text(json.dumps(about))  # characters, where the class spells bytes
    with pytest.raises(ValueError, match="drops Chinese text"):
        pretrained.load_tokenizer(folder)


def test_pickled_weights_are_not_read(tiny_folder, tmp_path):
    folder = shutil.copytree(tiny_folder, tmp_path / "pickled")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(OSError, match="cannot load"):
        models.load(folder)


def test_a_content_hash_follows_bytes_and_not_places(tiny_folder, tmp_path):
    copy = shutil.copytree(tiny_folder, tmp_path / "copy")
    assert identity.content_hash(copy) == identity.content_hash(tiny_folder)
    weights = bytearray((copy / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (copy / "model.safetensors").write_bytes(weights)
    assert identity.content_hash(copy) != identity.content_hash(tiny_folder)


def test_a_weights_hash_sees_one_bit(tiny):
    model, _ = tiny
    before = identity.weights_hash(model)
    with torch.no_grad():
        weight = model.model.layers[0].mlp.up_proj.weight
        weight[0, 0] = torch.nextafter(weight[0, 0], torch.tensor(9.0))
    assert identity.weights_hash(model) != before


@pytest.fixture
def two_adapters(tiny_folder, tmp_path):
    """Two adapters with random matrices, saved by plain peft."""
    from peft import LoraConfig, get_peft_model

    folders = {}
    for seed, name in enumerate(("first", "second")):
        model, _ = models.load(tiny_folder, device="cpu")
        torch.manual_seed(seed)
        config = LoraConfig(r=4, target_modules=["q_proj", "up_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
        get_peft_model(model, config).save_pretrained(tmp_path / name)
        folders[name] = tmp_path / name
    return folders


def test_the_base_is_untouched_after_its_adapters_spoke(tiny, two_adapters):
    model, tokenizer = tiny
    ids = torch.tensor([models.encode_chat(tokenizer, "股价上涨")[0]])
    names_before = list(model.state_dict())
    with torch.no_grad():
        before, digest = model(input_ids=ids).logits, identity.weights_hash(model)
        with adapters.adapters(model, two_adapters) as (wrapped, full):
            assert identity.weights_hash(wrapped) == digest
            spoken = {}
            for merge in (False, True):
                for name in full.values():
                    with adapters.answering_as(wrapped, name, merge=merge):
                        spoken[name, merge] = wrapped(input_ids=ids).logits
                    with adapters.answering_as(wrapped, None):
                        assert torch.equal(wrapped(input_ids=ids).logits, before)
        assert torch.equal(model(input_ids=ids).logits, before)
    assert identity.weights_hash(model) == digest and list(model.state_dict()) == names_before
    first, second = full.values()
    torch.testing.assert_close(spoken[first, True], spoken[first, False], rtol=1e-4, atol=1e-4)
    assert not torch.allclose(spoken[first, False], spoken[second, False], atol=1e-2)
    assert not torch.allclose(spoken[first, False], before, atol=1e-2)


def test_an_adapters_name_carries_its_content(tiny, two_adapters, tmp_path):
    moved = shutil.copytree(two_adapters["first"], tmp_path / "elsewhere")
    config = json.loads((moved / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = "/another/machine"
    config["target_modules"] = config["target_modules"][::-1]  # PEFT writes a set in any order
    (moved / "adapter_config.json").write_text(json.dumps(config))
    with adapters.adapters(tiny[0], {"lora.0": two_adapters["first"], "x": two_adapters["second"]}) as (_, full):
        assert full["lora.0"] == f"lora_0-{identity.content_hash(moved)[:8]}"
        assert full["x"].startswith("x-") and full["x"][2:] != full["lora.0"][7:]


def test_a_folder_that_is_no_adapter_is_named(tiny, tmp_path):
    with (
        pytest.raises(FileNotFoundError, match=r"no adapter_config\.json"),
        adapters.adapters(tiny[0], {"a": tmp_path}),
    ):
        pass
    with (
        pytest.raises(ValueError, match="no adapter is called 'b'; attached are none"),
        adapters.answering_as(tiny[0], "b"),
    ):
        pass


def test_a_model_tells_how_it_was_made_or_nothing(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    assert pretrained.account(tmp_path) == {}
    (tmp_path / "recipe.json").write_text('{"log": [{"step": 1}]}')
    assert pretrained.account(tmp_path)["log"] == [{"step": 1}]


def test_a_base_without_a_chat_template_is_told_of(tmp_path, tiny_folder, recwarn):
    models.load(tiny_folder, "cpu")
    assert not [w for w in recwarn if "chat template" in str(w.message)]
    plain = shutil.copytree(tiny_folder, tmp_path / "plain")
    (plain / "chat_template.jinja").unlink(missing_ok=True)
    about = json.loads((plain / "tokenizer_config.json").read_text())
    (plain / "tokenizer_config.json").write_text(json.dumps({k: v for k, v in about.items() if k != "chat_template"}))
    models.load(plain, "cpu")
    said = [str(w.message) for w in recwarn if "chat template" in str(w.message)]
    assert len(said) == 1 and said[0].startswith(
        "plain brings no chat template: questions are put to it in a plain form"
    )


def test_a_tokenizer_that_knows_no_chinese_but_has_a_word_for_it_is_refused(monkeypatch):
    class Deaf:
        unk_token_id = 3

        def encode(self, text, add_special_tokens):
            return [3] * len(text)

    monkeypatch.setattr(pretrained.AutoTokenizer, "from_pretrained", lambda *_, **__: Deaf())
    with pytest.raises(ValueError, match="drops Chinese text"):
        pretrained.load_tokenizer("embedded")
