"""Builds the book of a run, and publishes a run's small tables.

    python -m assl_utils.book.build build [--profile cpu] [--run runs/cpu]
    python -m assl_utils.book.build check
    python -m assl_utils.book.build publish [--profile cpu] [--run runs/cpu]

The pages of ``book/`` and the chapters the run executed are gathered in ``book/_build/src`` and built there, warnings
counting as errors. Only a book that built takes the place of the one before, in ``book/_build/html``. Nothing happens
when nothing changed: the built book carries the digest of all it was made from.
"""

import argparse
import ast
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from assl_utils import store
from assl_utils.book import launch, stale, theme
from assl_utils.book.explore import files
from assl_utils.runner import diff, fingerprint, notebook, pipeline, profiles, state
from assl_utils.runner import shapes as runner_shapes

# What is heavy (YAML, Sphinx, fontTools) is imported where it is used: finding that nothing changed takes no time.

TOOLS = ("jupyter-book", "sphinx", "myst-nb", "sphinx-book-theme")
NOT_PAGES = ("_build", "published", "recorded")
REGISTRY = ("sources", "sources_labels", "sources_texts", "sources_questions", "sources_benchmarks", "sources_aside")
WRITTEN = (*REGISTRY, "benchmarks", "faults", "pilot", "data_faults", "scaling_out", "explore")  # modules write them
MARK = ".book.json"


class BookError(Exception):
    """The book cannot be built; the message says why and where."""


def run_folder(root, profile="cpu", run=None):
    """The run's folder: ``run`` if given, else ``runs/<profile>``; an empty name and a path are no profile's."""
    if run is None and not re.fullmatch(profiles.NAME, profile):
        raise BookError(f"`{profile}` names no profile: one is small letters, digits and _")
    if run is not None and not str(run).strip():
        raise BookError("--run is empty; it names the run's folder, such as runs/cpu")
    return Path(root, f"runs/{profile}" if run is None else run)


def inputs(root, run):
    """Every file the book is made from, in order."""
    root = Path(root)
    pages = [
        p for p in (root / "book").rglob("*") if p.is_file() and p.relative_to(root / "book").parts[0] not in NOT_PAGES
    ]
    results = [path for name in ("notebook.ipynb", state.MANIFEST) for path in Path(run).glob(f"*/{name}")]
    above = [root / name for name in stale.OF_ROOT.values() if (root / name).exists()]
    chapters = (root / "notebooks").glob("*.ipynb")
    return sorted([*pages, *above, *chapters, *results]) + makers() + stale.records(root / "book") + files.reads(run)


def makers():
    """The modules and data that this builder is made of, found as those behind a chapter are."""
    root = Path(store.__file__).resolve().parents[1]
    sources = fingerprint.Sources(root, fingerprint.Hashes(root))
    return [root / name for name in sources.behind(ast.parse(Path(__file__).read_text(encoding="utf-8")), without=())]


def digest_of(root, run):
    """Digest of the inputs' names and bytes and of the builder's versions; times and places do not count."""
    digest = hashlib.sha256(repr([(name, importlib.metadata.version(name)) for name in TOOLS]).encode())
    digest.update(Path(run).name.encode())
    for path in inputs(root, run):
        name = path.relative_to(root) if path.is_relative_to(root) else path.relative_to(path.parents[1])
        digest.update(f"{name}\0{store.sha256(path)}\n".encode())
    return digest.hexdigest()


def standing(html):
    """Digest of the built book, None if there is none."""
    return _mark(html).get("fingerprint")


