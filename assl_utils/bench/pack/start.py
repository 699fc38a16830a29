"""Start the pack on a machine that has only Python and PyTorch: one command, no network.

    python run.py                         # on a machine with an NVIDIA GPU: ten minutes, one record
    python run.py --device cpu --tenth    # a rehearsal without one
    python run.py --collect               # only take the pieces that lie here; the last command does the rest

It joins the pieces, compares their sums, unpacks them (into --work, once), tries every package, and begins. Called
again after any end, it goes on where it was. It uses the standard library alone: here nothing else may be there yet.
"""

import argparse
import hashlib
import importlib
import importlib.metadata
import io
import json
import os
import shutil
import sys
import tarfile
import time
import zipfile
from pathlib import Path

MODULES = {
    "scikit-learn": "sklearn", "pyyaml": "yaml", "huggingface-hub": "huggingface_hub", "pydantic-core": "pydantic_core",
    "sentence-transformers": "sentence_transformers", "typing-inspection": "typing_inspection",
    "annotated-types": "annotated_types",
}  # fmt: skip


class Chain(io.RawIOBase):
    """Files read as one."""

    def __init__(self, paths):
        self.paths, self.file = list(paths), None

    def readable(self):
        return True

    def readinto(self, buffer):
        while True:
            if self.file is None:
                if not self.paths:
                    return 0
                self.file = open(self.paths.pop(0), "rb")
            if count := self.file.readinto(buffer):
                return count
            self.file.close()
            self.file = None


def stop(problem, status=1):
    """End with one sentence."""
    print(f"pack: {problem}", file=sys.stderr)
    raise SystemExit(status)


def collect(here, work, about):
    """Take the pieces that lie beside this script into the work folder; the names of those that are still missing."""
    missing = []
    for piece in about["pieces"]:
        kept, brought = work / "pieces" / piece["name"], here / piece["name"]
        if kept.is_file() and kept.stat().st_size == piece["bytes"] and _sum(kept) == piece["sha256"]:
            continue
        if not brought.is_file():
            missing.append(piece["name"])
        elif brought.stat().st_size != piece["bytes"] or _sum(brought) != piece["sha256"]:
            stop(f"{brought} is not the piece that was packed (its sum differs): bring it again")
        else:
            kept.parent.mkdir(parents=True, exist_ok=True)
            part = kept.with_suffix(".part")
            shutil.copyfile(brought, part)
            os.replace(part, kept)
    return missing


def _sum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(work, about):
    """The folder of the pack, unpacked once: half an unpacking is begun again."""
    folder = work / f"pack-{about['pack'][:12]}"
    if folder.is_dir():
        return folder
    part = work / "unpacking"
    shutil.rmtree(part, ignore_errors=True)
    chain = io.BufferedReader(Chain(work / "pieces" / piece["name"] for piece in about["pieces"]), 1 << 20)
    with tarfile.open(fileobj=chain, mode="r|gz") as tar:
        tar.extractall(part, filter="data")
    os.replace(part, folder)
    return folder


def wanting(packages, try_them=False):
    """What of ``{name: oldest version}`` is not here, too old, or (with ``try_them``) cannot be imported, with why."""
    found = {}
    for name, oldest in packages.items():
        try:
            version = importlib.metadata.version(name)
            if _numbers(version) < _numbers(oldest):
                found[name] = f"{version} is older than {oldest}"
            elif try_them:
                importlib.import_module(MODULES.get(name, name.replace("-", "_")))
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not here"
        except Exception as error:
            found[name] = f"cannot be imported ({type(error).__name__}: {error})"
    return found


def _numbers(version):
    parts = version.split("+")[0].split(".")
    return [int("".join(c for c in part if c.isdigit()) or 0) for part in parts[:3]]


def install(folder):
    """Put the wheels in front of what the machine has; a wheel is a zip, so that pip is not needed."""
    site, part = folder / "site", folder / "site.part"
    if not site.is_dir():
        shutil.rmtree(part, ignore_errors=True)
        for wheel in sorted((folder / "wheels").glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(part)
        os.replace(part, site)
    return site


def prepare(folder, about):
    """Make the packages available here and to child processes, and try each; end with a sentence if one is not."""
    if lacking := wanting(about["expected"]):
        stop("the machine is expected to have these, and has not: " + _words(lacking))
    paths = [str(folder)]
    if lacking := wanting(about["carried"]):
        here = f"{sys.version_info[0]}.{sys.version_info[1]}"
        if not list((folder / "wheels").glob("*.whl")):
            stop(f"missing here, and the pack was made without wheels: {_words(lacking)}")
        if here != about["python"]:
            stop(
                f"missing here: {_words(lacking)}; the pack's wheels are for Python {about['python']}, and this is"
                f" {here}: `make gpu-pack PYTHON={here}` packs others"
            )
        print(f"the pack's own packages are used; missing here were {_words(lacking)}", flush=True)
        paths.insert(0, str(install(folder)))
    sys.path[:0] = paths
    os.environ["PYTHONPATH"] = os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])
    os.environ["ASSL_ROOT"] = str(folder)
    importlib.invalidate_caches()
    if lacking := wanting(about["expected"] | about["carried"], try_them=True):
        stop("these do not work here: " + _words(lacking))


def _words(lacking):
    return ", ".join(f"{name} ({why})" for name, why in lacking.items())


def main(arguments=None):
    """Command line; what it does not know goes to `assl_utils.bench.pack.run`."""
    began = time.time()
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.splitlines()[0], epilog="More: --device cpu, "
                                     "--tenth, --minutes 9.5, --only PART … (see the page on GPU boxes).")  # fmt: skip
    parser.add_argument("--work", type=Path, default=here / "work", help="where it is unpacked; beside this script")
    parser.add_argument("--out", type=Path, help="where the record is kept; results, in --work, if absent")
    parser.add_argument("--collect", action="store_true", help="take the pieces that are here, and stop")
    options, more = parser.parse_known_args(arguments)
    try:
        about = json.loads((here / "pieces.json").read_text(encoding="utf-8"))
        work = options.work.resolve()
        missing = collect(here, work, about)
        if missing:
            problem = f"missing pieces: {', '.join(missing)}; bring them and call this again"
            print(f"pack: {problem}") if options.collect else stop(problem, 3)
        if options.collect:
            return 0
        folder = unpack(work, about)
        shutil.copyfile(here / "pieces.json", folder / "pieces.json")
    except (OSError, ValueError, tarfile.TarError) as error:
        stop(error)
    prepare(folder, about)
    from assl_utils.bench.pack import run

    out = options.out or work / "results"
    return run.main(["--pack", str(folder), "--out", str(out), "--began", str(began), *more])


if __name__ == "__main__":
    sys.exit(main())
