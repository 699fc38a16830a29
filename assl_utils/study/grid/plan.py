"""What a grid will do before it does it: which lines stand, which are new, what they train and how long it takes."""

from collections import Counter

import pandas as pd

from assl_utils.errors import DataError
from assl_utils.experts import estimate
from assl_utils.progress import seconds as in_words
from assl_utils.study.grid import linear, sentences
from assl_utils.study.grid import lines as grid_lines
from assl_utils.study.grid import rows as grid_rows
from assl_utils.tasks.wordings import prompts

PROBED = 64  # rows that the estimate trains on and questions that it has answered


def families(lines):
    """Lines grouped by the adapters they share, in the order of the grid."""
    found = {}
    for line in lines:
        found.setdefault(line.family, []).append(line)
    return list(found.values())


def table(data, grid, recorded=()):
    """Every line of a grid and whether it stands, a row each.

    Parameters
    ----------
    recorded : collection of str
        Keys of lines that the record holds.

    Returns
    -------
    DataFrame
        ``blocks, line, seed, clustering_seed, state`` (stands, recorded, failed or new), ``key``.
    """
    rows = []
    for line in grid.lines:
        state = "stands" if grid_lines.stands(data, line) else "recorded" if line.key in recorded else "new"
        if state == "new" and (data.place(line) / grid_lines.ABOUT).is_file():
            state = "failed"
        rows.append({
            "blocks": " ".join(dict(line.blocks)), "line": str(line.sentence), "seed": line.seed,
            "clustering_seed": line.clustering_seed, "state": state, "key": line.key,
        })  # fmt: skip
    return pd.DataFrame(rows)


def size(data, line):
    """About how many tokens a line trains on and how many it reads or writes, without choosing its rows."""
    word, train = line.sentence.select, line.sentence.train
    rows, read = _rows(data, line), 0.0
    if train.name == "linear":
        return rows, 0.0, len(data.questions(line.sentence.score.name))
    text = train["text_passes"] if train.name.startswith("text") else 0
    trained = rows * (text + (0 if train.name in ("nothing", "text") else train["passes"]))
    if word.name in sentences.NEEDS_FEEDBACK:
        trained *= 1.5  # the first experts, on half of the rows
        read += 2 * len(data.rows)
    route, compose = line.sentence.route.name, line.sentence.compose.name
    everyone = route in ("oracle", "oracle_task", "validated") or compose == "vote"
    asked = len(data.questions(line.sentence.score.name)) * (6 if everyone else 1)
    return trained, read, asked


def _rows(data, line):
    """About how many rows a line trains on, those from outside of the run included."""
    part, word = line.sentence.partition, line.sentence.select
    if part.name == "modules":
        return part["pieces"] * (1 if part["only"] else 2)
    if "each" in dict(word.arguments):
        inside = grid_rows.partition(data, part, line.clustering_seed, line.sentence.score.name).labels >= 0
        rows = data.rows.loc[inside, "subtask"].value_counts().clip(upper=word["each"]).sum()
    elif word.name in ("all", "paper_rule"):
        rows = len(data.rows)
    else:
        rows = word["share"] * len(data.rows) * (0.5 if word.name == "stage1" else 1)
    return rows * (1 + sum(float(piece.split(":")[1]) for piece in word["plus"].split("+") if piece))


def estimate_seconds(data, groups, workers=1):
    """How long families of lines take, after a trial of some seconds; each family's seconds and the whole."""
    without = [group for group in groups if group[0].sentence.train.name == "linear"]
    per_row = linear.seconds_a_row(data) if without else 0.0
    each = [len(group) * size(data, group[0])[0] * per_row for group in without]
    if len(groups) > len(without):
        each += _with_model(data, [group for group in groups if group not in without])
    return each, max(max(each, default=0.0), sum(each) / max(1, workers))


def _with_model(data, groups):
    """Seconds of each family whose lines train and ask a language model."""
    model, tokenizer = data.model()
    some = data.rows.sample(min(PROBED, len(data.rows)), random_state=0)
    recipe = data.recipe(0, 1)
    ahead = estimate.train((model, tokenizer), {"probe": some}, **recipe.asdict())
    per_row = float(ahead["seconds"].iloc[0]) / len(some)
    questions = data.questions("cfleb")
    how = data.answering
    took = estimate.answer(model, tokenizer, prompts(questions), how["max_new_tokens"], how["batch_size"], PROBED)
    per_answer = took["seconds"] / len(questions)
    each = []
    for group in groups:
        first = size(data, group[0])
        asked = sum(size(data, line)[2] for line in group)
        each.append(first[0] * per_row + (first[1] + asked) * per_answer)
    return each


def in_short(states, total, workers):
    """One sentence for the person waiting."""
    counted = Counter(states["state"])
    parts = [f"{n} {name}" for name, n in counted.items()]
    new = counted["new"] + counted["failed"]
    words = f"{len(states)} lines: {', '.join(parts)}"
    return words + (f"; about {in_words(total)} with {workers} at a time" if new else "; nothing to do")


def count(data, lines):
    """What each line would be trained on, without training: rows of each sub-task, a column a line.

    Lines that need feedback are counted only where it stands already.
    """
    found = {}
    for line in lines:
        if line.sentence.select.name in sentences.NEEDS_FEEDBACK:
            continue
        mixture = grid_rows.choose(data, line).mixture()
        found[f"{line.sentence}, clustering {line.clustering_seed}"] = mixture.groupby("subtask")["rows"].sum()
    if not found:
        raise DataError("every line of this grid asks the model first; none can be counted without it")
    return pd.DataFrame(found).fillna(0).astype(int)