def _mark(html):
    """What the built book says of itself; nothing where there is none."""
    try:
        return dict(json.loads((html / MARK).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def origins(root):
    """What the book's pages are made from, as the repository is now."""
    shared = [p for p in (root / "book").rglob("*") if p.is_file() and p.suffix != ".md"]
    shared = [p for p in shared if p.relative_to(root / "book").parts[0] not in NOT_PAGES]
    return stale.Origins(root, [*sorted(shared), *makers()])


def check(root):
    """Sentences on the pages of the built book that are not those of the repository as it is now."""
    root = Path(root).resolve()
    html = root / "book" / "_build" / "html"
    made_from = _mark(html).get("pages")
    if made_from is None:
        raise BookError("book/_build/html holds no book, or one of an earlier version; `make book` makes it")
    there = {path.stem for path in html.glob("*.html")} | {stale.EVERY}
    made_from = {page: digests for page, digests in made_from.items() if page in there}
    return stale.complaints(origins(root), table_of_contents(root / "book"), made_from)


def table_of_contents(folder):
    """Names of the pages that ``_toc.yml`` in a folder lists, in order."""
    import yaml

    return _files(yaml.safe_load((Path(folder) / "_toc.yml").read_text(encoding="utf-8")))


def assemble(root, run, source):
    """Gather the pages and the run's chapters in the folder ``source``; returns the chapters' names.

    A chapter is any page of the table of contents that has a notebook of its name.
    """
    from assl_utils.book import pages

    root, run, source = Path(root), Path(run), Path(source)
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(root / "book", source, ignore=shutil.ignore_patterns(*NOT_PAGES))
    chapters, missing = [], []
    for name in table_of_contents(source):
        written = root / "notebooks" / f"{name}.ipynb"
        if written.exists():
            executed = run / name / "notebook.ipynb"
            page = pages.chapter(
                notebook.read(written), notebook.read(executed) if executed.exists() else None, run.name,
                _before(root, name),
            )  # fmt: skip
            store.write_json(page, source / f"{name}.ipynb")
            chapters.append(name)
        elif name in stale.OF_ROOT and (root / stale.OF_ROOT[name]).exists():
            shutil.copyfile(root / stale.OF_ROOT[name], source / f"{name}.md")
        elif name in WRITTEN:
            _write_page(name, root / "book", source, run)
        elif not list(source.glob(f"{name}.*")):
            missing.append(name)
    if missing:
        raise BookError(f"book/_toc.yml names {', '.join(missing)}, found neither in book/ nor in notebooks/")
    return chapters


def _before(root, name):
    """The line below a chapter's title: what it builds on, and how long it takes; None of a chapter outside the run."""
    from assl_utils.book import before

    if not (root / "notebooks" / "stages.yaml").exists() or name not in (steps := pipeline.load(root)).names:
        return None
    upstream = [notebook.read(steps.notebook(step)) for step in steps[name].upstream]
    costs = root / "book" / "published" / "cpu" / diff.COSTS
    took = runner_shapes.read(costs, runner_shapes.COSTS).get(name, {}) if costs.exists() else {}
    return before.line(notebook.read(steps.notebook(name)), upstream, took.get("seconds"))


def _write_page(name, book, source, run):
    """Let the module that knows a page write it."""
    from assl_utils.book import bench_page, faults_page, load_page, pilot_page, registry_page
    from assl_utils.book.explore import page

    if name in REGISTRY:
        (source / f"{name}.md").write_text(registry_page.pages()[name], encoding="utf-8")
    elif name == "faults":
        faults_page.write(book, source)
    elif name in (pilot_page.PILOT, pilot_page.FAULTS):
        pilot_page.write(name, book, source)
    elif name == "scaling_out":
        load_page.write(book, source)
    elif name == files.NAME:
        page.write(run, source)
    else:
        bench_page.write(book, source)


def _files(toc):
    """The pages of a table of contents in order."""
    if isinstance(toc, list):
        return [name for item in toc for name in _files(item)]
    if not isinstance(toc, dict):
        return []
    own = [toc[key] for key in ("root", "file") if key in toc]
    return own + [name for key in ("parts", "chapters", "sections") for name in _files(toc.get(key))]


def build(root, profile="cpu", run=None, force=False, say=print):
    """Build the book of a run if anything it is made from has changed.

    Parameters
    ----------
    root : path
        The repository, with ``book/`` and ``notebooks/``.
    profile, run
        Which run's chapters to show; see `run_folder`.
    force : bool
        Build even if nothing changed.
    say : callable
        Takes a line for the person waiting.

    Returns
    -------
    Path
        ``book/_build/html``.

    Raises
    ------
    BookError
        With the builder's warnings; the book from before is kept.
    """
    root = Path(root).resolve()
    run = run_folder(root, profile, run).resolve()
    place = root / "book" / "_build"
    html = place / "html"
    digest = digest_of(root, run)
    if not force and standing(html) == digest:
        say("book is up to date: " + _short(html / "index.html"))
        return html
    started = time.monotonic()
    chapters = assemble(root, run, place / "src")
    ran = [name for name in chapters if (run / name / "notebook.ipynb").exists()]
    say(f"building the book: {len(ran)} of {len(chapters)} chapters have run in {run.name}")
    launch.add_buttons(place / "src" / "_config.yml")
    fresh = _sphinx(root, place)
    launch.offer_notebooks(root, fresh, chapters)
    theme.mend_pages(fresh)
    letters = embed_chinese_font(fresh)
    mark = {"fingerprint": digest, "run": run.name, "pages": _made_from(root, run)}
    (fresh / MARK).write_text(json.dumps(mark) + "\n", encoding="utf-8")
    _swap(fresh, html)
    shutil.rmtree(place / "new", ignore_errors=True)
    took = time.monotonic() - started
    say(f"book built in {took:.0f} s, with {letters} Chinese characters: {_short(html / 'index.html')}")
    return html


def _made_from(root, run):
    """``{page: {name: digest}}`` of every page, for `check`."""
    found = origins(root)
    return {page: found.of_run(page, run) for page in (*table_of_contents(root / "book"), stale.EVERY)}


def _short(path):
    """A path as a person would type it from here."""
    return os.path.relpath(path)


def _sphinx(root, place):
    """Run jupyter-book on ``place/src``; returns the folder of pages it made in ``place/new``."""
    shutil.rmtree(place / "new", ignore_errors=True)
    log = place / "build.log"
    command = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()", "build", str(place / "src"),
               "--path-output", str(place / "new"), "-W", "-n", "--keep-going"]  # fmt: skip
    here = str(Path(store.__file__).resolve().parents[1])
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")])),
           "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "ignore"}  # fmt: skip
    with log.open("w", encoding="utf-8") as stream:
        done = subprocess.run(command, cwd=place, env=env, stdout=stream, stderr=subprocess.STDOUT, check=False)
    pages = place / "new" / "_build" / "html"
    if done.returncode or not (pages / "index.html").exists():
        raise BookError(f"the book does not build:\n{complaints(log.read_text(encoding='utf-8'), place)}")
    return pages


def complaints(log, place):
    """The lines of a build's log that say what is wrong, or its end if none does."""
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in log.splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"\b(WARNING|ERROR|CRITICAL)\b|Error:", line)]
    shown = [line.replace(f"{Path(place, 'src')}/", "") for line in dict.fromkeys(wrong or lines[-15:])]
    return "\n".join(f"  {line}" for line in shown[:25])


