"""Which chapters of a run the page of things to touch is made from."""

from pathlib import Path

NAME = "explore"  # of the page
DATA, WORDINGS, CLUSTERING, STAGE1 = (
    "01_data_collection",
    "02_instruction_expansion",
    "03_semantic_clustering",
    "04_adbscan",
)
WALK = (DATA, WORDINGS, CLUSTERING, STAGE1)


def finished(run, stages):
    """Whether a run has finished these chapters."""
    return all(manifest(run, stage).is_file() for stage in stages)


def manifest(run, stage):
    """The file that a chapter writes last, with the digests of all that it read and left."""
    return Path(run, stage, "manifest.json")


def reads(run):
    """The manifests that say whether anything that the page is made from has changed."""
    return [path for stage in WALK if (path := manifest(run, stage)).is_file()]
