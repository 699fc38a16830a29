"""The chapters as data: which notebook reads what an earlier one left, and what it must leave itself."""

import fnmatch
import functools
import re
from dataclasses import dataclass
from pathlib import Path

from assl_utils.errors import DataError
from assl_utils.runner import yaml_reading

KEPT = "book"  # the folder of the repository whose files a stage may read beside earlier stages'


class RunnerError(Exception):
    """Something a person has to put right before the run can go on; the message says what."""


@dataclass(frozen=True)
class Step:
    """One stage of the run.

    Attributes
    ----------
    name : str
        Name of the notebook and of the stage's folder, ``"04_adbscan"``.
    reads : tuple of str
        Patterns of earlier stages' files, ``"03_semantic_clustering/vectors.npy"``, or of files that the book keeps,
        ``"book/recorded/*"``.
    writes : tuple of str
        Patterns of its own files that must exist afterwards.
    publish : tuple of str
        Small tables that `make publish` keeps.
    """

    name: str
    reads: tuple = ()
    writes: tuple = ()
    publish: tuple = ()

    @functools.cached_property
    def upstream(self):
        """Names of the stages it reads from, in order."""
        return tuple(sorted({pattern.split("/")[0] for pattern in self.reads} - {KEPT}))

    def selects(self, stage, names):
        """Those of the files ``names`` of the stage ``stage`` that this step reads."""
        return sorted(n for n in names if any(fnmatch.fnmatchcase(f"{stage}/{n}", p) for p in self.reads))

    def kept(self, root):
        """The files below ``root`` that the book keeps and this step reads, ``{"book/paper_values.csv": path}``."""
        found = {}
        for pattern in self.reads:
            if pattern.startswith(f"{KEPT}/"):
                above = Path(root, pattern.split("*")[0].rpartition("/")[0])
                names = {path.relative_to(root).as_posix(): path for path in above.rglob("*") if path.is_file()}
                found |= {name: path for name, path in names.items() if fnmatch.fnmatchcase(name, pattern)}
        return dict(sorted(found.items()))


@dataclass(frozen=True)
class Pipeline:
    """All steps in order, and the folder they live in."""

    root: Path
    steps: tuple

    def __getitem__(self, name):
        return next(step for step in self.steps if step.name == name)

    @property
    def names(self):
        """Names of the steps in order."""
        return [step.name for step in self.steps]

    def notebook(self, name):
        """Path of a step's notebook."""
        return self.root / "notebooks" / f"{name}.ipynb"

    def find(self, text):
        """The step that ``"04"``, ``"4"`` or ``"04_adbscan"`` means."""
        for step in self.steps:
            if text in (step.name, step.name.split("_")[0], step.name.split("_")[0].lstrip("0")):
                return step
        raise RunnerError(f"there is no chapter {text}; the chapters are {', '.join(self.names)}")

    def upto(self, name=None):
        """The steps that must be done for ``name`` to run, itself included, in order; all without a name."""
        if name is None:
            return list(self.steps)
        wanted = {self.find(name).name}
        for step in reversed(self.steps):
            if step.name in wanted:
                wanted.update(step.upstream)
        return [step for step in self.steps if step.name in wanted]


def load(root):
    """The pipeline that ``notebooks/stages.yaml`` declares, its arrows checked."""
    root = Path(root)
    page = read_page(root / "notebooks" / "stages.yaml")
    steps = []
    for name, entry in page.content.items():
        where = f"stages.yaml, line {page.lines[name,]}"
        if not re.fullmatch(r"\w+", name, re.ASCII):
            raise RunnerError(f"{where}: a stage is named by letters, digits and _, not `{name}`")
        entry = {} if entry is None else entry
        if not isinstance(entry, dict):
            raise RunnerError(f"{where}: {name} holds reads, writes and publish, not `{entry}`")
        for key, patterns in entry.items():
            where = f"stages.yaml, line {page.lines[name, key]}"
            if key not in ("reads", "writes", "publish"):
                raise RunnerError(f"{where}: {name} has an entry `{key}`; known are reads, writes and publish")
            if not isinstance(patterns or [], list) or not all(map(_inside, patterns or [])):
                raise RunnerError(f"{where}: `{key}` of {name} is a list of files inside the run, not {patterns!r}")
        step = Step(name, **{key: tuple(value or ()) for key, value in entry.items()})
        for upstream in step.upstream:
            if upstream not in [s.name for s in steps]:
                raise RunnerError(f"{where}: {name} reads from {upstream}, which is no earlier stage")
        steps.append(step)
    return Pipeline(root, tuple(steps))


def _inside(pattern):
    """Whether a pattern names files below a folder, by a relative path."""
    return isinstance(pattern, str) and bool(pattern) and pattern[0] != "/" and ".." not in pattern.split("/")


def read_yaml(path):
    """A YAML mapping, see `assl_utils.runner.yaml_reading.read`; an empty file is an empty mapping."""
    return read_page(path).content


def read_page(path):
    """`assl_utils.runner.yaml_reading.read`, with `RunnerError` for all that is wrong."""
    try:
        return yaml_reading.read(path)
    except FileNotFoundError:
        raise RunnerError(f"{path} is missing") from None
    except DataError as error:
        raise RunnerError(str(error)) from None
