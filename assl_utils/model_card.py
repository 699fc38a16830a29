"""Adapters to give away: the weights as they were trained, and a card that says what they were made of.

    python -m assl_utils.model_card runs/cpu [--out FOLDER] [--only lora-0 mix]

Each adapter of a run gets a folder that plain peft loads: ``adapter_model.safetensors``, ``adapter_config.json``,
``training.json`` and the card, ``README.md``. What a card says comes from the run and from the registry of data; where
the run is silent, the card says so. Weights that training did not end with are not given away, nor is an adapter whose
rows or base have changed since. The same run gives the same bytes.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from huggingface_hub import constants
from huggingface_hub.file_download import repo_folder_name
from transformers import AutoTokenizer

from assl_utils import baselines, models, registry, state, store, training
from assl_utils.sources import SOURCES

EMBEDDED = "assl_utils/data/base_model"  # where the embedded model lies in the repository
PICKLES = ("*.bin", "*.ckpt", "*.pickle", "*.pkl", "*.pt", "*.pth", "pytorch_model*")
STAGES = ("05_scoring_mmr", "06_lora_training")  # they train
ROWS, SELECTED = "02_instruction_expansion/rows.parquet", "05_scoring_mmr/selected.parquet"
FAMILIES = {  # family of adapters: the table that names its rows, and what it is
    "all-data": (ROWS, "One adapter for everything, trained on all rows of the run; the experts are held against it."),
    "mix": (SELECTED, "One adapter trained on the selected rows of all clusters: the experts' rows, without experts."),
    "lora": (SELECTED, "The expert of cluster {n}, trained on the rows that were selected from it."),
    "cluster": ("03_semantic_clustering/clusters.parquet", "Trained on all rows of cluster {n}, none left out."),
    "stage1": ("04_adbscan/chosen.parquet", "The first expert of cluster {n}, heard when its other rows were scored."),
}
PROTOCOLS = {
    "clean": "clean, so that rows which the evaluation asks about were taken out before training",
    "paper": "paper: published test lists were trained on, as the paper did, and scores on them say little",
}
OURS = registry.Licence("CC BY 4.0 (generated: the project's own corpus)", "yes")
WORST_FIRST = ("no", "unstated", "yes")
QUESTION = "这句话带着什么情绪？积极、中性、消极，只答一个词。\n公司发布年报，净利润同比增长三成，股价上涨。"


class CardError(Exception):
    """An adapter cannot be given away; the message says which, why, and what to do."""


class Run:
    """A run's adapters and what is known about them, each table read once.

    Parameters
    ----------
    run_dir : path
        The run's folder, absolute or relative to the repository.
    """

    def __init__(self, run_dir):
        self.folder = store.root() / run_dir
        found = [path for stage in STAGES for path in self.folder.glob(f"{stage}/experts/*") if path.is_dir()]
        if not any(path.parents[1].name == STAGES[-1] for path in found):
            raise CardError(f"{run_dir} has no {STAGES[-1]}/experts: run chapter 6 first (make 06)")
        found.sort(key=lambda path: re.sub(r"\d+", lambda number: number[0].zfill(9), path.name))
        self.adapters = {path.name: path for path in found}
        self._tables = {}

    def manifest(self, stage):
        """A stage's manifest; empty where the stage was run by hand or has not ended."""
        return state.read_manifest(self.folder / stage / state.MANIFEST) or {}

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
        if pickles := _pickles(folder):
            raise CardError(f"{shown} holds {pickles[0]}, and a pickle can run code: remove it, then export again")
        try:
            account, config = (store.read_json(folder / file) for file in ("training.json", "adapter_config.json"))
        except (OSError, ValueError) as error:
            file = Path(getattr(error, "filename", None) or "part of a file").name
            raise CardError(f"{shown} is unfinished ({file}): {self._again(name)}") from None
        if not training.is_trained(folder, account["recipe"]):
            raise CardError(f"{shown}: its weights are not those that training ended with: {self._again(name)}")
        return account, config

    def rows(self, name, digest):
        """The rows an adapter was trained on, in their order; an error if their hash is not ``digest``."""
        family, n = _family(name)
        for table in (ROWS, FAMILIES[family][0]):
            if self.table(table) is None:
                raise CardError(f"{name}: {table}, which names its rows, is missing: run chapter {table[1]} again")
        rows, part = self.table(ROWS), self.table(FAMILIES[family][0])
        if family != "all-data":
            part = part[part["chosen"]] if family == "stage1" else part
            part = part if n is None else part[part["cluster"] == n]
            rows = rows.set_index("id", drop=False).reindex(part["id"])
        if rows["output"].isna().any() or training.rows_hash(rows) != digest:
            raise CardError(f"{name}: the run's rows are no longer those it was trained on: {self._again(name)}")
        return rows

    def _again(self, name):
        return f"run chapter {self.stage(name)[1]} again, or leave it out with --only"


