"""What an adapter was made of: its weights, its rows and their terms, its base model, as the run knows them.

Weights that training did not end with are an error, and so are rows or a base model that have changed since.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from transformers import AutoTokenizer

from assl_utils import pretrained, shapes, store
from assl_utils.experts import identity, training, training_sets
from assl_utils.experts.shapes import AdapterConfig, Training
from assl_utils.hub import repos, snapshots
from assl_utils.runner import state
from assl_utils.sources import registry, registry_entries
from assl_utils.tasks.catalog import SOURCES

EMBEDDED = "assl_utils/data/base_model"  # where the embedded model lies in the repository
PICKLES = ("*.bin", "*.ckpt", "*.pickle", "*.pkl", "*.pt", "*.pth", "pytorch_model*")
STAGES = ("05_scoring_mmr", "06_lora_training")  # they train
ROWS, SELECTED = "02_instruction_expansion/rows.parquet", "05_scoring_mmr/selected.parquet"
FAMILIES = {  # family of adapters: the table that names its rows, and what it is
    "all-data": (ROWS, "One adapter for everything, trained on all rows of the run; the experts are held against it."),
    "mix": (SELECTED, "One adapter trained on the selected rows of all clusters: the experts' rows, without experts."),
    "lora": (SELECTED, "The expert of cluster {n}, trained on the rows that were selected from it."),
    "cluster": ("03_semantic_clustering/clusters.parquet", "Trained on all rows of cluster {n}, none left out."),
    "stage1": ("04_adbscan/chosen.parquet", "The first expert of cluster {n}, whose feedback scored its other rows."),
}
OURS = registry_entries.Licence("CC BY 4.0 (generated: the project's own corpus)", "yes")
WORST_FIRST = ("no", "unstated", "yes")


class CardError(Exception):
    """An adapter cannot be given away; the message says which, why, and what to do."""


class Run:
    """A run's adapters and what is known about them, each table read once.

    Parameters
    ----------
    run_dir : path
        The run's folder, absolute or relative to the repository.
    otherwise : str
        What else than training again helps, said where an adapter cannot be given away.
    """

    def __init__(self, run_dir, otherwise=", or leave it out with --only"):
        self.folder, self._otherwise = store.root() / run_dir, otherwise
        found = [path for stage in STAGES for path in self.folder.glob(f"{stage}/experts/*") if path.is_dir()]
        if not any(path.parents[1].name == STAGES[-1] for path in found):
            raise CardError(f"{run_dir} has no {STAGES[-1]}/experts: run chapter 6 first (make 06)")
        found.sort(key=lambda path: re.sub(r"\d+", lambda number: number[0].zfill(9), path.name))
        self.adapters = {path.name: path for path in found}
        self._tables = {}

    def manifest(self, stage):
        """A stage's manifest; empty where the stage was run by hand or has not ended."""
        return state.read_manifest(self.folder / stage / state.MANIFEST, ()) or {}

    def judged(self, name):
        """The SHA-256 of the weights that chapter 8 judged under this name, None where it does not say."""
        inputs = self.manifest("08_evaluation").get("inputs", {})
        return inputs.get(f"{STAGES[-1]}/experts/{name}/adapter_model.safetensors")

    def table(self, name):
        """A table of the run, None where there is none."""
        if name not in self._tables:
            path = self.folder / name
            self._tables[name] = store.read_table(path) if path.exists() else None
        return self._tables[name]

    def stage(self, name):
        """The stage that trained an adapter."""
        return self.adapters[name].parents[1].name

    def account(self, name):
        """``training.json`` of a finished adapter, and its ``adapter_config.json``.

        One that is unfinished, changed since or beside a pickle is an error.
        """
        if name not in self.adapters:
            raise CardError(f"there is no adapter {name!r} in this run; there are {', '.join(self.adapters)}")
        folder, shown = self.adapters[name], f"{self.stage(name)}/experts/{name}"
        if found := pickles(folder):
            raise CardError(f"{shown} holds {found[0]}, and a pickle can run code: remove it, then export again")
        found = {}
        for file, shape in (("training.json", Training), ("adapter_config.json", AdapterConfig)):
            try:
                found[file] = shapes.read(folder / file, shape)
            except (OSError, ValueError):
                raise CardError(f"{shown} is unfinished ({file}): {self._again(name)}") from None
        account, config = found.values()
        if not training.is_trained(folder, account["recipe"]):
            raise CardError(f"{shown}: its weights are not those that training ended with: {self._again(name)}")
        return account, config

    def rows(self, name, digest):
        """The rows an adapter was trained on, in their order; an error if their hash is not ``digest``."""
        family, n = family_of(name)
        for table in (ROWS, FAMILIES[family][0]):
            if self.table(table) is None:
                raise CardError(f"{name}: {table}, which names its rows, is missing: run chapter {table[1]} again")
        rows, part = self.table(ROWS), self.table(FAMILIES[family][0])
        if family != "all-data":
            part = part[part["chosen"]] if family == "stage1" else part
            part = part if n is None else part[part["cluster"] == n]
            rows = rows.set_index("id", drop=False).reindex(part["id"])
        if rows["output"].isna().any() or training_sets.rows_hash(rows) != digest:
            raise CardError(f"{name}: the run's rows are no longer those it was trained on: {self._again(name)}")
        return rows

    def terms(self, name=None):
        """Where an adapter's rows come from, or without a name all rows of the run; see `terms`."""
        rows = self.table(ROWS) if name is None else self.rows(name, self.account(name)[0]["recipe"]["rows"])
        return terms(rows, *(self.table(f"01_data_collection/{table}.csv") for table in ("account", "files")))

    def _again(self, name):
        return f"run chapter {self.stage(name)[1]} again{self._otherwise}"


