"""pyproject, environment.yml and the two locks speak of one set of versions, and name no address."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
LOCKS = {kind: ROOT / "requirements" / f"{kind}.txt" for kind in ("cpu", "cuda")}


def locked(kind):
    """name -> version of a lock; markers left out."""
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ ;\\\n]+)", LOCKS[kind].read_text(encoding="utf-8"), re.M))


def declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = project["dependencies"] + project["optional-dependencies"]["dev"]
    return {re.match(r"[A-Za-z0-9-]+", text)[0]: text for text in texts}


def conda_pins():
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))["dependencies"]
    return dict(line.split("==") for line in next(d for d in dependencies if isinstance(d, dict))["pip"])


def test_every_declared_package_is_locked_in_both_and_pinned_for_conda():
    torch = (ROOT / "requirements" / "torch.txt").read_text().strip().split("==")[1]
    cpu, cuda, pins = {**locked("cpu"), "torch": torch}, locked("cuda"), conda_pins()
    assert set(declared()) == set(pins)
    for name in declared():
        assert cpu[name] == cuda[name] == pins[name], name


def test_locked_versions_satisfy_what_pyproject_asks():
    packaging = pytest.importorskip("packaging.requirements")
    for name, text in declared().items():
        assert packaging.Requirement(text).specifier.contains(locked("cuda")[name], prereleases=True), text


def test_the_cpu_lock_holds_no_cuda_package_and_differs_by_nothing_else():
    cpu, cuda = locked("cpu"), locked("cuda")
    assert not [name for name in cpu if name.startswith(("nvidia", "cuda", "triton"))]
    extra = set(cuda) - set(cpu)
    assert extra and all(name.startswith(("nvidia-", "cuda-", "triton", "torch")) for name in extra)
    assert {name: cuda[name] for name in cpu} == cpu


@pytest.mark.parametrize("kind", LOCKS)
def test_each_locked_package_has_a_hash_and_the_file_no_address(kind):
    text = LOCKS[kind].read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[A-Za-z0-9])", text.strip()):
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert "://" not in text


def test_the_modules_import_nothing_that_is_not_declared():
    """Every third-party import of assl_utils is a package pyproject declares."""
    import ast
    import sys

    distribution = {"sklearn": "scikit-learn", "yaml": "pyyaml", "faiss": "faiss-cpu", "rouge_chinese": "rouge-chinese",
                    "fontTools": "fonttools"}  # fmt: skip
    allowed = set(declared()) | {"assl_utils", "IPython", "jupyter_client", "nbformat", "nbclient", "packaging"}
    allowed |= {"sphinx", "docutils", "myst_nb"}  # what jupyter-book is made of; its extension speaks to them
    allowed |= {"PIL"}  # what matplotlib writes its pictures with
    folder = ROOT / "assl_utils"
    modules = sorted(path for path in folder.rglob("*.py") if folder / "data" not in path.parents)
    assert len(modules) > 100
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in names:
                top = name.split(".")[0]
                wanted = distribution.get(top, top.replace("_", "-"))
                assert top in sys.stdlib_module_names or wanted in allowed or top in allowed, f"{path.name}: {name}"


def test_ci_runs_every_python_that_make_accepts_and_the_readme_names_them():
    found = re.search(r"\((3, \d+)\) <= sys.version_info\[:2\] <= \((3, \d+)\)", (ROOT / "Makefile").read_text())
    first, last = (int(bound.split(", ")[1]) for bound in found.groups())
    accepted = [f"3.{minor}" for minor in range(first, last + 1)]
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "book.yml").read_text())
    assert workflow["jobs"]["build"]["strategy"]["matrix"]["python"] == accepted
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"Python {', '.join(accepted[:-1])} or {accepted[-1]}" in readme