def _family(name):
    """``("lora", 0)`` for lora-0, ``("mix", None)`` for mix."""
    found = re.fullmatch(r"(all-data|mix)|(lora|cluster|stage1)-(\d+)", name)
    if not found:
        raise CardError(f"{name}: which rows an adapter of this name learns is not known; leave it out with --only")
    return found[1] or found[2], int(found[3]) if found[3] else None


def _pickles(folder):
    return sorted({path.name for pattern in PICKLES for path in folder.rglob(pattern)})


@dataclass(frozen=True)
class Base:
    """A base model: its name for others, its kind (``embedded``, ``hub``, ``folder``), where it lies here, identity."""

    name: str
    kind: str
    place: str
    digest: str
    revision: str | None = None


def base_of(config, digest):
    """The base model that an adapter was trained on.

    Parameters
    ----------
    config : dict
        ``adapter_config.json``, which names the place where the base lay then.
    digest : str
        The base's identity in the recipe, see :func:`assl_utils.models.content_hash`.

    Returns
    -------
    Base
        Of a hub model ``revision`` is the commit that gives this identity; None where neither the configuration nor
        the hub's cache has it. A folder that now holds another model is an error.
    """
    place = config["base_model_name_or_path"]
    embedded = Path(place) == models.EMBEDDED or Path(place).as_posix().endswith(f"/{EMBEDDED}")
    here = models.EMBEDDED if embedded else next((f for f in (Path(place), store.root() / place) if f.is_dir()), None)
    if here is None and re.fullmatch(r"[\w.-]+(/[\w.-]+)?", place):
        cached = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=place, repo_type="model"), "snapshots")
        known = [config.get("revision"), *sorted(path.name for path in cached.glob("*"))]
        fits = [one for one in known if hashlib.sha256(f"{place}@{one}".encode()).hexdigest() == digest]
        return Base(place, "hub", place, digest, fits[0] if fits else None)
    name, kind = (EMBEDDED, "embedded") if embedded else (Path(place).name, "folder")
    if here is not None and models.content_hash(here) != digest:
        raise CardError(f"the base model {name} has changed since the training: put the old one back, or train again")
    return Base(name, kind, str(here or place), digest)


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
        known = [one for one in known if one.name == name] or [registry.Licence(name, "unstated")]
    unknown = registry.Licence("none known: not in the registry of data", "unstated")
    return min(known, key=lambda one: WORST_FIRST.index(one.commercial), default=unknown)


# ------------------------------------------------------------------------------------------------------------ the card


