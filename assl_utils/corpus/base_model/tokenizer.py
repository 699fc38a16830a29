"""The tokenizer of the embedded base model: byte-level pairs in the form of Qwen2's, with its chat format."""

import json

from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers
from transformers import Qwen2Tokenizer

END, TURN, TURN_END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def train_tokenizer(texts, vocab_size: int, longest_token: int) -> Qwen2Tokenizer:
    """A byte-level BPE over ``texts`` in the form that transformers gives every Qwen2 model.

    Digits, punctuation and spaces are kept apart while the merges are learned, so no merge crosses them afterwards, and
    only short words become tokens.
    """
    core = Tokenizer(models.BPE())
    alone = pre_tokenizers.Split(Regex(r"\p{N}|[^\p{L}]"), "isolated")
    core.pre_tokenizer = pre_tokenizers.Sequence([alone, pre_tokenizers.ByteLevel(False, use_regex=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        max_token_length=longest_token,
        special_tokens=[END, TURN, TURN_END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator(texts, trainer)
    learned = json.loads(core.to_str())["model"]
    tokenizer = Qwen2Tokenizer(
        vocab=learned["vocab"],
        merges=[tuple(pair) for pair in learned["merges"]],
        unk_token=None,
        eos_token=TURN_END,
        pad_token=END,
        additional_special_tokens=[TURN],
        model_max_length=1024,
        padding_side="left",
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer
