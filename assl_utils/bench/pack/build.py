"""Make the pack: runs with their first three chapters done, models, code and wheels in pieces, and the script `run.py`.

    make gpu-pack MIRROR=/mirror ENCODER=/models/multilingual-e5-small BASE=/models/gemma-3-270m

The folder ``gpu-pack`` holds rows of the published data and a model: it stays on this machine and goes to the one that
is lent, never into the repository.
"""

import argparse
import gzip
import hashlib
import importlib.metadata
import json
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

from assl_utils import shapes, store
from assl_utils.bench.pack import start
from assl_utils.bench.pack.shapes import Pack, Pieces
from assl_utils.errors import DataError
from assl_utils.runner import params, pipeline
from assl_utils.study.grid import data as grid_data
from assl_utils.study.grid import files
from assl_utils.study.record import bare

PROFILE, GRID = "small_cpu", "real"
SIZES = "0.1:200 0.036:60 0.004:12"  # share of the mirror, and questions a task; the last is the rehearsal's
LARGEST = 60  # MB of a piece
PIECE = 48  # MB: where a transfer may hold 64 MiB, there is room for the repository beside it
# What a machine with a CUDA PyTorch is expected to have; it is tried at the start.
EXPECTED = (
    "torch", "numpy", "scipy", "pandas", "pyarrow", "numba", "llvmlite", "scikit-learn", "psutil", "threadpoolctl",
    "pyyaml", "tqdm", "packaging", "filelock", "fsspec", "regex", "joblib", "jinja2",
)  # fmt: skip
# What is carried as wheels and used, all of it, where one of these is missing or older than the code is written for.
CARRIED = (
    "transformers", "tokenizers", "safetensors", "huggingface-hub", "peft", "accelerate", "sentence-transformers",
    "pydantic", "pydantic-core", "annotated-types", "typing-inspection", "typing-extensions", "rapidfuzz", "httpx2",
    "httpcore2", "truststore", "h11", "anyio", "idna",
)  # fmt: skip
PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
NEEDED = {  # of a chapter's folder
    "01_data_collection": ("eval.parquet",), "02_instruction_expansion": ("rows.parquet",),
    "03_semantic_clustering": ("vectors.npy", "encoder.json", "encoder"),
}  # fmt: skip
MODELS = ("encoder", "base_model")


