"""A run's system in one folder: its experts, the router and a script that asks them without this book.

    python -m assl_utils.share.release runs/cpu [--out FOLDER]

``use.py`` needs peft, transformers and sentence-transformers only, and answers as `assl_utils.routing.system` does. The
encoder lies in the folder where it is the run's own, and so does the base model where it is the project's. The folder
is there as a whole or not at all, names no place of this machine, and the same run gives the same bytes.
"""

import argparse
import contextlib
import math
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from transformers import AutoConfig, GenerationConfig

from assl_utils import shapes, store
from assl_utils.experts import generation, models
from assl_utils.hub import snapshots
from assl_utils.routing.router import BASE, Router, RouterFile
from assl_utils.share import release_page
from assl_utils.share.export import export
from assl_utils.share.provenance import Base, CardError, Run, base_of, pickles

SCRIPT = Path(__file__).parents[1] / "data" / "release" / "use.py"
LICENCE = Path(__file__).parents[2] / "LICENSE"
SUMS = "SHA256SUMS"
MAX_NEW_TOKENS = 128  # as SilverSight.ask
ROUNDING = 1e-6  # a question at just the distance that is rejected beyond stays with its expert
CLUSTERS, ROUTER = "03_semantic_clustering/centroids.npy", "07_routing/router"


@dataclass(frozen=True)
class System:
    """What a release is made of.

    Attributes
    ----------
    run : Run
    router : Router
    base : Base
        Of all experts.
    encoder : Base
        The router's encoder, described in the same way; ``embedded`` means that it is the run's own.
    dtype : str
        Of the base in training, such as ``"float32"``.
    parts : dict
        Where the run's rows come from, see :func:`assl_utils.share.provenance.terms`. The centroids are made of all of
        them.
    learnt : dict
        Each expert's part of them.
    """

    run: Run
    router: Router
    base: Base
    encoder: Base
    dtype: str
    parts: dict
    learnt: dict


# ---------------------------------------------------------------------------------------------------- what can be given


def system_of(run_dir):
    """The system of a run, an error where its parts are missing or do not fit each other."""
    run = Run(run_dir, otherwise="")
    router = _router(run)
    accounts = [run.account(name) for name in router.names]
    bases = {account["recipe"]["base"]: base_of(config, account["recipe"]["base"]) for account, config in accounts}
    if len(bases) > 1:
        named = ", ".join(f"{base.name} ({digest[:12]})" for digest, base in bases.items())
        raise CardError(f"the experts were trained on different base models: {named}: run chapter 6 again")
    dtypes = {account.get("dtype", "auto").removeprefix("torch.") for account, _ in accounts}
    dtype = dtypes.pop() if len(dtypes) == 1 else "auto"
    learnt = {name: run.terms(name) for name in router.names}
    [base] = bases.values()
    return System(run, router, base, _encoder(run, router), dtype, run.terms(), learnt)


def _router(run):
    """Chapter 7's router, if it is one between the experts of chapter 6 and the clusters of chapter 3."""
    try:
        router = Router.from_dir(run.folder / ROUTER)
    except (OSError, ValueError, KeyError) as error:
        raise CardError(f"the run's router cannot be given away: {error}") from error
    experts = [name for name in run.adapters if name.startswith("lora-")]
    if set(router.names) != set(experts):
        named, there = (", ".join(sorted(names)) or "none" for names in (router.names, experts))
        raise CardError(f"chapter 7 routes to {named}, chapter 6 trained {there}: run both again (make 07)")
    clusters = run.folder / CLUSTERS
    if clusters.exists() and not np.array_equal(store.read_array(clusters), router.centroids):
        raise CardError("the clusters are no longer those that chapter 7 routes to: run it again (make 07)")
    return router


def _encoder(run, router):
    """The router's encoder: the run's own, a model of the hub, or a folder elsewhere."""
    place, digest = Path(router.source), router.about["encoder"]
    if not place.is_dir():
        name = str(router.source)
        return Base(snapshots.without_revision(name), "hub", name, digest, snapshots.last_seen(name))
    if not place.resolve().is_relative_to(run.folder.resolve()):
        return Base(place.resolve().name, "folder", str(place), digest)
    if spoilt := pickles(place):
        raise CardError(f"the encoder's folder holds {spoilt[0]}, and a pickle can run code: remove it")
    return Base("encoder", "embedded", str(place), digest)


def script_facts(system):
    """``release.json``, all that ``use.py`` reads: places, seen from the folder, and keywords for each call."""
    router, base, encoder = system.router, system.base, system.encoder
    tokenizer, config, ends = _talk(base)
    limit = [] if router.reject is None else [router.reject]
    if router.metric == "cosine":  # between vectors of length 1 the square of the distance is twice the cosine's
        limit = [math.sqrt(2 * distance) for distance in limit]
    return {
        "experts": [*router.names, *([BASE] * len(limit))],
        "limit": [distance + ROUNDING for distance in limit],
        "encoder": {"embedded": "encoder", "hub": encoder.name, "folder": f"./{encoder.name}"}[encoder.kind],
        "load_encoder": {"revision": encoder.revision, "model_kwargs": {"use_safetensors": True}},
        "encode": {"prompt": router.prompt, "normalize_embeddings": True},
        "base": {"embedded": "base", "hub": base.name, "folder": f"./{base.name}"}[base.kind],
        "load": {"revision": base.revision, "dtype": system.dtype, "device_map": "auto", "use_safetensors": True},
        "chat": {
            "chat_template": None if tokenizer.chat_template else models.PLAIN_TEMPLATE,
            "add_generation_prompt": True, "sanitize_control_tokens": True,
            "return_dict": False, "return_tensors": "pt",
        },
        "room": getattr(config, "max_position_embeddings", 1 << 30) - MAX_NEW_TOKENS,
        "write": {
            "do_sample": False, "max_new_tokens": MAX_NEW_TOKENS, "eos_token_id": ends, "pad_token_id": ends[0],
        },
    }  # fmt: skip


