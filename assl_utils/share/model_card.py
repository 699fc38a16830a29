"""The card of an adapter: what it is, how plain peft loads it, what it was made of, what it scored.

What a card says comes from the run and from the registry of data; where the run is silent, the card says so.
"""

import json

from huggingface_hub import ModelCardData

from assl_utils import pretrained
from assl_utils.evaluation import baselines
from assl_utils.experts import models
from assl_utils.share.provenance import FAMILIES, OURS, base_of, family_of
from assl_utils.study import examples
from assl_utils.tasks.catalog import SOURCES

PROTOCOLS = {
    "clean": "clean, so that rows which the evaluation asks about were taken out before training",
    "paper": "paper: published test lists were trained on, as the paper did, and scores on them say little",
}
QUESTION = "这句话带着什么情绪？积极、中性、消极，只答一个词。\n公司发布年报，净利润同比增长三成，股价上涨。"
MADE_UP = "This question is made up to show the form; nobody checked what is answered to it."


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
    (family, n), recipe = family_of(name), account["recipe"]
    base = base_of(config, recipe["base"])
    parts = run.terms(name)
    trained = run.manifest(run.stage(name))
    facts = origin(run, run.stage(name)) | {
        "Seed": recipe.get("seed", "not recorded"),
        "Weights": f"`adapter_model.safetensors`, SHA-256 `{account['adapter']}`",
    }
    about = "An adapter of a reproduction of *SilverSight* (arXiv:2404.04949), language models for Chinese finance."
    sections = {
        f"# {name}": [about, FAMILIES[family][1].format(n=n), as_list(facts)],
        "## Use": _use(
            name,
            base,
            account.get("dtype", "auto").removeprefix("torch."),
            recipe.get("quantize", "no"),
            examples.chosen(run.folder, name, 1) if run.judged(name) == account["adapter"] else [],
        ),
        "## Base model": about_base(base),
        "## Data": _data(parts, account, trained.get("inputs", {})),
        "## Terms": about_terms(parts, base),
        "## Recipe": _recipe(account, trained.get("versions", {})),
        "## Scores": _scores(run, name, account["adapter"], parts),
        "## Limits": about_limits(base),
    }
    blocks = [front(base, parts), *(block for title, text in sections.items() for block in (title, *text))]
    return "\n\n".join(blocks) + "\n"


def origin(run, stage):
    """Which run, stage and protocol something comes from, as far as the manifests say."""
    trained = run.manifest(stage)
    protocol = run.manifest("01_data_collection").get("parameters", {}).get("protocol", "not recorded")
    return {
        "Run": f"`{trained.get('run', run.folder.name)}`, profile {trained.get('profile', 'not recorded')}",
        "Trained in": stage + (f", ended {trained['finished'][:10]}" if "finished" in trained else ""),
        "Protocol of the data": PROTOCOLS.get(protocol, protocol),
    }


def front(base, parts):
    """The front matter that the Hugging Face hub reads; ``parts`` as `provenance.terms` gives them."""
    ours = base.kind == "embedded" and _only_ours(parts)  # the embedded model's weights are MIT, which asks for less
    data = ModelCardData(
        library_name="peft", pipeline_tag="text-generation", language="zh", tags=["lora", "finance", "silversight"],
        base_model=base.name if base.kind == "hub" else None, license="cc-by-4.0" if ours else "other",
        license_name=None if ours else "terms-of-data-and-base-model",
    )  # fmt: skip
    return f"---\n{data}\n---"


def _only_ours(parts):
    return {licence for _, licence in parts} == {OURS}


def _use(name, base, dtype, quantize, found):
    """Five lines that load the adapter with plain transformers and peft, and a question put to it.

    It is one that the adapter answers well, where the run has such; ``found`` is what `examples.chosen` gives.
    """
    question = found[0]["question"] if found else QUESTION
    pin = f', revision="{base.revision}"' if base.revision else ""
    form, wording = "", "the chat template of the tokenizer, the question as the user's only turn"
    end = "tokenizer.eos_token_id"
    try:
        tokenizer = base.tokenizer()
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
chat = [{{"role": "user", "content": {json.dumps(question, ensure_ascii=False)}}}]
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
    there = "" if base.kind == "hub" else f", where Python runs in the folder that holds `{base.beside}`"
    return [
        f"`adapter` is this folder, seen from where Python runs; `base` is {where}: put in its path where it lies.",
        f"```python\n{load}\n```",
        f"`AutoPeftModelForCausalLM.from_pretrained(adapter)` finds the base by itself{there}.",
        *([f"In training the base was kept in {quantize}: answers may differ."] if quantize != "no" else []),
        f"A question is an instruction, a line break and the text it is about. The prompt is {wording}.",
        f"```python\n{ask}\n```",
        *(_answered(found[0]) if found else [MADE_UP]),
    ]