def card(run, name):
    """The text of an adapter's card: a README.md as the Hugging Face hub reads it.

    Parameters
    ----------
    run : Run
    name : str
        The adapter, as its folder is called. One that cannot be given away raises a `CardError`.

    Returns
    -------
    str
        YAML front matter, then what it is, how to use it, base, data, terms, recipe, scores, limits.
    """
    account, config = run.account(name)
    (family, n), recipe = _family(name), account["recipe"]
    base = base_of(config, recipe["base"])
    parts = terms(run.rows(name, recipe["rows"]),
                  *(run.table(f"01_data_collection/{table}.csv") for table in ("account", "files")))  # fmt: skip
    trained = run.manifest(run.stage(name))
    protocol = run.manifest("01_data_collection").get("parameters", {}).get("protocol", "not recorded")
    facts = {
        "Run": f"`{trained.get('run', run.folder.name)}`, profile {trained.get('profile', 'not recorded')}",
        "Trained in": run.stage(name) + (f", ended {trained['finished'][:10]}" if "finished" in trained else ""),
        "Protocol of the data": PROTOCOLS.get(protocol, protocol),
        "Seed": recipe.get("seed", "not recorded"),
        "Weights": f"`adapter_model.safetensors`, SHA-256 `{account['adapter']}`",
    }
    about = "An adapter of a reproduction of *SilverSight* (arXiv:2404.04949), language models for Chinese finance."
    sections = {
        f"# {name}": [about, FAMILIES[family][1].format(n=n), _list(facts)],
        "## Use": _use(name, base, account.get("dtype", "auto").removeprefix("torch."), recipe.get("quantize", "no")),
        "## Base model": _base(base),
        "## Data": _data(parts, account, trained.get("inputs", {})),
        "## Terms": _terms(parts, base),
        "## Recipe": _recipe(account, trained.get("versions", {})),
        "## Scores": _scores(run, name, account["adapter"], parts),
        "## Limits": _limits(base),
    }
    blocks = [_front(base, parts), *(block for title, text in sections.items() for block in (title, *text))]
    return "\n\n".join(blocks) + "\n"


def _front(base, parts):
    about = {"library_name": "peft", "pipeline_tag": "text-generation", "language": "zh"}
    about |= {"base_model": base.name} if base.kind == "hub" else {}
    if base.kind == "embedded" and _only_ours(parts):
        about["license"] = "cc-by-4.0"  # the data's; the embedded model's weights are MIT, which asks for less
    else:
        about |= {"license": "other", "license_name": "terms-of-data-and-base-model"}
    return f"---\n{yaml.safe_dump(about | {'tags': ['lora', 'finance', 'silversight']}, sort_keys=False)}---"


def _only_ours(parts):
    return {licence for _, licence in parts} == {OURS}


def _use(name, base, dtype, quantize):
    """Five lines that load the adapter with plain transformers and peft, and a question put to it."""
    pin = f', revision="{base.revision}"' if base.revision else ""
    form, wording = "", "the chat template of the tokenizer, the question as the user's only turn"
    end = "tokenizer.eos_token_id"
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            base.place, revision=base.revision, local_files_only=True, trust_remote_code=False
        )
        end = f"tokenizer.convert_tokens_to_ids({tokenizer.convert_ids_to_tokens(models.end_of_answer(tokenizer))!r})"
        if not tokenizer.chat_template:
            form = f", chat_template={models.PLAIN_TEMPLATE!r}"
            wording = "the template below, for the tokenizer has none: `### 问题：`, the question, `### 回答：`"
    except (OSError, ValueError):  # the base is not here; what is usual is assumed
        pass
    load = f"""\
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer
base, adapter = {json.dumps(base.name, ensure_ascii=False)}, "{name}"
tokenizer = AutoTokenizer.from_pretrained(base{pin})
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base{pin}, dtype="{dtype}", use_safetensors=True), adapter)"""  # noqa: E501
    ask = f"""\
chat = [{{"role": "user", "content": {json.dumps(QUESTION, ensure_ascii=False)}}}]
ids = tokenizer.apply_chat_template(chat, add_generation_prompt=True, return_dict=True, return_tensors="pt"{form})
end = {end}
answer = model.generate(**ids, max_new_tokens=64, do_sample=False, repetition_penalty=1.0, eos_token_id=end)[0]
answer = [token for token in answer[ids["input_ids"].shape[1]:].tolist() if token not in tokenizer.all_special_ids]
print(tokenizer.decode(answer).strip())"""
    where = {
        "hub": "a name on the hub",
        "embedded": "a folder of the project's repository",
        "folder": "the folder of the base model",
    }[base.kind]
    return [
        f"`adapter` is this folder, seen from where Python runs; `base` is {where}: put in its path where it lies.",
        f"```python\n{load}\n```",
        *([f"In training the base was kept in {quantize}: answers may differ."] if quantize != "no" else []),
        f"A question is an instruction, a line break and the text it is about. The prompt is {wording}.",
        f"```python\n{ask}\n```",
    ]


