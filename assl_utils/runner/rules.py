"""Laws of the notebooks: ``python -m assl_utils.runner.rules`` names every breach, with notebook and cell.

Parameters once, first and typed; nothing executed in the repository; short cells; every figure with name, caption and
alt text; every stage with its notebook; no profile key that no notebook declares; a range or words for every
parameter. How a chapter reads is in `prose_rules`.
"""

import re
import sys

from assl_utils import store
from assl_utils.runner import notebook, params, pipeline, prose_rules, ranges, values

LONGEST = 25  # lines of a code cell
ALT_WORDS = 8


def breaches(root, prose_laws=prose_rules.LAWS):
    """Every breach below ``root`` as a sentence; an empty list when all laws are kept."""
    found, declared, figures = [], {}, {}
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        try:
            written = notebook.read(path)
            declared[path.stem] = notebook.parameters(written, path.stem)
            notebook.syntax(written, path.stem)
        except notebook.NotebookError as error:
            found.append(str(error))
            continue
        found += of_parameters(path.stem, declared[path.stem])
        found += of_cells(path.stem, written)
        found += of_figures(path.stem, written, figures)
        found += [breach for law in prose_laws for breach in law(path.stem, notebook.on_the_page(written))]
    return found + of_values(root, declared) + of_pipeline(root, declared) + of_profiles(root, declared)


def of_parameters(name, declared):
    """A parameter has a type we know, a default of that type, and a comment that says what it is."""
    found = []
    for p in declared:
        try:
            values.from_profile(p.default, p.kind)
        except ValueError:
            found.append(f"{name}: parameter {p.name}: {p.kind} = {p.default!r} is not of its own type")
        if not p.help:
            found.append(f"{name}: parameter {p.name} needs a comment: what it is, and the paper's value")
        if p.name in params.RENAMED:
            found.append(f"{name}: parameter {p.name} is called {params.RENAMED[p.name]} now")
    if "run_dir" not in [p.name for p in declared]:
        found.append(f"{name}: declares no run_dir, so it cannot find the run it belongs to")
    return found


def of_values(root, declared):
    """values.yaml says of every parameter what it may be, and of nothing else."""
    try:
        return ranges.lacking(ranges.load(root), declared)
    except pipeline.RunnerError as error:
        return [str(error)]


def of_cells(name, written):
    """No outputs, no counts, no long cells, no commands to IPython; every cell has an id."""
    found = []
    for number, cell in enumerate(written["cells"], 1):
        place = f"{name}, cell {number}"
        if not cell.get("id"):
            found.append(f"{place}: has no id; save the notebook with a present-day Jupyter (nbformat 4.5)")
        if cell["cell_type"] != "code":
            continue
        lines = notebook.source(cell).splitlines()
        if cell.get("outputs") or cell.get("execution_count") is not None:
            found.append(f"{place}: is committed with outputs; nbstripout takes them away")
        if len(lines) > LONGEST and "parameters" not in notebook.tags(cell):  # those are a list, folded away
            found.append(f"{place}: {len(lines)} lines of code; more than {LONGEST} belong in a module")
        if any(line.lstrip().startswith(("%", "!")) for line in lines):
            found.append(f"{place}: holds a command to IPython (% or !); write it in Python")
    return found


def of_figures(name, written, seen):
    """A figure has a name of its own, a caption, and an alt text that says in words of its own what is seen."""
    found, figures = [], notebook.drawers(written, name)
    for number, cell in enumerate(written["cells"], 1):
        if cell["cell_type"] != "code" or not notebook.draws(cell, figures):
            continue
        place = f"{name}, cell {number}"
        myst = cell.get("metadata", {}).get("mystnb", {})
        label, caption = (str(myst.get("figure", {}).get(key, "")).strip() for key in ("name", "caption"))
        alt = str(myst.get("image", {}).get("alt", "")).strip()
        if not re.fullmatch(r"fig-[a-z0-9-]+", label):
            found.append(f"{place}: a figure needs a name such as fig-k-sweep (mystnb.figure.name), not {label!r}")
        elif label in seen:
            found.append(f"{place}: the figure's name {label} is taken by {seen[label]}")
        seen.setdefault(label, place)
        if not caption:
            found.append(f"{place}: a figure needs a caption, what to conclude (mystnb.figure.caption)")
        if len(alt.split()) < ALT_WORDS:
            found.append(
                f"{place}: a figure needs an alt text of {ALT_WORDS} words or more, what is seen (mystnb.image.alt)"
            )
        elif alt == caption:
            found.append(f"{place}: the alt text repeats the caption")
    return found


def of_pipeline(root, declared):
    """Every stage has a notebook and every numbered notebook a stage."""
    try:
        names = pipeline.load(root).names
    except pipeline.RunnerError as error:
        return [str(error)]
    existing = [path.stem for path in (root / "notebooks").glob("[0-9]*.ipynb")]
    found = [f"stages.yaml: {name} has no notebook" for name in names if name not in existing]
    return found + [f"stages.yaml: says nothing about {name}" for name in sorted(existing) if name not in names]


def of_profiles(root, declared):
    """Every key of a profile is declared by a notebook, with a type that its value has."""
    found = []
    for path in sorted((root / "notebooks" / "profiles").glob("*.yaml")):
        try:
            chapters = pipeline.load(root)
            if set(chapters.names) <= set(declared):  # else a key may belong to a notebook that cannot be read
                params.resolve(chapters, path.stem)
        except pipeline.RunnerError as error:
            found += str(error).splitlines()
    return found


def main():
    """Print the breaches; the exit status is 1 if there are any."""
    root = store.root()
    found = breaches(root)
    for breach in found:
        print(breach, file=sys.stderr)
    if not found:
        print(f"notebooks: {len(list((root / 'notebooks').glob('*.ipynb')))} keep the laws")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