def family_of(name):
    """``("lora", 0)`` for lora-0, ``("mix", None)`` for mix."""
    found = re.fullmatch(r"(all-data|mix)|(lora|cluster|stage1)-(\d+)", name)
    if not found:
        raise CardError(f"{name}: which rows an adapter of this name learns is not known; leave it out with --only")
    return found[1] or found[2], int(found[3]) if found[3] else None


def pickles(folder):
    """Names of the files in a folder, and below it, that could run code when they are read."""
    return sorted({path.name for pattern in PICKLES for path in folder.rglob(pattern)})


@dataclass(frozen=True)
class Base:
    """A base model: its name for others, its kind (``embedded``, ``hub``, ``folder``), where it lies here, identity.

    ``place`` is the name again where it does not lie here.
    """

    name: str
    kind: str
    place: str
    digest: str
    revision: str | None = None

    @property
    def beside(self):
        """How a file names it that is given away: a name of the hub, or a folder that lies where Python runs."""
        return self.name if self.kind == "hub" else "./base" if self.kind == "embedded" else f"./{self.name}"

    def tokenizer(self):
        """Its tokenizer; an OSError where the base is not on this machine."""
        return AutoTokenizer.from_pretrained(
            self.place, revision=self.revision, local_files_only=True, trust_remote_code=False
        )


def base_of(config, digest):
    """The base model that an adapter was trained on.

    Parameters
    ----------
    config : dict
        ``adapter_config.json``, which names the place where the base lay then.
    digest : str
        The base's identity in the recipe, see :func:`assl_utils.experts.identity.content_hash`.

    Returns
    -------
    Base
        Of a hub model ``revision`` is the commit that was trained on; None where the configuration does not say and
        the hub's cache has none of this identity. A folder that now holds another model is an error.
    """
    place, revision = config["base_model_name_or_path"], config.get("revision")
    embedded = f"/{Path(place).as_posix()}".endswith(f"/{EMBEDDED}")  # in whatever checkout the run was made
    embedded = embedded or (store.root() / place).resolve() == pretrained.EMBEDDED.resolve()
    here = (
        pretrained.EMBEDDED if embedded else next((f for f in (Path(place), store.root() / place) if f.is_dir()), None)
    )
    if here is None and (named := snapshots.parse(place)):
        kept = [repos.snapshot(named.repo, revision)] if revision else _snapshots(named.repo)
        found = next((one for one in kept if one.is_dir() and (revision or _is(one, digest))), None)
        commit = revision or (found.name if found else None)
        return Base(named.repo, "hub", str(found or named.repo), digest, commit)
    name, kind = (EMBEDDED, "embedded") if embedded else (Path(place).name, "folder")
    if here is not None and identity.content_hash(here) != digest:
        raise CardError(f"the base model {name} has changed since the training: put the old one back, or train again")
    return Base(name, kind, str(here or place), digest)


def _snapshots(repo):
    """The commits of a model that the hub's cache has."""
    return sorted((repos.storage(repo) / "snapshots").glob("*"))


def _is(folder, digest):
    """Whether a folder holds the model of this identity; half a one holds none."""
    try:
        return identity.content_hash(folder) == digest
    except OSError:
        return False


def terms(rows, account=None, files=None):
    """Where rows come from, and under which terms.

    Parameters
    ----------
    rows : DataFrame
        ``source``, and where known ``file`` and ``stand_in``.
    account, files : DataFrame or None
        Chapter 1's ``account.csv`` and ``files.csv``: which sources were generated here, and which files were read.

    Returns
    -------
    dict
        (source, Licence): how many rows, and the names of what stands in for the published source. In the order of
        Table 3.

    Notes
    -----
    The licence is that of the file a row was read from; where the run does not tell, the strictest that the registry
    has for the source. A row is our own only where the account says so and no file is named.
    """
    ours = set() if account is None else set(account.loc[account["licence"] == "ours", "source"])
    read_as = {} if files is None else files.set_index(["source", "file"])["licence"].to_dict()
    columns = {name: rows[name].fillna("") if name in rows else "" for name in ("file", "stand_in")}
    found = {}
    for (source, file, other), part in rows[["source"]].assign(**columns).groupby(["source", "file", "stand_in"]):
        licence = OURS if source in ours and not file else _licence(source, read_as.get((source, file)))
        count, others = found.get((source, licence), (0, ()))
        found[source, licence] = count + len(part), tuple(dict.fromkeys(filter(None, (*others, other))))
    order = [*SOURCES, *sorted({source for source, _ in found} - set(SOURCES))]
    return dict(sorted(found.items(), key=lambda item: (order.index(item[0][0]), item[0][1].name)))


def _licence(source, name):
    """The licence of this name among a source's; without a name the strictest of them."""
    entry = registry.sources().get(source)
    known = [] if entry is None else [entry.licence, *(file.licence for file in entry.files)]
    if name is not None:
        known = [one for one in known if one.name == name] or [registry_entries.Licence(name, "unstated")]
    unknown = registry_entries.Licence("none known: not in the registry of data", "unstated")
    return min(known, key=lambda one: WORST_FIRST.index(one.commercial), default=unknown)
