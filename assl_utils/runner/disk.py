"""What is wrong with the place where runs lie, in a sentence with a way out: full, read-only, gone, no folder."""

import errno
import os
import shutil
import tempfile
from pathlib import Path

FULL = (errno.ENOSPC, errno.EDQUOT)
CLOSED = (errno.EROFS, errno.EACCES, errno.EPERM)
ODD = (errno.ENOENT, errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENOTEMPTY)
FAILING = (errno.EIO, errno.ESTALE, errno.ENODEV, errno.ENXIO)
AGAIN = "then give the same command: it goes on from the last whole chapter"


class DiskError(Exception):
    """Runs cannot be kept where they should be; the message says why and what to do."""


def check(runs):
    """Refuse a ``runs`` that is a link to nowhere or no folder. One that is not there yet is fine: it will be made."""
    runs = Path(runs)
    if runs.is_dir() or not (runs.exists() or runs.is_symlink()):
        return
    if runs.is_symlink():
        raise DiskError(f"runs/ is a link to {os.readlink(runs)}, and no folder is there: make it or mount it, {AGAIN}")
    raise DiskError(f"runs/ is no folder but a file: move it away, {AGAIN}")


def sentence(error, root):
    """What an `OSError` says about the disk, and the way out; empty for an error that is not the disk's.

    Parameters
    ----------
    error : OSError
    root : path
        The repository; what lies in it is named from there.
    """
    number = _number(error)
    where = _name(error.filename, root)
    if number in FULL:
        return _full(root)
    if number in CLOSED:
        mend = "make it writable, or link runs/ to a folder that is"
        return f"{where or 'runs/'} cannot be written ({_words(number)}): {mend}, {AGAIN}"
    if number in FAILING:
        return f"{where or 'the disk'} cannot be read or written ({_words(number)}): look after the disk, {AGAIN}"
    if number in ODD and where.split("/")[0] == "runs":  # elsewhere it is a mistake of ours
        return f"{where} is not what it should be ({_words(number)}): move away what is there, {AGAIN}"
    return ""


def hint(message, root):
    """The way out for a chapter's own message, where it speaks of a full or a read-only disk."""
    if any(os.strerror(number) in message for number in FULL):
        return _full(root)
    if os.strerror(errno.EROFS) in message:
        return sentence(OSError(errno.EROFS, ""), root)
    return ""


def _full(root):
    runs = Path(root, "runs")
    places = {"runs/": runs if runs.is_dir() else root, f"{tempfile.gettempdir()} (TMPDIR)": tempfile.gettempdir()}
    free = ", ".join(f"{_free(place)} left for {name}" for name, place in places.items())
    return f"the disk is full ({free}): make room, or link runs/ to a larger disk, {AGAIN}"


def _free(place):
    try:
        size = shutil.disk_usage(place).free
    except OSError:
        return "nothing known to be"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


def _number(error):
    """The error's number; of several that `shutil.copytree` collects, the number that its texts begin with."""
    if error.errno is None and isinstance(error, shutil.Error):
        texts = str(error.args)
        return next((number for number in (*FULL, *CLOSED, *FAILING, *ODD) if f"[Errno {number}]" in texts), None)
    return error.errno


def _words(number):
    return os.strerror(number).lower()


def _name(filename, root):
    if not filename or not isinstance(filename, str | os.PathLike):
        return ""
    path = Path(filename)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
