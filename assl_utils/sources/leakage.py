"""What training shares with the evaluation sets, and with itself: leaks, copies and contradictions.

Rows are compared by what they ask about, never by the instruction (30 wordings of it would match everything). Beside
its whole input a row may have a *part* that gives the answer away on its own: the context of a question, the sentence
of a relation or of a negative-news row without the named entities, the stem of an exam question.
"""

import re

import pandas as pd

from assl_utils.tasks import parsing
from assl_utils.text.near import contained_pairs, near_pairs
from assl_utils.text.normal import normalise

__all__ = ["collapse_duplicates", "conflicts", "find", "matrix", "near_duplicates", "normalise", "part_of", "protocol"]

SHORTEST_STEM = 15  # characters; "下列说法正确的是" opens many questions, so a short stem counts with its options
KINDS = ("exact", "contained", "near")
MATCHES = ["train_id", "source", "eval_id", "benchmark", "task", "kind", "compared", "similarity", "same_output"]

_QUESTION_END = re.compile(r"[？?]")
# No `\s*` in front: on a run of blanks it takes a square of time, and what is split is normalised anyway.
_ENTITIES = re.compile(r"(?:头实体|实体|评价对象)\s*[：:]")
_OPTIONS = re.compile(r"(?:^|\n)[^\S\n]*[A-EＡ-Ｅ]\s*[、.．:：]\s*")


def part_of(subtask, text):
    """The part of an input that is compared beside the whole, as (name, normalised text); ("", "") if there is none."""
    if subtask in ("single_choice", "multiple_choice"):
        stem, *options = _OPTIONS.split(text)
        key = normalise(stem)
        if options and len(key) < SHORTEST_STEM:
            key = "|".join([key, *sorted(map(normalise, options))])
        return "stem", key
    if subtask in ("qa", "causal_qa"):
        _, *context = _QUESTION_END.split(text, maxsplit=1)
        return ("context", normalise(context[0])) if context else ("", "")
    if subtask in ("relation", "negative_news", "sentiment"):
        body, *entities = _ENTITIES.split(text, maxsplit=1)
        return ("text", normalise(body)) if entities else ("", "")
    if subtask == "matching":  # the pair asks the same in either order
        return "pair", "|".join(sorted(map(normalise, text.split("\n"))))
    return "", ""


def find(train, evaluation, near=0.8):
    """Training rows that are, hold, are held by, or nearly are an evaluation row, of whatever task.

    Parameters
    ----------
    train : DataFrame
        ``id, source, subtask, input, output``.
    evaluation : DataFrame
        ``id, benchmark, task, subtask, input, reference``.
    near : float, default 0.8
        Least Jaccard similarity of character 5-grams of a near match.

    Returns
    -------
    DataFrame
        ``MATCHES``, a row per pair in the order of the ids. ``kind`` is the strongest that holds, ``exact`` before
        ``contained`` before ``near``; ``compared`` is what matched, ``input`` or the part's name; ``similarity`` is the
        Jaccard similarity (1 of an exact match, NaN of a contained one); ``same_output``: the answer leaks too.
    """
    ours, theirs = _keys(train), _keys(evaluation)
    # Of exam questions wholes alone may be near or contained: stems share much of their wording by nature.
    exact = ours.merge(theirs.add_suffix("_eval"), left_on="key", right_on="key_eval")
    exact = exact.assign(kind="exact", similarity=1.0)
    mine, yours = (frame[~frame["compared"].isin(["stem", "pair"])] for frame in (ours, theirs))
    left, right = (list(dict.fromkeys(frame["key"])) for frame in (mine, yours))
    pairs = [(left[i], right[j], "near", s) for i, j, s in near_pairs(left, right, near)]
    pairs += [(left[i], right[j], "contained", float("nan")) for i, j in contained_pairs(left, right)]
    pairs = pd.DataFrame(pairs, columns=["key", "key_eval", "kind", "similarity"])
    pairs = pairs[pairs["key"] != pairs["key_eval"]]
    close = mine.merge(pairs, on="key").merge(yours.add_suffix("_eval"), on="key_eval")
    found = pd.concat([exact, close[exact.columns]] if len(close) else [exact], ignore_index=True)
    found["strength"] = found["kind"].map(KINDS.index)
    found["part"] = (found["compared"] != "input").astype(int)
    order = ["row", "row_eval", "strength", "part", "compared", "compared_eval"]
    found = found.sort_values(order, kind="stable").drop_duplicates(["row", "row_eval"])
    found["compared"] = found["compared"].where(found["compared"] != "input", found["compared_eval"])
    ours, theirs = train.iloc[found["row"]], evaluation.iloc[found["row_eval"]]
    out = pd.DataFrame(
        {
            "train_id": ours["id"].to_numpy(),
            "source": ours["source"].to_numpy(),
            "eval_id": theirs["id"].to_numpy(),
            "benchmark": theirs["benchmark"].to_numpy(),
            "task": theirs["task"].to_numpy(),
            "kind": found["kind"].to_numpy(),
            "compared": found["compared"].to_numpy(),
            "similarity": found["similarity"].to_numpy(),
            "same_output": [
                _canonical(*a) == _canonical(*b)
                for a, b in zip(_answers(ours, "output"), _answers(theirs, "reference"), strict=True)
            ],
        },
        columns=MATCHES,
    )
    return out.sort_values(["train_id", "eval_id"], kind="stable", ignore_index=True)


