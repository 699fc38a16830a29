"""Pictures of a run as a page carries them: in at most 256 colours where that saves much."""

import base64
import io

LARGE = 8_000  # bytes from which on a picture is looked at
WHITE = (255, 255, 255, 255)


def lighter(png):
    """A PNG in base64, with a palette of 256 colours if it is large and that makes it smaller; else as it was.

    Figures have few colours; what a palette rounds is the shade of an edge. The white around them stays white: on a
    dark page it becomes the page's own dark, and a shade less would show as a box. The file of the run stays as it is.
    """
    if len(png) * 3 // 4 < LARGE:
        return png
    from PIL import Image

    raw = base64.b64decode(png)
    with Image.open(io.BytesIO(raw)) as picture:
        small, whole = io.BytesIO(), picture.convert("RGBA")
        few = whole.quantize(256, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        if whole.getpixel((0, 0)) == WHITE:
            colors, at = few.getpalette("RGBA"), 4 * few.getpixel((0, 0))
            colors[at : at + 4] = WHITE
            few.putpalette(colors, "RGBA")
        few.save(small, "PNG", optimize=True)
    return base64.b64encode(small.getvalue()).decode("ascii") if small.tell() < len(raw) else png
