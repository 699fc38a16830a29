"""A tokenizer, a fitted encoder and a transformer of random weights, once for all tests of the space."""

import pytest
import tiny_model
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from texts import corpus
from transformers import BertConfig, BertModel

from assl_utils.space import static


@pytest.fixture(scope="session")
def tokenizer():
    return tiny_model.tokenizer(texts=corpus()[0], vocab_size=420)


@pytest.fixture(scope="session")
def encoder(tokenizer, tmp_path_factory):
    return static.fit_static(corpus()[0], tokenizer, dim=16, out_dir=tmp_path_factory.mktemp("fit") / "encoder")


@pytest.fixture(scope="session")
def transformer(tokenizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id,
        initializer_range=0.2,
    )  # fmt: skip
    BertModel(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    module = Transformer(str(folder))
    module.max_seq_length = 48
    return SentenceTransformer(modules=[module, Pooling(32, pooling_mode="mean")], device="cpu")
