"""Adapters to give away: the weights as they were trained, and a card that says what they were made of.

    python -m assl_utils.share.export runs/cpu [--out FOLDER] [--only lora-0 mix]

Each adapter of a run gets a folder that plain peft loads: ``adapter_model.safetensors``, ``adapter_config.json``,
``training.json`` and the card, ``README.md``. Weights that training did not end with are not given away, nor is an
adapter whose rows or base have changed since. The same run gives the same bytes.
"""

import argparse
import os
import shutil
import sys
from pathlib import Path

from assl_utils import shapes, store
from assl_utils.experts.shapes import Training
from assl_utils.share.model_card import card
from assl_utils.share.provenance import CardError, Run, base_of, pickles


def export(run_dir, out=None, names=None, with_base=True):
    """Write a folder for each adapter of a run, with its card.

    Parameters
    ----------
    run_dir : path
        The run's folder, absolute or relative to the repository.
    out : path, optional
        Where the folders go; ``export`` in the run's folder if left out.
    names : sequence of str, optional
        Which adapters; all of chapters 5 and 6 if left out.
    with_base : bool, default True
        Put the project's own base model beside them, as ``base``, where it is theirs.

    Returns
    -------
    list of Path
        The folders. Nothing is written unless all of the adapters can be given away.

    Notes
    -----
    The weights are copied, not linked: what was given away is not to change the run. ``adapter_config.json`` names the
    base as whoever gets the folder finds it: a name of the hub with its commit, or a folder that lies where Python
    runs, so that there ``AutoPeftModelForCausalLM.from_pretrained("lora-0")`` loads both.
    """
    run = Run(run_dir)
    out = Path(out) if out else run.folder / "export"
    cards = {name: card(run, name) for name in names or run.adapters}
    if spoilt := [name for name in cards if pickles(out / name)]:
        raise CardError(f"{out / spoilt[0]} holds a pickle, and a pickle can run code: remove it, then export again")
    for name, text in cards.items():
        source, target = run.adapters[name], out / name
        account, config = run.account(name)
        base = base_of(config, account["recipe"]["base"])
        for file in ("adapter_model.safetensors", "training.json"):
            with store.atomic_path(target / file) as part:
                shutil.copyfile(source / file, part)
        config |= {"base_model_name_or_path": base.beside, "revision": base.revision}
        if base.kind == "embedded" and with_base:
            copy_model(base.place, out / "base")
        store.write_json(config, target / "adapter_config.json")
        with store.atomic_path(target / "README.md") as part:
            part.write_text(text, encoding="utf-8")
    return [out / name for name in cards]


def copy_model(place, target):
    """Copy a model's files, but for hidden ones."""
    for file in sorted(path for path in Path(place).iterdir() if path.is_file() and not path.name.startswith(".")):
        with store.atomic_path(Path(target) / file.name) as part:
            shutil.copyfile(file, part)


def main(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.share.export", description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", metavar="RUN_DIR", help="the run's folder, such as runs/cpu")
    parser.add_argument("--out", type=Path, help="where the folders go; default RUN_DIR/export")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these adapters, such as lora-0 mix")
    given = parser.parse_args(arguments)
    try:
        folders = export(given.run_dir, given.out, given.only)
    except (CardError, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 1
    for folder in folders:
        account = shapes.read(folder / "training.json", Training)
        print(f"{folder.name}: {account['rows']:,} rows, {account['steps']:,} steps")
    print(f"written: {os.path.relpath(folders[0].parent)}/NAME/README.md, one folder an adapter")
    return 0


if __name__ == "__main__":
    sys.exit(main())
