"""Fixtures shared by several test files: a tiny model, a mirror in miniature."""

import signal

import pytest

# A shell that puts the tests in the background makes them, and all they start, deaf to Ctrl-C; some of them send it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory):
    """A tiny random Qwen2 with its tokenizer, as a Hugging Face folder."""
    import tiny_model

    return tiny_model.save(tmp_path_factory.mktemp("tiny") / "base")


@pytest.fixture
def tiny(tiny_folder):
    """The tiny model, loaded afresh, and its tokenizer."""
    from assl_utils.experts import models

    return models.load(tiny_folder, device="cpu")


@pytest.fixture
def contents():
    """The replica's files: path and bytes."""
    import data_replica

    return {path: held[0] for path, held in data_replica.contents().items()}


@pytest.fixture
def mirror(tmp_path, contents, monkeypatch):
    """The replica's folder, and a registry that expects what it holds."""
    import data_replica

    from assl_utils.sources import registry

    root = tmp_path / "mirror"
    data_replica.write(root)
    for kind in ("sources", "benchmarks"):
        held = data_replica.as_held(getattr(registry, kind)(), root)
        monkeypatch.setattr(registry, kind, lambda held=held: held)
    return root
