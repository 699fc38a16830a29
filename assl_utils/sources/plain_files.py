"""A stranger's file before it is opened: a plain file and nothing else, and messages that stay short."""

import errno
import os
import stat
from pathlib import Path

from assl_utils import store
from assl_utils.errors import DataError, UnavailableError

LONGEST = 600  # characters of a message's line
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def check(path, name=None):
    """Refuse what is not there and what is no plain file, before anything is read from it.

    To open a named pipe waits for somebody who writes, and a device has no end.

    Parameters
    ----------
    path : path
        The file; a link counts as what it leads to.
    name : str, optional
        What messages call it; its path when left out.

    Raises
    ------
    UnavailableError
        There is no such file, or it may not be read.
    DataError
        Something else stands in its place.
    """
    name = shortened(str(name or path))
    try:
        mode = os.stat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        link = os.path.islink(path)
        raise UnavailableError("this link leads nowhere" if link else "there is no such file", name) from None
    except ValueError:
        raise DataError("a path has no NUL and no half character in it", repr(name)) from None
    except OSError as error:
        odd = error.errno in (errno.ELOOP, errno.ENAMETOOLONG)
        problem = f"it cannot be read ({error.strerror})"
        raise (DataError if odd else UnavailableError)(problem, name) from None
    if kind := KINDS.get(stat.S_IFMT(mode)):
        raise DataError(f"this is {kind}, a file is wanted: put the file in its place", name)


def folder(text, what):
    """The folder that a person named, from the repository on, as a whole path; ``what`` is the parameter's name.

    A path that no system takes (NUL, too long, a loop of links, a home of nobody) is a DataError.
    """
    said = f"{what}={shortened(str(text), 80)!r}"
    try:
        path = store.root() / Path(text).expanduser()
        path.exists()  # says what `resolve` lets pass: a name that is too long
        return path.resolve()
    except RuntimeError as error:  # the words pathlib has for both
        problem = "a loop of links" if "loop" in str(error) else "there is no such user, or no home"
    except ValueError:
        problem = "a path has no NUL and no half character in it"
    except OSError as error:
        problem = error.strerror.lower()
    raise DataError(f"{said} is no folder ({problem}): name the folder that holds raw/")


def shortened(text, most=LONGEST):
    """A text of at most ``most`` characters: its beginning and its end, where it is longer."""
    if len(text) <= most:
        return text
    return f"{text[: most * 2 // 3]}…{text[-most // 3 + 1 :]}"
