"""Adapters by chapter 6's recipe, and the questions that they answer as in chapter 8: what each study does."""

import argparse
import sys

from assl_utils import store
from assl_utils.errors import DataError
from assl_utils.evaluation import answers
from assl_utils.experts import models, side_by_side
from assl_utils.runner import params, pipeline, profiles


def train_and_ask(values, training_sets, places, recipe, questions, experts, cache, label):
    """Train adapters and let each question be answered by one of them; an adapter or answer that is there is taken.

    Parameters
    ----------
    values : dict
        All chapters' values.
    training_sets, places : dict
        Rows and folder of each adapter, by its name.
    recipe : assl_utils.experts.recipe.Recipe
    questions : DataFrame
        ``instruction, input``.
    experts : sequence of str
        The adapter that answers each question.
    cache, label
        As for :func:`assl_utils.experts.generation.answer`.

    Returns
    -------
    DataFrame
        ``answer, seconds``, …, a row per question.
    """
    base, eight = values["06_lora_training"]["base_model"], values["08_evaluation"]
    side_by_side.train_experts(base, training_sets, places, **recipe.asdict())
    model, tokenizer = models.load_once(base, quantize=eight.get("quantize", recipe.quantize), dtype=eight["dtype"])
    how = {"max_new_tokens": eight["max_new_tokens"], "batch_size": eight["generation_batch"], "cache": cache}
    return answers.answer(model, tokenizer, questions, places, {label: experts}, **how)[label]


def command(name, parser, work, arguments=None):
    """Read a command line that names a run, do ``work(root, resolved, options)``, say in a line what went wrong.

    Returns
    -------
    int
        The exit status: 0, 1 (a mistake) or 130 (stopped).
    """
    parser.add_argument("--record", action="store_true", help="keep the numbers in book/recorded, too")
    params.add_options(parser)
    options = parser.parse_args(arguments)
    root = store.root()
    try:
        profile, _ = profiles.choose_profile(root, options.profile or None)
        work(root, params.from_options(pipeline.load(root), profile, options), options)
    except (DataError, pipeline.RunnerError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130
    return 0


def option_parser(module, doc):
    """The parser of a study's command; its first line of help is that of the module."""
    return argparse.ArgumentParser(prog=f"python -m assl_utils.study.{module}", description=doc.split("\n")[0])