def floors(root, names):
    """The oldest version of each package that the code is written for; ``0`` where ``pyproject.toml`` names none."""
    written = tomllib.loads(Path(root, "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found = {re.match(r"[\w-]+", line)[0].lower(): line for line in written}
    versions = {name: re.search(r">=([\d.]+)", found.get(name, "")) for name in names}
    return {name: version[1] if version else "0" for name, version in versions.items()}


def pack(root, runs, grid, out, piece=PIECE, wheels="", say=print):
    """Put runs, models, code and wheels into pieces.

    Parameters
    ----------
    root : path
        The repository.
    runs : list of params.Resolved
        Each with its first three chapters done.
    grid : str
        A file of ``notebooks/grids``.
    out : path
        Written anew, when all else is done: a pack that was there stays if something fails.
    piece : float
        MB of a piece at most.
    wheels : str
        The Python they are for, such as ``3.12``; empty: none are packed.

    Raises
    ------
    DataError
        A chapter has not run or the grid is not there: with the command; or the piece is out of its range.
    """
    if not 0 < piece <= LARGEST:
        raise DataError(f"PIECE={piece:g} is to be above 0 and at most {LARGEST} (MB)")
    lines = files.read(root, grid).lines
    with tempfile.TemporaryDirectory(dir=Path(out).parent, prefix=".gpu-pack-") as made:
        inside, ready = Path(made, "inside"), Path(made, "ready")
        sizes = [_size(root, resolved, inside, say) for resolved in runs]
        _code(root, inside, grid)
        if wheels:
            _wheels(inside / "wheels", wheels, say)
        about = {"grid": f"notebooks/grids/{grid}.yaml", "sizes": sizes}
        Pack.model_validate(about)
        store.write_json(about, inside / "pack.json")
        _pieces(root, inside, ready, piece, wheels)
        shutil.copyfile(start.__file__, ready / "run.py")
        shutil.rmtree(out, ignore_errors=True)
        shutil.move(ready, out)
    pieces = shapes.read(Path(out, "pieces.json"), Pieces)["pieces"]
    total = sum(one["bytes"] for one in pieces)
    say(f"{out}: {len(lines)} lines, {len(sizes)} sizes, {len(pieces)} pieces, {total / 1e6:.0f} MB in all")


def _size(root, resolved, inside, say):
    """Copy what a grid reads of a run; what `Size` says of it. Models become folders of the pack."""
    data = grid_data.open_data(root, resolved)
    folder = inside / "runs" / resolved.run
    for chapter, names in NEEDED.items():
        for name in names:
            source = data.folder / chapter / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            if source.exists():
                (folder / chapter).mkdir(parents=True, exist_ok=True)
                copy(source, folder / chapter / name)
    say(f"{resolved.run}: {len(data.rows):,} rows, {len(data.asked):,} questions; which row is which question?")
    data.leaks  # noqa: B018  # found here, where minutes are free
    shutil.copytree(data.folder / "leaks", folder / "leaks")
    values = {stage: {n: _packed(inside, n, v) for n, v in own.items()} for stage, own in resolved.values.items()}
    return {
        "run": resolved.run, "rows": len(data.rows), "questions": len(data.asked), "digest": data.digest,
        "values": values,
    }  # fmt: skip


def _packed(inside, name, value):
    """A value as the other machine reads it: a model's folder by its place in the pack, another folder by its name."""
    if name in MODELS and isinstance(value, str) and Path(value).is_dir():
        there = inside / "models" / Path(value).name
        if not there.exists():
            shutil.copytree(value, there)
        return f"models/{there.name}"
    return bare(value)


def _code(root, inside, grid):
    """The package and what it reads of ``notebooks``."""
    away = shutil.ignore_patterns("__pycache__", "*.part")
    shutil.copytree(Path(root, "assl_utils") if Path(root, "assl_utils").is_dir() else _own(), inside / "assl_utils",
                    ignore=away)  # fmt: skip
    for name in (f"grids/{grid}.yaml", "values.yaml", "stages.yaml"):
        (inside / "notebooks" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(root, "notebooks", name), inside / "notebooks" / name)
    shutil.copytree(Path(root, "notebooks", "profiles"), inside / "notebooks" / "profiles")


def _own():
    return Path(__file__).resolve().parents[2]


def _wheels(folder, python, say):
    """Download the wheels of the versions that are installed here."""
    say(f"wheels for Python {python}")
    names = [f"{name}=={importlib.metadata.version(name)}" for name in CARRIED]
    platforms = [word for name in PLATFORMS for word in ("--platform", name)]
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
        "--implementation", "cp", "--python-version", python, *platforms, "--dest", str(folder), *names,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise DataError(f"pip cannot download the wheels: {done.stderr.strip().splitlines()[-1]}")


def _pieces(root, inside, ready, piece, python):
    """One archive cut into pieces, and ``pieces.json`` with their sums."""
    ready.mkdir()
    size, archive = int(piece * 1e6), ready / "archive"
    with archive.open("wb") as raw, gzip.GzipFile("", "wb", 1, raw, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode="w|") as tar:
            for path in sorted(inside.rglob("*")):
                if path.is_file():
                    tar.add(path, path.relative_to(inside), filter=_anonymous)
    found = []
    with archive.open("rb") as stream:
        while block := stream.read(size):
            name = f"piece-{len(found):02d}"
            (ready / name).write_bytes(block)
            found.append({"name": name, "bytes": len(block), "sha256": hashlib.sha256(block).hexdigest()})
    archive.unlink()
    whole = hashlib.sha256("".join(one["sha256"] for one in found).encode()).hexdigest()
    about = {
        "pack": whole, "pieces": found, "expected": floors(_pyproject(root), EXPECTED),
        "carried": floors(_pyproject(root), CARRIED), "python": python,
    }  # fmt: skip
    Pieces.model_validate(about)
    (ready / "pieces.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def _pyproject(root):
    return root if Path(root, "pyproject.toml").is_file() else _own().parent


def _anonymous(entry):
    """Nothing of this machine in the archive, and the same bytes from the same files."""
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


def prepared(root, options, say=print):
    """The runs of the sizes, their first three chapters run where they are not up to date."""
    found = []
    for word in options.sizes.split():
        scale, _, questions = word.partition(":")
        try:
            float(scale), int(questions)
        except ValueError:
            raise DataError(f"SIZES={options.sizes!r}: {word!r} is to be share:questions, such as 0.036:60") from None
        trial = "pack_" + scale.replace(".", "_")
        settings = {
            "data_root": options.mirror, "encoder": options.encoder, "base_model": options.base, "scale": scale,
            "questions_per_task": questions, "n_clusters": "6",
        }  # fmt: skip
        text = " ".join(f"{name}={shlex.quote(value)}" for name, value in settings.items())
        say(f"chapters 1 to 3 with {scale} of the mirror")
        command = [sys.executable, "-m", "assl_utils.runner", "run", "--upto", "03", "--profile", PROFILE]
        if subprocess.run([*command, "--trial", trial, "--set", text], cwd=root).returncode:
            raise DataError(f"chapters 1 to 3 did not end for size {word}: see above; the same command goes on")
        found.append(params.resolve(pipeline.load(root), PROFILE, text, trial=trial))
    return found


def main(arguments=None):
    """Command line."""
    parser = argparse.ArgumentParser(prog="make gpu-pack", description=__doc__.splitlines()[0])
    for name, text in (("mirror", "the folder that holds raw/"), ("encoder", "a model's folder"),
                       ("base", "a model's folder")):  # fmt: skip
        parser.add_argument(f"--{name}", default="", help=text)
    parser.add_argument("--sizes", default=SIZES, help=f"share:questions …; {SIZES}")
    parser.add_argument("--grid", default=GRID)
    parser.add_argument("--piece", type=float, default=PIECE, help=f"MB of a piece; {PIECE}, at most {LARGEST}")
    parser.add_argument("--python", default="3.12", help="whose wheels are packed; empty: none")
    parser.add_argument("--out", type=Path, default=Path("gpu-pack"))
    options = parser.parse_args(arguments)
    root = store.root()
    try:
        for name in ("mirror", "encoder", "base"):
            value = getattr(options, name)
            if not value or not Path(value).is_dir():
                raise DataError(f"{name.upper()}={value} is to be a folder: make gpu-pack MIRROR=… ENCODER=… BASE=…")
            setattr(options, name, str(Path(value).resolve()))
        pack(root, prepared(root, options), options.grid, options.out.resolve(), options.piece, options.python)
    except (DataError, pipeline.RunnerError, OSError) as error:
        print(f"gpu-pack: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
