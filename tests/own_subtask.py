"""A small sub-task of one's own, and a source of it, to be changed by a test."""

import json

import yaml

PAGE = {
    "subtask": "tone", "task": "classification", "name": "基调", "format": "one label", "labels": ["偏紧", "偏松"],
    "wordings": ["偏紧还是偏松？", "判断基调。"], "evaluation": ["听起来如何？"],
}  # fmt: skip
ROWS = [
    {"instruction": "判断", "input": f"第{n}号公告说{what}", "output": label}
    for n, (what, label) in enumerate([("收紧信贷额度", "偏紧"), ("投放流动性了", "偏松")] * 6)
]


def subtask(folder, stem="tone", **changes):
    """Write the file of a sub-task; a change to None takes the key out."""
    page = {key: value for key, value in (PAGE | {"subtask": stem} | changes).items() if value is not None}
    path = folder / f"{stem}.yaml"
    path.write_text(yaml.safe_dump(page, allow_unicode=True), encoding="utf-8")
    return path


def source(folder, rows=ROWS, name="notices.tone"):
    """Write a JSONL file."""
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path