def find_readings(published, rows, evaluation, near=0.8):
    """What :func:`find` finds of rows as published and, of those it does not find, as a protocol reads them.

    A mended text may leak where the published one does not: `flare-zh-stocka` prints five days of prices behind the
    news, and without them the news is whole in a context of FinQA.

    Parameters
    ----------
    published, rows : DataFrame
        Rows as published, and as :func:`assl_utils.sources.cleaning.settle` left them: fewer or as many, same ids.
    evaluation, near
        As for :func:`find`.
    """
    matches = find(published, evaluation, near)
    as_published = rows["id"].map(published.set_index("id")["input"])
    others = rows[(rows["input"] != as_published) & ~rows["id"].isin(matches["train_id"])]
    more = find(others, evaluation, near)
    if more.empty:
        return matches
    return pd.concat([matches, more]).sort_values(["train_id", "eval_id"], kind="stable", ignore_index=True)


def matrix(matches, sources=None, tasks=None, count="evaluation"):
    """How many evaluation rows (or ``count="train"`` rows) each source shares with each task, a row per source.

    ``sources`` and ``tasks`` fix the rows and columns, zeros included.
    """
    column = {"evaluation": "eval_id", "train": "train_id"}.get(count)
    if column is None:
        raise ValueError(f"count is 'evaluation' or 'train', got {count!r}.")
    table = matches.pivot_table(index="source", columns="task", values=column, aggfunc="nunique", fill_value=0)
    sources = sorted(table.index) if sources is None else list(sources)
    tasks = sorted(table.columns) if tasks is None else list(tasks)
    table = table.reindex(index=sources, columns=tasks, fill_value=0).astype(int)
    return table.rename_axis(index="source", columns=None)


def shared(matches, evaluation, sources):
    """How many questions of the whole benchmarks each source shares: a column per task, and ``not scored``.

    Parameters
    ----------
    matches : DataFrame
        What :func:`find` returned for every question of the benchmarks.
    evaluation : DataFrame
        All questions that have an answer, not only those that a run asks: the columns of their tasks count them. Every
        other question that matches (without an answer, or for few-shot prompts) is counted as ``not scored``.
    sources : collection of str
        The rows, zeros included.
    """
    scored = matches["eval_id"].isin(evaluation["id"])
    table = matrix(matches[scored], sources, evaluation["task"].unique())
    others = matches[~scored].groupby("source")["eval_id"].nunique()
    return table.assign(**{"not scored": others.reindex(table.index, fill_value=0).astype(int)})


def pairs(matches, train, evaluation, per_kind=4, seed=0):
    """A seeded sample of matches with both texts, so that a reader can judge them; as many of each kind and task.

    Returns
    -------
    DataFrame
        The matches' columns, then ``train_input, eval_input``.
    """
    mixed = matches.sample(frac=1, random_state=seed)
    chosen = mixed.groupby(["kind", "task"]).head(per_kind).sort_values(["kind", "task", "train_id"])
    for side, frame in (("train", train), ("eval", evaluation)):
        chosen[f"{side}_input"] = chosen[f"{side}_id"].map(frame.drop_duplicates("id").set_index("id")["input"])
    return chosen.reset_index(drop=True)


def part_names(rows):
    """What is judged by itself: a source, or what stands in for it, ``"fe (fincuge-finfe/train.json)"``."""
    return rows["source"] + rows["stand_in"].map(lambda name: f" ({name})" if name else "")


def protocol(train, matches, protocol="clean", drop_share=0.9, whole=()):
    """The rows a protocol trains on, and an account of what it leaves out.

    Parameters
    ----------
    train : DataFrame
        Rows with ``id`` and ``source``; where they have a ``part`` (a source's own rows, or those of a stand-in), each
        part is judged by itself.
    matches : DataFrame
        What :func:`find` returned for them.
    protocol : {"clean", "paper"}
        ``clean`` drops every matching row, and a source as a whole if most of it matches; ``paper`` keeps all.
    drop_share : float, default 0.9
        A source is dropped whole when more than this share of its rows match.
    whole : collection of str
        Parts that ``clean`` drops whole in any case: they are known to be an evaluation list, whatever is scored of it.

    Returns
    -------
    kept : DataFrame
        The rows kept, in their order.
    account : DataFrame
        ``source, rows, exact, contained, near, leaked, share, action, kept``, sources in order of appearance; ``share``
        is the percentage leaked, ``action`` one of ``kept``, ``filtered``, ``dropped``.
    """
    if protocol not in ("clean", "paper"):
        raise ValueError(f"The protocol is 'clean' or 'paper', got {protocol!r}.")
    unknown = set(matches["train_id"]) - set(train["id"])
    if unknown:
        raise ValueError(f"{len(unknown)} matches are of rows that are not in train, such as {min(unknown)!r}.")
    strongest = matches.assign(rank=matches["kind"].map(KINDS.index)).groupby("train_id")["rank"].min()
    rank = train["id"].map(strongest)
    part = train["part" if "part" in train else "source"]
    account = pd.DataFrame({"source": list(dict.fromkeys(part))}).set_index("source")
    account["rows"] = part.value_counts()
    for i, kind in enumerate(KINDS):
        account[kind] = (rank == i).groupby(part).sum()
    account["leaked"] = account[list(KINDS)].sum(axis=1)
    account["share"] = 100 * account["leaked"] / account["rows"]
    account["action"] = "kept"
    keep = pd.Series(True, index=train.index)
    if protocol == "clean":
        account.loc[account["leaked"] > 0, "action"] = "filtered"
        account.loc[(account["share"] > 100 * drop_share) | account.index.isin(list(whole)), "action"] = "dropped"
        keep = rank.isna() & ~part.isin(account.index[account["action"] == "dropped"])
    account["kept"] = part[keep].value_counts().reindex(account.index, fill_value=0)
    return train[keep].reset_index(drop=True), account.reset_index()