def _base(base):
    named = f"[{base.name}](https://huggingface.co/{base.name})" if base.kind == "hub" else f"`{base.name}`"
    facts = {"Name": named + (", in the project's repository" if base.kind == "embedded" else "")}
    if base.kind == "hub":
        facts["Revision"] = f"`{base.revision}`" if base.revision else "not known beyond its identity"
    over = "`name@revision`" if base.kind == "hub" else "its weights, configuration and tokenizer"
    return [_list(facts | {"Identity": f"`{base.digest}`, a SHA-256 over {over}"})]


def _data(parts, account, inputs):
    lines = []
    for (source, licence), (count, others) in parts.items():
        others = others if len(others) < 4 else (*others[:2], f"{len(others) - 2} more")
        paper = SOURCES[source].paper_name if source in SOURCES else "–"
        lines.append((f"`{source}`", paper, f"{count:,}", licence.name, licence.commercial, ", ".join(others)))
    said = [f"{account['rows']:,} rows; SHA-256 of their texts, in order: `{account['recipe']['rows']}`."]
    said.append(_table(("source", "in the paper", "rows", "licence", "commercial use", "what stands in"), lines))
    if any(licence == OURS for _, licence in parts):
        said.append("Generated rows imitate the published source named beside them and are no rows of it.")
    said.append("The instructions in front of the rows are the project's own wordings (CC BY 4.0).")
    read = _table(("file of the run", "SHA-256"), [(f"`{file}`", f"`{digest}`") for file, digest in inputs.items()])
    return [*said, *(["What the training read:", read] if inputs else ["No hashes of the files read were recorded."])]


def _terms(parts, base):
    said = ["All rows are the project's own, under CC BY 4.0: whoever passes this on names the source."]
    if not _only_ours(parts):
        said = ["The adapter inherits the terms of all its rows, the strictest included; this card grants no licence."]
    for commercial, text in {
        "no": "Research or other non-commercial use only: {}. This holds for the adapter as well.",
        "unstated": "No licence stated: {}. No permission is known of: ask the owners before you pass this on.",
        "yes": "Commercial use allowed, on the conditions of the licence: {}.",
    }.items():
        named = {}
        for source, licence in parts:
            if licence.commercial == commercial and licence != OURS:
                named.setdefault(licence.name, []).append(f"`{source}`")
        listed = "; ".join(f"{', '.join(sources)} ({licence})" for licence, sources in named.items())
        said += [text.format(listed)] if named else []
    other = f"`{base.name}` has a licence of its own, which holds as well and is not known to this card."
    return [*said, "The base model's weights are under the MIT licence." if base.kind == "embedded" else other]


def _recipe(account, versions):
    used = [f"{key} {versions[key]}" for key in ("python", "torch", "transformers", "peft") if key in versions]
    asked = {key: value for key, value in account["recipe"].items() if key not in ("base", "rows")}
    came = {key: value for key, value in account.items() if key not in ("recipe", "adapter")}
    tables = [_table((title, ""), [(f"`{key}`", _plain(value)) for key, value in values.items()])
              for title, values in (("asked for", asked), ("what came of it", came))]  # fmt: skip
    return [*tables, f"Made with {', '.join(used)}." if used else "The versions it was made with were not recorded."]


def _scores(run, name, digest, parts):
    titles = {"CFLEB": "08_evaluation/table1.csv", "FinEval": "08_evaluation/table2.csv"}
    tables = {title: table.set_index("model") for title, file in titles.items()
              if (table := run.table(file)) is not None}  # fmt: skip
    if not tables:
        return ["The run has no tables of chapter 8, so there are no scores."]
    if not any(name in table.index for table in tables.values()):
        return ["This adapter was not evaluated on its own, so there are no scores."]
    manifest = run.manifest("08_evaluation")
    judged = manifest.get("inputs", {}).get(f"{STAGES[-1]}/experts/{name}/adapter_model.safetensors")
    if manifest and judged != digest:
        return ["The run's tables were made with other weights than these, so there are no scores."]
    rules = ", ".join(baselines.ALL)
    said = [f"Percent; 95 % is the interval of a bootstrap over the questions. The rules without a model are {rules}."]
    if not manifest:
        said.append("Chapter 8 left no manifest: nothing proves that these are the weights it judged.")
    for title, table in tables.items():
        lines = []
        for column in (column for column in table if f"{column}_lo" in table):
            value, low, high = (_score(table, [name], column + end) for end in ("", "_lo", "_hi"))
            rest = [_score(table, others, column) for others in (["base"], baselines.ALL)]
            lines += [(column, value, f"{low} – {high}", *rest)] if value != "–" else []
        if lines:
            said.append(_table((title, "this adapter", "95 %", "base model", "best rule"), lines))
            unread = f"{_score(table, [name], 'unparsed')} % of the answers could not be read."
            said.append(f"{table.at[name, 'n']:,} questions; {unread}")
    if any(licence == OURS for _, licence in parts):
        said.append("The questions are generated like the rows: these are no scores on the published benchmarks.")
    return said


