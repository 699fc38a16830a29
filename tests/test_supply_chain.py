"""What is fetched from elsewhere is named by its content: packages by hash, actions of the workflow by commit."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_every_action_is_named_by_commit_with_its_version_beside_it():
    text = "".join(path.read_text() for path in (ROOT / ".github" / "workflows").glob("*.y*ml"))
    used = re.findall(r"uses: *(.*)", text)
    assert len(used) >= 4
    for line in used:
        assert re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line), line


@pytest.mark.parametrize("name", ["cpu.txt", "cuda.txt"])
def test_every_package_is_locked_by_version_and_hash(name):
    entries = re.split(r"\n(?=[A-Za-z])", (ROOT / "requirements" / name).read_text().strip())
    entries = [entry for entry in entries if not entry.startswith("#")]
    assert len(entries) > 100
    for entry in entries:
        assert re.match(r"[\w.\[\]-]+==\S+", entry) and "--hash=sha256:" in entry, entry[:80]


def test_packages_are_installed_by_hash_only():
    assert "--no-deps --require-hashes -r" in (ROOT / "requirements" / "install.sh").read_text()