def _talk(base):
    """A base model's tokenizer and configuration, and the tokens that end an answer."""
    if base.kind == "hub" and base.revision is None:
        raise CardError(
            f"the revision of {base.name} that was trained on is not in the hub's cache here, so the release cannot "
            "name it: load it once, or release from the machine that trained"
        )
    here = {"revision": base.revision, "local_files_only": True}
    try:
        tokenizer, config = base.tokenizer(), AutoConfig.from_pretrained(base.place, trust_remote_code=False, **here)
        try:
            decoding = GenerationConfig.from_pretrained(base.place, **here)
        except OSError:  # as transformers does, where a model has no file of its own for this
            decoding = GenerationConfig.from_pretrained(base.place, "config.json", _from_model_config=True, **here)
        return tokenizer, config, sorted(generation.end_tokens(SimpleNamespace(generation_config=decoding), tokenizer))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise CardError(f"the base model {base.name} is needed here for its way to talk: {reason}") from error


# ---------------------------------------------------------------------------------------------------------- the release


def release(run_dir, out=None):
    """Write a run's system into one folder.

    Parameters
    ----------
    run_dir : path
        The run's folder, absolute or relative to the repository.
    out : path, optional
        The folder; ``release`` in the run's folder if left out. One that an earlier release wrote is replaced once the
        new one is whole; one that holds anything else is left alone, which is an error.

    Returns
    -------
    Path
        The folder.
    """
    system = system_of(run_dir)
    out = Path(out) if out else system.run.folder / "release"
    facts, (tables, note) = script_facts(system), release_page.tables_of(system)
    with _whole(out) as part:
        export(system.run.folder, part / "adapters", system.router.names, with_base=False)  # it lies in the release
        _give_router(system, part)
        for name, table in tables.items():
            if isinstance(table, Path):
                _copy(table, part / "tables" / name)
            else:
                store.write_table(table, part / "tables" / name)
        store.write_json(facts, part / "release.json")
        _copy(SCRIPT, part / SCRIPT.name)
        _copy(LICENCE, part / LICENCE.name)
        page = release_page.page(system, facts, tables, note, _digests(part))
        (part / "README.md").write_text(page, encoding="utf-8")
        (part / SUMS).write_text("".join(f"{d}  {file}\n" for file, d in _digests(part).items()), encoding="utf-8")
    return out


def _give_router(system, part):
    """The centroids, what belongs to them, and the models that may go along."""
    router, encoder = system.router, system.encoder
    centroids = router.centroids
    if router.metric == "cosine":  # of length 1, nearest by the cosine is nearest by the norm, which use.py takes
        centroids = centroids / np.linalg.norm(centroids, axis=1, keepdims=True)
    place = {"embedded": "../encoder", "hub": encoder.name, "folder": f"./{encoder.name}"}[encoder.kind]
    about = {"names": router.names, "metric": router.metric, "prompt": router.prompt, "encoder": place}
    store.write_array(centroids, part / "router" / "centroids.npy")
    store.write_json(about | {"fitted": router.about, "reject": router.reject}, part / "router" / "router.json")
    for model, name in ((encoder, "encoder"), (system.base, "base")):
        if model.kind == "embedded":
            shutil.copytree(model.place, part / name, copy_function=_copy, ignore=shutil.ignore_patterns(".*"))


def _copy(source, target):
    """Copy the bytes; permissions and times are the machine's."""
    Path(target).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _digests(folder):
    """SHA-256 of each file in a folder, by its relative name, in order."""
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: store.sha256(folder / name) for name in files}


@contextlib.contextmanager
def _whole(folder):
    """A neighbour of ``folder`` to fill, which takes its place when all went well; else the old one stays."""
    if folder.exists() and not folder.is_dir():
        raise CardError(f"{folder} is a file: name a folder with --out")
    if others := _strange(folder):
        raise CardError(f"{folder} holds {others[0]}, which no release wrote: move it, or name another with --out")
    aside, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{end}") for end in ("part", "old"))
    try:
        aside.mkdir(parents=True)
        yield aside
        if folder.is_dir():
            os.replace(folder, old)
        os.replace(aside, folder)
    finally:
        if old.is_dir() and not folder.exists():
            os.replace(old, folder)
        for left in (aside, old):
            shutil.rmtree(left, ignore_errors=True)


def _strange(folder):
    """Files in a folder that its list of digests does not name."""
    sums = folder / SUMS
    listed = {line[66:] for line in sums.read_text(encoding="utf-8").splitlines()} | {SUMS} if sums.is_file() else set()
    return sorted({path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - listed)


def main(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.share.release", description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", metavar="RUN_DIR", help="the run's folder, such as runs/cpu")
    parser.add_argument("--out", type=Path, help="the folder to write; default RUN_DIR/release")
    given = parser.parse_args(arguments)
    try:
        folder = release(given.run_dir, given.out)
    except (CardError, OSError) as error:
        print(f"release: {error}", file=sys.stderr)
        return 1
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    experts = shapes.read(folder / "router" / "router.json", RouterFile)["names"]
    print(f"{len(experts)} experts, {len(files)} files, {size:.1f} MB")
    print(f"written: {os.path.relpath(folder)}/README.md; to ask: python {os.path.relpath(folder / SCRIPT.name)} 问题")
    return 0


if __name__ == "__main__":
    sys.exit(main())
