"""What can be wrong with data, in words a person can act on: the file, the row, what was found, and the way out."""

import difflib

LONG = 200  # letters of a word that are compared


class DataError(ValueError):
    """A file, or a row of it, is not what it should be.

    Parameters
    ----------
    problem : str
        What is wrong, and what would mend it.
    file : path, optional
        The file, as the reader of the message knows it.
    row : int, optional
        Number of the record inside the file, counted from 1.
    """

    def __init__(self, problem, file=None, row=None):
        self.problem, self.file, self.row = problem, file, row
        where = f"{file}" if file is not None else ""
        if row is not None:
            where += f", record {row}"
        super().__init__(f"{where}: {problem}" if where else problem)


class UnavailableError(DataError):
    """A source is not available at all: no network, no such file, no permission."""


def plain(error):
    """An error's own words in one line; its name where it has none."""
    return " ".join(str(error).split()) or type(error).__name__


def nearest(name, known):
    """Which known word an unknown one may have meant, for the end of an error: the nearest first, then all."""
    if not (known := [str(each) for each in known]):
        return "there is none at all"
    return f"nearest is {close(name, known, 0)!r} (all: {', '.join(known)})"


def near(name, known):
    """``; nearest is `random```, or nothing where no known word is like it: for an error that lists them anyway."""
    found = close(name, known)
    return f"; nearest is `{found}`" if found else ""


def close(name, known, cutoff=0.4):
    """The known word that is most like a misspelt one, or None; of a very long word the beginning counts."""
    found = difflib.get_close_matches(str(name)[:LONG], list(known), n=1, cutoff=cutoff)
    return found[0] if found else None
