"""From a page to a notebook that runs: buttons for Binder and Colab, and the notebook to take along."""

import re
import shutil
from pathlib import Path

import yaml

BUTTONS = {
    "notebook_interface": "jupyterlab",
    "binderhub_url": "https://mybinder.org",
    "colab_url": "https://colab.research.google.com",
}
ADDRESS = re.compile(r"https://(github|gitlab)\.com/[\w.-]+/[\w.-]+")


class AddressError(ValueError):
    """A repository's address that is none; the message says which are."""


def add_buttons(settings):
    """Complete the file ``_config.yml``: where a repository is set, pages link it and open in Binder and Colab.

    Raises
    ------
    AddressError
        For an address that neither of them takes.
    """
    path = Path(settings)
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    address = found.get("repository", {}).get("url")
    if not address:
        return
    if not ADDRESS.fullmatch(address):
        raise AddressError(
            f"repository.url in book/_config.yml is {address!r}; Binder and Colab take "
            "https://github.com/<owner>/<name> (or gitlab.com); leave it empty for a book without these buttons"
        )
    config = found.setdefault("sphinx", {}).setdefault("config", {})
    config["html_theme_options"] = config.get("html_theme_options", {}) | {  # jupyter-book's own keys do not reach them
        "repository_url": address, "repository_branch": found["repository"].get("branch", "main"),
        "path_to_docs": "notebooks", "launch_buttons": BUTTONS, "use_repository_button": True,
    }  # fmt: skip
    path.write_text(yaml.safe_dump(found, allow_unicode=True, sort_keys=False), encoding="utf-8")


def offer_notebooks(root, html, chapters):
    """Put the repository's notebooks where the pages' download buttons lead, in place of the pages' own."""
    for name in chapters:
        shutil.copyfile(Path(root) / "notebooks" / f"{name}.ipynb", Path(html) / "_sources" / f"{name}.ipynb")