def _answered(example):
    """What was answered to the question, and how it was chosen."""
    count = f"this holds for {example['right']} of the {example['asked']} questions of {example['task']}"
    return [f"{examples.RULE} Here {count}. In the run the answer was:", f"```text\n{example['answer']}\n```"]


def about_base(base):
    """A base model's name and identity."""
    named = f"[{base.name}](https://huggingface.co/{base.name})" if base.kind == "hub" else f"`{base.name}`"
    facts = {"Name": named + (", in the project's repository" if base.kind == "embedded" else "")}
    if base.kind == "hub":
        facts["Revision"] = f"`{base.revision}`" if base.revision else "not known beyond its identity"
    over = "`name@revision`" if base.kind == "hub" else "its weights, configuration and tokenizer"
    return [as_list(facts | {"Identity": f"`{base.digest}`, a SHA-256 over {over}"})]


def _data(parts, account, inputs):
    lines = []
    for (source, licence), (count, others) in parts.items():
        others = others if len(others) < 4 else (*others[:2], f"{len(others) - 2} more")
        paper = SOURCES[source].paper_name if source in SOURCES else "–"
        lines.append((f"`{source}`", paper, f"{count:,}", licence.name, licence.commercial, ", ".join(others)))
    said = [f"{account['rows']:,} rows; SHA-256 of their texts, in order: `{account['recipe']['rows']}`."]
    said.append(as_table(("source", "in the paper", "rows", "licence", "commercial use", "read instead"), lines))
    if any(licence == OURS for _, licence in parts):
        said.append("Generated rows imitate the published source named beside them and are no rows of it.")
    said.append("The instructions in front of the rows are the project's own wordings (CC BY 4.0).")
    read = as_table(("file of the run", "SHA-256"), [(f"`{file}`", f"`{digest}`") for file, digest in inputs.items()])
    return [*said, *(["What the training read:", read] if inputs else ["No hashes of the files read were recorded."])]


def about_terms(parts, base):
    """What the terms of data and base ask of whoever passes an adapter on."""
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


def made_with(versions, *packages):
    """The versions of some packages that a stage's manifest holds, in a sentence."""
    used = [f"{package} {versions[package]}" for package in packages if package in versions]
    return f"Made with {', '.join(used)}." if used else "The versions it was made with were not recorded."


def _recipe(account, versions):
    asked = {key: value for key, value in account["recipe"].items() if key not in ("base", "rows")}
    came = {key: value for key, value in account.items() if key not in ("recipe", "adapter")}
    tables = [as_table((title, ""), [(f"`{key}`", _plain(value)) for key, value in values.items()])
              for title, values in (("asked for", asked), ("what came of it", came))]  # fmt: skip
    return [*tables, made_with(versions, "python", "torch", "transformers", "peft")]


def _scores(run, name, digest, parts):
    titles = {"CFLEB": "08_evaluation/table1.csv", "FinEval": "08_evaluation/table2.csv"}
    tables = {title: table.set_index("model") for title, file in titles.items()
              if (table := run.table(file)) is not None}  # fmt: skip
    if not tables:
        return ["The run has no tables of chapter 8, so there are no scores."]
    if not any(name in table.index for table in tables.values()):
        return ["This adapter was not evaluated on its own, so there are no scores."]
    manifest = run.manifest("08_evaluation")
    if manifest and run.judged(name) != digest:
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
            said.append(as_table((title, "this adapter", "95 %", "base model", "best rule"), lines))
            unread = f"{_score(table, [name], 'unparsed')} % of the answers could not be read."
            said.append(f"{table.at[name, 'n']:,} questions; {unread}")
    if any(licence == OURS for _, licence in parts):
        said.append("The questions are generated like the rows: these are no scores on the published benchmarks.")
    return said


def _score(table, models, column):
    """The best of these models in a column, to one decimal; a dash where there is none."""
    values = table.loc[table.index.isin(list(models)), column].dropna()
    return f"{values.max():.1f}" if len(values) else "–"


def about_limits(base):
    """What it should not be used for."""
    said = ["Made to compare ways of choosing training data. It is no product; nothing it says is financial advice."]
    if base.kind == "embedded":
        made = pretrained.account()
        size = f" of {made['parameters'] / 1e6:.0f} million parameters" if "parameters" in made else ""
        said.append(
            f"The base is a toy{size}, pre-trained on generated text about made-up firms. It knows nothing of any real "
            "firm, price or law, and fails at whatever differs from the tasks above."
        )
    else:
        said.append("Answers may be made up and sound sure all the same; what the base model gets wrong, this may too.")
    return said


def as_list(facts):
    """Facts as a Markdown list."""
    return "\n".join(f"- {key}: {value}" for key, value in facts.items())


def as_table(head, lines):
    """Rows as a Markdown table."""
    cells = [[str(cell).replace("|", "\\|") for cell in line] for line in (head, ["---"] * len(head), *lines)]
    return "\n".join(f"| {' | '.join(line)} |" for line in cells)


def _plain(value):
    if isinstance(value, float):
        return f"{value:.12g}"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
