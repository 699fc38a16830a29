"""Buttons of a page that lead to a notebook which runs; none, and no other host, where no repository is set."""

import json
import re

import book_sample
import pytest
import yaml

from assl_utils.book import build, launch

ADDRESS = "https://github.com/somebody/silversight"


def settings(folder, **repository):
    path = folder / "_config.yml"
    path.write_text(yaml.safe_dump({"title": "A", "html": {"favicon": "b"}, "repository": repository}), "utf-8")
    launch.add_buttons(path)
    return yaml.safe_load(path.read_text("utf-8"))


@pytest.mark.parametrize("address", ["", None])
def test_without_an_address_the_settings_stay(tmp_path, address):
    assert settings(tmp_path, url=address) == {"title": "A", "html": {"favicon": "b"}, "repository": {"url": address}}


@pytest.mark.parametrize("address", ["git@github.com:a/b", "https://example.org/a/b", "https://github.com/a", "x"])
def test_an_address_that_is_none_is_refused(tmp_path, address):
    with pytest.raises(launch.AddressError, match=r"github\.com/<owner>/<name>"):
        settings(tmp_path, url=address)


def page(html, name="01_data_collection.html"):
    return (html / name).read_text("utf-8")


def test_a_book_without_a_repository_has_no_button_and_offers_its_notebooks():
    root, _ = book_sample.built()
    html = root / "book" / "_build" / "html"
    assert "mybinder" not in page(html) and "colab" not in page(html)
    assert 'title="This notebook. Opened alone, it fetches its project' in page(html)
    offered = json.loads((html / "_sources" / "01_data_collection.ipynb").read_text("utf-8"))
    assert offered == json.loads((root / "notebooks" / "01_data_collection.ipynb").read_text("utf-8"))


def test_with_a_repository_every_chapter_opens_in_binder_and_colab(tmp_path):
    root = book_sample.make(tmp_path / "repository")
    path = root / "book" / "_config.yml"
    path.write_text(re.sub(r'(repository:.*\n  url: )""', rf"\g<1>{ADDRESS}", path.read_text("utf-8")), "utf-8")
    html = build.build(root, say=lambda line: None)
    for name in ("01_data_collection", "02_instruction_expansion"):
        links = re.findall(r'href="(https://(?:mybinder|colab|github)[^"]*)"', page(html, f"{name}.html"))
        assert f"{launch.BUTTONS['binderhub_url']}/v2/gh/somebody/silversight/main" in links[0] + links[1]
        assert sum(link.endswith(f"notebooks/{name}.ipynb") for link in links) == 2, links
        assert ADDRESS in links
    assert "colab" not in page(html, "intro.html"), "a page without code runs nowhere"
