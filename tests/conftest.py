"""Fixtures shared by the tests of the model side."""

import pytest


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A tiny random Qwen2 with its tokenizer, as a Hugging Face folder."""
    import tiny_model

    return tiny_model.save(tmp_path_factory.mktemp("tiny") / "base")


@pytest.fixture
def tiny(tiny_folder):
    """The tiny model, loaded afresh, and its tokenizer."""
    from assl_utils import models

    return models.load(tiny_folder, device="cpu")
