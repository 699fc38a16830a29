"""A sub-task of one's own: one YAML file says what it asks, in which words, and what an answer is.

The file is like those in ``data/instructions``, with the sub-task's task and name beside its wordings::

    subtask: policy_tone
    task: classification
    name: 货币政策基调
    format: one label
    labels: [偏紧, 偏松]
    wordings: [...]
    evaluation: [...]

`add` makes it known to all that looks a sub-task up, for as long as this Python runs: the catalog, the wordings, the
reader of answers, the forms, the roles and the metric. It holds for one process, so whoever starts another calls it
there again.
"""

import re
from pathlib import Path

import yaml

from assl_utils.errors import DataError, near
from assl_utils.tasks import catalog, forms, parsing, roles, wordings

KEYS = ("subtask", "task", "name", "format", "wordings", "evaluation")
FORMATS = {"one label": "label", "text": "text"}  # word of the file: form of the answer
MOST = {"wordings": wordings.TRAINING, "evaluation": wordings.EVALUATION}
ROLE = "micro"  # what counts where the words of a row do not decide, see `roles`


def add(path):
    """Read one file and make its sub-task known.

    Parameters
    ----------
    path : path
        ``<sub-task>.yaml``. ``task`` is one of the catalog's tasks; ``format`` is ``one label`` (with ``labels``) or
        ``text``; ``wordings`` are 1 to 30 texts for training, ``evaluation`` 1 to 3 that no training row is given.

    Returns
    -------
    str
        The sub-task. One that was added before is replaced, so that an edited file can be read again.

    Raises
    ------
    DataError
        One sentence that names the file. Nothing is added then.
    """
    path = Path(path)
    page = _page(path)
    subtask, form = _checked(page, path)
    labels = page.get("labels") or []
    entry = {"labels": labels, "none": None, **{key: page[key] for key in ("format", *MOST)}}
    catalog.SUBTASKS[subtask] = (page["task"], page["name"])
    catalog.LABELS[subtask] = tuple(labels)
    catalog.OWN[subtask] = form
    wordings.ADDED[subtask] = (subtask, "", entry)
    forms.TASK_FORMS[subtask] = form
    roles.OWN[subtask] = ROLE
    parsing.add(subtask, labels)
    return subtask


def _page(path):
    try:
        page = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError("there is no such file", path) from None
    except UnicodeDecodeError:
        raise DataError("it is no text in UTF-8; save it as such", path) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" from line {mark.line + 1} on" if mark else ""
        raise DataError(f"it is no YAML{where}; look at the indents, the colons and the quotes", path) from None
    if not isinstance(page, dict):
        raise DataError(f"it holds no `key: value` lines; it needs {', '.join(KEYS)}", path)
    return page


def _checked(page, path):
    """The sub-task's name and the form of its answers."""
    if missing := [key for key in KEYS if not page.get(key)]:
        raise DataError(f"{missing[0]!r} is missing or empty; a sub-task of your own needs {', '.join(KEYS)}", path)
    if unknown := sorted(set(map(str, page)) - {*KEYS, "labels"}):
        hint = near(unknown[0], (*KEYS, "labels"))
        raise DataError(f"the key {unknown[0]!r} is none of {', '.join((*KEYS, 'labels'))}{hint}", path)
    for key in ("subtask", "task", "name", "format"):
        if not isinstance(page[key], str):
            raise DataError(f"the {key} is {page[key]!r}; it is to be a text", path)
    subtask = page["subtask"]
    if subtask != path.stem:
        raise DataError(f"its subtask is {subtask!r}; that must repeat the file's name, {path.stem!r}", path)
    if not re.fullmatch(r"[a-z][a-z0-9_]*", subtask):
        raise DataError(f"the sub-task {subtask!r} is to be small letters, digits and _, a letter first", path)
    if subtask in {*catalog.SUBTASKS, *catalog.TASKS, *parsing.TASKS} - set(catalog.OWN):
        raise DataError(f"a sub-task {subtask!r} exists already; give yours, and this file, another name", path)
    if page["task"] not in catalog.TASKS:
        raise DataError(f"the task {page['task']!r} is none of {', '.join(catalog.TASKS)}", path)
    if page["format"] not in FORMATS:
        raise DataError(f"the format {page['format']!r} is none of {', '.join(FORMATS)}", path)
    for key, most in MOST.items():
        _check_texts(page[key], key, most, path)
    if twice := sorted(set(page["wordings"]) & set(page["evaluation"])):
        raise DataError(f"{twice[0]!r} is a wording of training and of evaluation; take it out of one", path)
    form = FORMATS[page["format"]]
    if form == "label":
        _check_texts(page.get("labels") or [], "labels", None, path)
        if len({parsing.fold(label) for label in page["labels"]}) < max(2, len(page["labels"])):
            raise DataError("the labels are to be two or more that differ in more than width and case", path)
    elif page.get("labels"):
        raise DataError("a sub-task of format `text` has no labels; take them out, or write `format: one label`", path)
    return subtask, form


def _check_texts(texts, key, most, path):
    if not isinstance(texts, list) or not texts or (most and len(texts) > most):
        found = len(texts) if isinstance(texts, list) else type(texts).__name__
        raise DataError(f"{key}: a list of {f'1 to {most}' if most else 'two or more'} texts, not {found}", path)
    for text in texts:
        if not isinstance(text, str) or not text.strip() or text != text.strip():
            wanted = "a text without blanks at its ends; put numbers, yes and no in quotes"
            raise DataError(f"{key}: {text!r} is to be {wanted}", path)
    if twice := next((text for text in texts if texts.count(text) > 1), None):
        raise DataError(f"{key}: {twice!r} is listed twice", path)
