"""Which chapters of a run the page to try things out is made from."""

from pathlib import Path

from assl_utils import store

NAME = "explore"  # of the page
DATA, WORDINGS, CLUSTERING, STAGE1, STAGE2, ROUTING, EVALUATION = (
    "01_data_collection",
    "02_instruction_expansion",
    "03_semantic_clustering",
    "04_adbscan",
    "05_scoring_mmr",
    "07_routing",
    "08_evaluation",
)
MAP = WALK = (DATA, WORDINGS, CLUSTERING, STAGE1)
QUESTION = (DATA, WORDINGS, CLUSTERING, ROUTING)
CHOSEN, ANSWERS = (STAGE2,), (EVALUATION,)  # what the map, and a question, shows too where it is there


def finished(run, stages):
    """Whether a run has finished these chapters."""
    return all(manifest(run, stage).is_file() for stage in stages)


def manifest(run, stage):
    """The file that a chapter writes last, with the digests of all that it read and left."""
    return Path(run, stage, "manifest.json")


def parameters(run, stage):
    """The parameters with which a chapter of a run was executed; none where it was not."""
    path = manifest(run, stage)
    return store.read_json(path)["parameters"] if path.is_file() else {}


def is_embedded(run):
    """Whether a run's rows are the embedded corpus, whose texts are the project's own and may be shown."""
    return parameters(run, DATA).get("data") == "embedded"


def reads(run):
    """The manifests that say whether anything that the page is made from has changed."""
    stages = sorted({*WALK, *CHOSEN, *QUESTION, *ANSWERS})
    return [path for stage in stages if (path := manifest(run, stage)).is_file()]