def _swap(fresh, html):
    """Put the new book in the place of the old: two renames, and at no moment a half-written page."""
    old = html.with_name("html.old")
    shutil.rmtree(old, ignore_errors=True)
    if html.exists():
        html.rename(old)
    fresh.rename(html)
    shutil.rmtree(old, ignore_errors=True)


def embed_chinese_font(html):
    """Write the subset of Noto Sans SC that the pages use; returns how many characters it has.

    A machine without any Chinese font shows the book's Chinese all the same. The pages name the reader's own fonts
    first, so only a browser that has none asks for this one.
    """
    from fontTools import subset
    from fontTools.ttLib import TTFont

    from assl_utils.book import sphinx
    from assl_utils.figures import style

    wanted = set()
    for page in [*html.glob("*.html"), *html.glob("_static/data/*.js")]:
        wanted.update(re.findall(rf"[\u2e80-\u33ff{sphinx.HAN}\uff00-\uffef]", page.read_text(encoding="utf-8")))
    folder = html / "_static" / "fonts"
    folder.mkdir(parents=True, exist_ok=True)
    with TTFont(style.cjk_font_file(), lazy=True) as font:
        options = subset.Options(flavor="woff", layout_features=[], hinting=False, recalc_timestamp=False)
        cutter = subset.Subsetter(options)
        cutter.populate(text="".join(sorted(wanted)))
        cutter.subset(font)
        subset.save_font(font, str(folder / "book-cjk.woff"), options)
    shutil.copy(style.cjk_font_file().with_name("OFL.txt"), folder / "OFL.txt")
    return len(wanted)


def main(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.book.build", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("check", help="whether each built page is that of its source")
    for name, about in (("build", "build the book if anything changed"), ("publish", "keep the run's small tables")):
        command = commands.add_parser(name, help=about)
        command.add_argument("--profile", default="cpu")
        command.add_argument("--run", help="the run's folder; default runs/<profile>")
    commands.choices["build"].add_argument("--force", action="store_true", help="build even if nothing changed")
    given = vars(parser.parse_args(arguments))
    command = given.pop("command")
    try:
        if command == "build":
            build(store.root(), **given)
        elif command == "check":
            if wrong := check(store.root()):
                raise BookError("pages are not those of their source:\n" + "\n".join(f"  {line}" for line in wrong))
            print("book: every page is that of its source")
        else:
            from assl_utils.study import published

            published.publish(store.root(), **given)
    except (
        BookError, launch.AddressError, theme.ThemeError, notebook.NotebookError, pipeline.RunnerError,
        FileNotFoundError,
    ) as error:  # fmt: skip
        print(f"book: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
