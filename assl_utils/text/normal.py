"""One text, one form: what does not make two texts different."""

import re
import unicodedata

_NOISE = re.compile(r"(?!(?<=\d)\.\d)[\W_]")  # everything but letters and digits, save the point of a number


def normalise(text):
    """What two texts are compared by: NFKC, lower case, no punctuation, no white space.

    The point inside a number stays: 1.5 is not 15. A text of nothing but punctuation becomes empty and is no key.
    """
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())