def _score(table, models, column):
    """The best of these models in a column, to one decimal; a dash where there is none."""
    values = table.loc[table.index.isin(list(models)), column].dropna()
    return f"{values.max():.1f}" if len(values) else "–"


def _limits(base):
    said = ["Made to compare ways of choosing training data. It is no product; nothing it says is financial advice."]
    if base.kind == "embedded":
        made = models.account()
        size = f" of {made['parameters'] / 1e6:.0f} million parameters" if "parameters" in made else ""
        said.append(
            f"The base is a toy{size}, pre-trained on generated text about made-up firms. It knows nothing of any real "
            "firm, price or law, and fails at whatever differs from the tasks above."
        )
    else:
        said.append("Answers may be made up and sound sure all the same; what the base model gets wrong, this may too.")
    return said


def _list(facts):
    return "\n".join(f"- {key}: {value}" for key, value in facts.items())


def _table(head, lines):
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in (head, ["---"] * len(head), *lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _plain(value):
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# ---------------------------------------------------------------------------------------------------------- the export


def export(run_dir, out=None, names=None):
    """Write a folder for each adapter of a run, with its card.

    Parameters
    ----------
    run_dir : path
        The run's folder, absolute or relative to the repository.
    out : path, optional
        Where the folders go; ``export`` in the run's folder if left out.
    names : sequence of str, optional
        Which adapters; all of chapters 5 and 6 if left out.

    Returns
    -------
    list of Path
        The folders. Nothing is written unless all of the adapters can be given away.

    Notes
    -----
    The weights are copied, not linked: what was given away is not to change the run.
    """
    run = Run(run_dir)
    out = Path(out) if out else run.folder / "export"
    cards = {name: card(run, name) for name in names or run.adapters}
    if pickles := [name for name in cards if _pickles(out / name)]:
        raise CardError(f"{out / pickles[0]} holds a pickle, and a pickle can run code: remove it, then export again")
    for name, text in cards.items():
        source, target = run.adapters[name], out / name
        account, config = run.account(name)
        base = base_of(config, account["recipe"]["base"])
        for file in ("adapter_model.safetensors", "training.json"):
            with store.atomic_path(target / file) as part:
                shutil.copyfile(source / file, part)
        config |= {"base_model_name_or_path": base.name, "revision": base.revision}
        store.write_json(config, target / "adapter_config.json")
        with store.atomic_path(target / "README.md") as part:
            part.write_text(text, encoding="utf-8")
    return [out / name for name in cards]


def main(arguments=None):
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m assl_utils.model_card", description=__doc__.splitlines()[0])
    parser.add_argument("run_dir", metavar="RUN_DIR", help="the run's folder, such as runs/cpu")
    parser.add_argument("--out", type=Path, help="where the folders go; default RUN_DIR/export")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these adapters, such as lora-0 mix")
    given = parser.parse_args(arguments)
    try:
        folders = export(given.run_dir, given.out, given.only)
    except (CardError, OSError) as error:
        print(f"model_card: {error}", file=sys.stderr)
        return 1
    for folder in folders:
        account = store.read_json(folder / "training.json")
        print(f"{folder.name}: {account['rows']:,} rows, {account['steps']:,} steps")
    print(f"written: {os.path.relpath(folders[0].parent)}/NAME/README.md, one folder an adapter")
    return 0


if __name__ == "__main__":
    sys.exit(main())