def collapse_duplicates(rows):
    """Distinct rows: of copies in one sub-task and form the one with the first id, with the multiplicity of all.

    Copies agree in input and output after normalisation, whatever source they come from. What is empty after
    normalisation (``。。。``) is compared as it is.
    """
    rows = rows.assign(multiplicity=rows["multiplicity"] if "multiplicity" in rows else 1)
    keys = [rows["subtask"], rows["form"], rows["input"].map(_key), rows["output"].map(_key)]
    grouped = rows.groupby(keys, sort=False)
    rows["multiplicity"] = grouped["multiplicity"].transform("sum")
    return rows[rows["id"] == grouped["id"].transform("min")].reset_index(drop=True)


def near_duplicates(rows, near=0.8):
    """Pairs of rows of one sub-task and form whose inputs nearly agree (equal ones included), in the order of the ids.

    Returns
    -------
    DataFrame
        ``id, other, similarity, same_output``, ``id`` before ``other``.
    """
    out = []
    for (subtask, form), group in rows.sort_values("id").groupby(["subtask", "form"]):
        keys = group["input"].map(normalise)
        members = {}
        for key, row in zip(keys, group[["id", "output"]].itertuples(index=False), strict=True):
            members.setdefault(key, []).append(row)
        texts = [text for text in members if text]
        for i, j, similarity in near_pairs(texts, texts, near):
            for a in members[texts[i]]:
                for b in members[texts[j]]:
                    if a.id < b.id:
                        same = _canonical(subtask, form, a.output) == _canonical(subtask, form, b.output)
                        out.append((a.id, b.id, similarity, same))
    out = pd.DataFrame(out, columns=["id", "other", "similarity", "same_output"])
    return out.sort_values(["id", "other"], ignore_index=True)


def conflicts(rows):
    """Texts that a sub-task answers in more than one way.

    Returns
    -------
    DataFrame
        A row per text and output: ``group, subtask, form, kind, input, output, rows, sources, ids``. ``kind`` is
        ``format`` where all outputs read the same (``D`` and ``D. 社会总产品``), else ``answer``; ``rows`` counts
        multiplicity.
    """
    rows = rows.sort_values("id")
    rows = rows.assign(
        key=rows["input"].map(_key),
        output=rows["output"].str.strip(),
        weight=rows["multiplicity"] if "multiplicity" in rows else 1,
    )
    outputs = rows.groupby(["subtask", "form", "key"])["output"].transform("nunique")
    out = []
    for number, ((subtask, form, _), group) in enumerate(rows[outputs > 1].groupby(["subtask", "form", "key"])):
        kind = "format" if len({_canonical(subtask, form, output) for output in group["output"]}) == 1 else "answer"
        for output, same in group.groupby("output"):
            sources, ids = " ".join(sorted(set(same["source"]))), " ".join(same["id"])
            out.append((number, subtask, form, kind, same["input"].iloc[0], output, same["weight"].sum(), sources, ids))
    columns = ["group", "subtask", "form", "kind", "input", "output", "rows", "sources", "ids"]
    return pd.DataFrame(out, columns=columns)


def _keys(rows):
    """Every text a row is found by: ``row`` (position), ``compared``, ``key``."""
    out = []
    for i, (subtask, text) in enumerate(zip(rows["subtask"], rows["input"], strict=True)):
        name, part = part_of(subtask, text)
        out += [(i, compared, key) for compared, key in (("input", normalise(text)), (name, part)) if key.strip("|")]
    return pd.DataFrame(out, columns=["row", "compared", "key"])


def _key(text):
    return normalise(text) or text.strip()


def _answers(rows, column):
    forms = rows["form"] if "form" in rows else [""] * len(rows)
    return zip(rows["subtask"], forms, rows[column], strict=True)


def _canonical(subtask, form, output):
    """An answer as it is read, or its normalised text: what decides whether two outputs say the same."""
    parsed, ok = parsing.parse(subtask, output, form)
    return parsed if ok and subtask not in ("summary", "qa", "causal_qa") else _key(output)
