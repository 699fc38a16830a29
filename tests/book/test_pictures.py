"""Large pictures of a run are carried with a palette, small ones as they are."""

import base64
import io

import numpy as np
from PIL import Image

from assl_utils.book import pictures


def png(pixels):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


def test_a_large_picture_of_few_colours_gets_smaller_and_looks_the_same():
    rng = np.random.default_rng(0)
    colours = np.array([[255, 255, 255, 255], [68, 119, 170, 255], [238, 102, 119, 255]], dtype=np.uint8)
    pixels = colours[rng.integers(0, 3, (600, 600))]
    before = png(pixels)
    after = pictures.lighter(before)
    assert len(before) * 3 // 4 > pictures.LARGE and len(after) < len(before)
    with Image.open(io.BytesIO(base64.b64decode(after))) as picture:
        shown = np.asarray(picture.convert("RGBA")).astype(int)
    assert np.abs(shown - pixels).max() <= 4 and pictures.lighter(before) == after


def test_a_small_picture_stays():
    small = png(np.zeros((5, 5, 4), dtype=np.uint8))
    assert pictures.lighter(small) is small


def test_the_white_around_a_figure_stays_white():
    """A shade less is a box on a dark page."""
    rng = np.random.default_rng(0)
    pixels = np.full((600, 600, 4), 255, dtype=np.uint8)
    pixels[50:550, 50:550, :3] = rng.integers(0, 256, (500, 500, 3))  # more colours than a palette has
    pixels[50:550, 50:550, :3] |= 0xC0
    after = pictures.lighter(png(pixels))
    with Image.open(io.BytesIO(base64.b64decode(after))) as picture:
        assert picture.mode == "P"
        shown = np.asarray(picture.convert("RGBA"))
    edge = np.ones((600, 600), bool)
    edge[50:550, 50:550] = False
    assert (shown[edge] == 255).all()
