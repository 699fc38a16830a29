"""The shipped tokenizer, loaded once."""

import pytest
from transformers import AutoTokenizer

from assl_utils.pretrained import EMBEDDED


@pytest.fixture(scope="session")
def tokenizer():
    return AutoTokenizer.from_pretrained(EMBEDDED)
