"""Which cards a machine has, by what ``nvidia-smi`` says and ``CUDA_VISIBLE_DEVICES`` leaves."""

import fake_gpus
import pytest

from assl_utils import jobs, machine

H100, L4, SHARED = fake_gpus.H100, fake_gpus.L4, fake_gpus.SHARED


@pytest.fixture(autouse=True)
def asked_anew():
    machine._asked.cache_clear()
    yield
    machine._asked.cache_clear()


@pytest.mark.parametrize(("cards", "found"), [
    ([], []),
    ([L4], [("NVIDIA L4", 23034 / 1024)]),
    ([H100, L4], [("NVIDIA H100 80GB HBM3", 81559 / 1024), ("NVIDIA L4", 23034 / 1024)]),
    ([fake_gpus.SMALL], [("NVIDIA GeForce RTX 3070", 8.0)]),
    (["Odd, with a comma, 1024"], [("Odd, with a comma", 1.0)]),
])  # fmt: skip
def test_cards_are_what_the_driver_reports(monkeypatch, tmp_path, cards, found):
    fake_gpus.install(monkeypatch, tmp_path, *cards)
    assert machine.gpus() == found and machine.gpu_trouble() == ""
    assert [card["name"] for card in machine.describe()["gpus"]] == [name for name, _ in found]


def test_a_card_without_memory_of_its_own_has_the_systems_and_says_so(monkeypatch, tmp_path):
    fake_gpus.install(monkeypatch, tmp_path, SHARED)
    monkeypatch.setattr(machine, "memory_gb", lambda: 119.0)
    assert machine.gpus() == [("NVIDIA GB10, memory shared with the system", 119.0)]


@pytest.mark.parametrize(("visible", "left", "workers"), [
    ("0", [0], ["0"]), ("1", [1], ["1"]), ("1, 0", [1, 0], ["1", "0"]), ("0,7,1", [0], ["0"]), ("", [], []),
    ("-1", [], []), ("7", [], []), ("GPU-1a", [1], ["GPU-1a"]), ("GPU-", [], []), ("MIG-1", [], []),
])  # fmt: skip
def test_what_is_not_visible_is_not_here(monkeypatch, tmp_path, visible, left, workers):
    fake_gpus.install(monkeypatch, tmp_path, H100, L4)
    every = machine.gpus()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert machine.gpus() == [every[number] for number in left]
    assert jobs._cards() == workers
    assert machine.gpu_trouble() == ("" if left else f"CUDA_VISIBLE_DEVICES={visible} names none of the 2 here")


@pytest.mark.parametrize(("answer", "status", "trouble"), [
    ("No devices were found", 6, ""),
    ("NVIDIA-SMI has failed because it could not communicate with the driver", 9, "nvidia-smi fails: NVIDIA-SMI has"),
    ("Failed to initialize NVML: Driver/library version mismatch", 18, "nvidia-smi fails: Failed to initialize NVML"),
    ("<html>what?</html>", 0, "nvidia-smi answers what cannot be read: <html>"),
    ("0, GPU-1, A card, much", 0, "nvidia-smi answers what cannot be read: 0, GPU-1, A card"),
    ("0, GPU-1, A card, [Unknown Error]", 0, "nvidia-smi answers what cannot be read: 0"),
])  # fmt: skip
def test_an_answer_that_is_none_is_no_card_and_says_why(monkeypatch, tmp_path, answer, status, trouble):
    fake_gpus.install(monkeypatch, tmp_path, answer=answer, status=status)
    assert machine.gpus() == [] and machine.gpu_trouble()[: len(trouble)] == trouble
    assert bool(machine.gpu_trouble()) == bool(trouble)


def test_without_the_driver_there_is_nothing_to_say(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.gpus() == [] and machine.gpu_trouble() == ""
