"""Fixtures shared by several test files: a tiny model, a mirror in miniature, a hub on the loopback interface."""

import signal
import socket
import time

import pytest

# A shell that puts the tests in the background makes them, and all they start, deaf to Ctrl-C; some of them send it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

VARIABLES = (
    "HF_ENDPOINT HF_HUB_OFFLINE TRANSFORMERS_OFFLINE HF_TOKEN HUGGING_FACE_HUB_TOKEN HF_TOKEN_PATH HF_HOME "
    "HF_HUB_CACHE HF_HUB_DISABLE_IMPLICIT_TOKEN HF_OIDC_RESOURCE ASSL_GITHUB_RAW ASSL_CACHE ASSL_PROGRESS "
    "XDG_CACHE_HOME HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy"
).split()


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


@pytest.fixture
def forgets():
    """What a test adds to the catalog and its like is gone after it."""
    from assl_utils.routing import choosing
    from assl_utils.selection import ways
    from assl_utils.tasks import catalog, forms, parsing, roles, wordings

    known = [(catalog, "SUBTASKS"), (catalog, "LABELS"), (catalog, "OWN"), (wordings, "ADDED"), (forms, "TASK_FORMS")]
    known += [(roles, "OWN"), (parsing, "_READERS"), (ways, "WAYS"), (choosing, "WORDS"), (choosing, "_FUNCTIONS")]
    tables = [getattr(module, name) for module, name in known]  # changed in place: others hold the same dict
    before = [dict(table) for table in tables]
    yield
    for table, was in zip(tables, before, strict=True):
        table.clear()
        table.update(was)


@pytest.fixture
def slept(monkeypatch):
    """The pauses that were made; none of them takes time."""
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


@pytest.fixture
def at_home(monkeypatch, tmp_path, slept):
    """No settings but the test's own, a home of its own, and a list of the hosts that are none of ours."""
    from huggingface_hub.utils import _detect_agent, close_session

    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ASSL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_detect_agent, "_registry", None)  # what an earlier call knows
    strangers, resolve = [], socket.getaddrinfo

    def at_home_only(host, *rest, **options):
        if host not in ("127.0.0.1", "localhost"):
            strangers.append(host)
            raise socket.gaierror(f"{host} is no host of this test")
        return resolve(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", at_home_only)
    close_session()
    yield strangers
    close_session()
    assert strangers == []


@pytest.fixture
def server(monkeypatch):
    """The hub and the GitHub of `hub_server`, with the files of `hub_place`."""
    from hub_place import FILES, GITHUB
    from hub_server import HubServer

    with HubServer(FILES, github=GITHUB) as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def closed():
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


@pytest.fixture
def cache(tmp_path):
    """The folder that `at_home` keeps downloads in."""
    return tmp_path / "cache"
