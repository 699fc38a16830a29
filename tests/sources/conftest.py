"""A hub of our own on the loopback interface, and an environment without anybody's settings."""

import socket
import time

import pytest
from hub_place import FILES, GITHUB
from hub_server import HubServer
from huggingface_hub.utils import _detect_agent, close_session

VARIABLES = (
    "HF_ENDPOINT HF_HUB_OFFLINE TRANSFORMERS_OFFLINE HF_TOKEN HUGGING_FACE_HUB_TOKEN HF_TOKEN_PATH HF_HOME "
    "HF_HUB_CACHE HF_HUB_DISABLE_IMPLICIT_TOKEN HF_OIDC_RESOURCE ASSL_GITHUB_RAW ASSL_CACHE ASSL_PROGRESS "
    "XDG_CACHE_HOME HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy"
).split()


@pytest.fixture
def slept(monkeypatch):
    """The pauses that were made; none of them takes time."""
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    return pauses


@pytest.fixture
def at_home(monkeypatch, tmp_path, slept):
    """No settings but the test's own, a home of its own, and a list of the hosts that are none of ours."""
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
    return tmp_path / "cache"
