"""Is each built page still that of its source: its text, and the code, modules, data and records behind a chapter.

The built book carries, for each page, the digests of what it was made from. A chapter's are those that its run took:
the run may be older than the book, and a page of old results is stale however new the page is.
"""

from pathlib import Path

from assl_utils import store
from assl_utils.runner import fingerprint, pipeline, state
from assl_utils.sources import registry

RECORDS = {  # page: the records below book/ that the module which writes it reads
    "benchmarks": ("recorded/bench/*.json", "recorded/gpu/*.json"),
    "faults": ("recorded/faults/*.json",),
    "scaling_out": ("recorded/load/*.json", "recorded/bench/*.json"),
    "pilot": ("recorded/small_cpu*/*", "recorded/cells/*", "recorded/cells/*/*"),
    "data_faults": ("recorded/consequences/*/*",),
}
OF_ROOT = {"security": "SECURITY.md"}  # pages that lie at the top of the repository, where others look for them
CODE = "the code of notebooks/{}.ipynb"
EVERY = "every page"  # stands for a page: settings, styles, scripts and modules that all pages are made with
KINDS = (("book/recorded/", "record"), ("book/published/", "published table"), ("assl_utils/data/", "data"),
         ("assl_utils/", "module"), ("book/", "file"), ("notebooks/", "notebook"))  # fmt: skip
PACKAGED = Path(store.__file__).resolve().parents[1]
SHOWN = 3  # of what differs, in one sentence


def records(book, page=None):
    """Files of the records that a page, or any page, is written from, in order."""
    patterns = RECORDS.get(page, ()) if page else [pattern for part in RECORDS.values() for pattern in part]
    return sorted(path for pattern in patterns for path in Path(book).glob(pattern) if path.is_file())


class Origins:
    """What the pages of a book are made from, as ``{name: digest}``; ``shared`` are the files behind all of them."""

    def __init__(self, root, shared=()):
        self.root, self.shared = Path(root), shared
        self.hashes = fingerprint.Hashes(self.root)
        self.sources = fingerprint.Sources(self.root, self.hashes)
        self.steps = {}
        if (self.root / "notebooks" / "stages.yaml").exists():
            self.steps = {step.name: step for step in pipeline.load(self.root).steps}

    def now(self, page):
        """What the page would be made from now."""
        if page not in self.steps:
            return self._text(page)
        found = fingerprint.of_notebook(self.root / "notebooks" / f"{page}.ipynb", self.sources)
        kept = {name: self.hashes.of(path) for name, path in self.steps[page].kept(self.root).items()}
        return {**self._text(page), CODE.format(page): found["code"], **found["modules"], **kept}

    def of_run(self, page, run):
        """What the page is made from when it is built: of a chapter, what its run took; None where it has not run."""
        if page not in self.steps:
            return self._text(page)
        took = state.read_manifest(Path(run) / page / state.MANIFEST, ("code", "modules", "inputs"))
        if took is None:
            return None
        kept = {name: digest for name, digest in took["inputs"].items() if name.startswith(f"{pipeline.KEPT}/")}
        return {**self._text(page), CODE.format(page): took["code"], **took["modules"], **kept}

    def _text(self, page):
        """The files that a page is written in or from, without what a run takes."""
        book = self.root / "book"
        files = [book / f"{page}.md", self.root / "notebooks" / f"{page}.ipynb", *records(book, page)]
        files += [registry.FILE] if page.split("_")[0] == "sources" else []
        files += [self.root / OF_ROOT[page]] if page in OF_ROOT else []
        digests = {self._name(path): self.hashes.of(path) for path in (self.shared if page == EVERY else files)}
        return {name: digest for name, digest in digests.items() if digest}

    def _name(self, path):
        """A file's path below the repository, or below the folder where this package lies."""
        return path.relative_to(self.root if path.is_relative_to(self.root) else PACKAGED).as_posix()


def complaints(origins, pages, made_from):
    """A sentence for each page that is not that of its source.

    Parameters
    ----------
    origins : Origins
        Of the repository as it is now.
    pages : list of str
        The pages that the table of contents names.
    made_from : dict
        ``{page: {name: digest} or None}``, as `Origins.of_run` gave it when the book was built.

    Returns
    -------
    list of str
        Which page, what differs, and the command that mends it.
    """
    found = []
    for page in (*pages, EVERY):
        command = "make reproduce" if page in origins.steps else "make book"
        name = page if page == EVERY else f"{page}.html"
        if page not in made_from:
            found.append(f"{name} is not in the built book; `make book` makes it")
        elif made_from[page] is None:
            found.append(f"{name} shows a chapter that has not run to its end; `{command}` runs it")
        elif differs := _between(made_from[page], origins.now(page)):
            found.append(f"{name} is not that of its source: {differs}; `{command}` makes it anew")
    found += [f"{page}.html is a page that book/_toc.yml does not name; `make book` removes it"
              for page in made_from if page not in (*pages, EVERY)]  # fmt: skip
    return found


def _between(old, new):
    """What two origins differ in, in words; a notebook whose code differs is named by that alone."""
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    codes = [name for name in names if name.startswith("the code of ")]
    names = [name for name in names if f"the code of {name}" not in codes]
    said = [f"{_kind(name)}{name} {_how(name, old, new)}" for name in names[:SHOWN]]
    return ", ".join(said) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _kind(name):
    return next((f"the {kind} " for start, kind in KINDS if name.startswith(start)), "")


def _how(name, old, new):
    return "is gone" if new.get(name) is None else "is new" if old.get(name) is None else "has changed"
