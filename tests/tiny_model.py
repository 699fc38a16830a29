"""A Qwen2-shaped model of a few thousand parameters and a tokenizer to match, so that tests need nothing shipped."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TEXTS = [
    "判断这条微博的情感：积极、中性还是消极",
    "公司发布年报，净利润同比增长三成，股价上涨",
    "受处罚消息影响，公司股价下跌，投资者情绪消极",
    "两个句子的意思是否相同？是或否",
    "抽取文本中的实体和类型，例如公司名称",
    "单项选择题：A、B、C、D 选出正确答案",
]


def tokenizer(chat=True, texts=TEXTS, vocab_size=700):
    """Byte-level BPE, so that any text can be written; ``chat=False`` gives one without a chat template."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    bpe.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=vocab_size,
            special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=bpe,
        eos_token="<|im_end|>" if chat else "<|endoftext|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=["<|im_start|>", "<|im_end|>"],
    )
    if chat:
        wrapped.chat_template = CHAT_TEMPLATE
    return wrapped


def model(vocab_size, hidden=32, layers=2, heads=4, seed=0):
    """Random weights, spread widely enough that greedy answers differ from prompt to prompt."""
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=vocab_size,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=heads // 2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        initializer_range=0.2,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    return Qwen2ForCausalLM(config).eval()


def save(folder, chat=True, **shape):
    """Write model and tokenizer as an ordinary Hugging Face folder."""
    folder = Path(folder)
    words = tokenizer(chat)
    model(len(words), **shape).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder
