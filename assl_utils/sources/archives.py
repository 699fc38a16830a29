"""Archives unpacked with care: all of it or nothing, and nothing outside the folder."""

import contextlib
import errno
import functools
import lzma
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assl_utils import store
from assl_utils.errors import DataError, plain
from assl_utils.sources import plain_files

MAX_BYTES = 2 * 1000**3  # what an archive may unpack to
MAX_MEMBERS = 10_000  # the published ones have some hundred
MAX_DEPTH = 32  # folders above a file
MAX_NAME, MAX_PART = 1000, 255  # bytes of a member's path, and of a folder's or a file's name: the disk takes no more


def unpack(archive, folder, *, max_bytes=MAX_BYTES):
    """Unpack a .zip into a folder of its own: all of it, or nothing.

    Unpacked once more, it mends what is missing or changed there, and leaves the folder alone where nothing is.

    Parameters
    ----------
    archive, folder : path
        The file, whatever its suffix, and the folder to make.
    max_bytes : int
        The most it may unpack to.

    Returns
    -------
    list of Path
        The files, in the archive's order.

    Raises
    ------
    DataError
        The archive is no file, damaged or encrypted, or a member of it climbs out of the folder, is no plain file,
        comes twice, lies too deep, has too long a name or makes the whole too large; or the folder holds other files.
        What was there stays, and nothing comes to it.

    Notes
    -----
    A zip made on a Chinese Windows has its names in GBK and does not say so. Names without the UTF-8 flag are therefore
    read as UTF-8 where that makes Chinese of them, as GBK otherwise.
    """
    archive, folder = Path(archive), Path(folder)
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise DataError(f"{folder} is a file: unpack into a folder", archive)
    plain_files.check(archive)
    with archive.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] != b"PK":
        raise DataError(f"not a .zip: it begins with {magic!r}", archive)
    aside, old = (folder.with_name(f".{folder.name}.{os.getpid()}.{end}") for end in ("part", "old"))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    name = None
    try:
        with zipfile.ZipFile(archive) as pack:
            files = _checked(_members(pack), archive, max_bytes)
            if others := there - files.keys():
                raise DataError(f"{folder} holds other files, like {min(others)!r}: unpack into a new folder", archive)
            for name, member in files.items():
                (aside / name).parent.mkdir(parents=True, exist_ok=True)
                with member.open() as source, (aside / name).open("xb") as out:
                    shutil.copyfileobj(source, out, store.CHUNK)
        aside.mkdir(parents=True, exist_ok=True)  # an archive may be empty
        if not folder.is_dir() or store.sha256(folder) != store.sha256(aside):
            if folder.is_dir():
                os.replace(folder, old)
            os.replace(aside, folder)
    except DataError:
        raise
    except _BROKEN as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise  # the disk's fault; EINVAL is a damaged zip's that sends its reader before the start
        where = f" at member {plain_files.shortened(name, 120)!r}" if name else ""
        raise DataError(f"truncated or corrupt{where} ({plain(error)}): fetch it again", archive) from error
    finally:
        for left in (aside, old):
            shutil.rmtree(left, ignore_errors=True)
    return [folder / name for name in files]


# what zipfile and its decompressors raise on damaged bytes
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    OSError, EOFError, ValueError, OverflowError, MemoryError, NotImplementedError,
)  # fmt: skip


@dataclass(frozen=True)
class _Member:
    """One entry of an archive; ``kind`` is "file", "folder", or what is wrong with it."""

    name: str
    kind: str
    bytes: int
    open: Callable


def _members(pack):
    for info in pack.infolist():
        form = stat.S_IFMT(info.external_attr >> 16)  # made on Unix; 0 elsewhere
        kind = "folder" if info.orig_filename.endswith("/") else "file"
        if info.flag_bits & 0x1:
            kind = "is encrypted"
        elif form == stat.S_IFLNK:
            kind = "is a link"
        elif form not in (0, stat.S_IFREG, stat.S_IFDIR):
            kind = "is a device or a pipe"
        yield _Member(_name(info), kind, info.file_size, functools.partial(pack.open, info))


def _name(info):
    """The name as its maker saw it: zipfile takes what is not flagged as UTF-8 for an American DOS's."""
    if info.flag_bits & 0x800 or info.orig_filename.isascii():
        return info.orig_filename
    raw = info.orig_filename.encode("cp437")
    with contextlib.suppress(UnicodeDecodeError):
        name = raw.decode("utf-8")
        if any(char >= "\u0800" for char in name):  # two GBK bytes may be one Cyrillic letter, hardly three a character
            return name
    with contextlib.suppress(UnicodeDecodeError):
        return raw.decode("gb18030")
    return info.orig_filename


def _checked(members, archive, max_bytes):
    """name -> member for the files of an archive; any that has no place in a folder of ours is refused."""
    files, folders, total = {}, set(), 0
    for number, member in enumerate(members, 1):
        parts = [part for part in member.name.split("/") if part not in ("", ".")]
        name, above = "/".join(parts), {"/".join(parts[:n]) for n in range(1, min(len(parts), MAX_DEPTH + 2))}
        total += member.bytes
        wrong = None
        if len(parts) > MAX_DEPTH + 1:
            wrong = f"lies {len(parts) - 1} folders deep, {MAX_DEPTH} are the most"
        elif len(name.encode(errors="replace")) > MAX_NAME:
            wrong = f"has a path of more than {MAX_NAME} bytes"
        elif any(len(part.encode(errors="replace")) > MAX_PART for part in parts):
            wrong = f"has a name of more than {MAX_PART} bytes"
        elif number > MAX_MEMBERS:
            wrong = f"is one more than {MAX_MEMBERS:,}, the most"
        elif member.name.startswith("/"):
            wrong = "has an absolute path"
        elif "\\" in member.name or "\0" in member.name:
            wrong = "has a backslash or a NUL in its name"
        elif re.match(r"[A-Za-z]:", name):
            wrong = "names a drive"
        elif ".." in parts:
            wrong = "climbs out of the folder"
        elif member.kind not in ("file", "folder"):
            wrong = member.kind
        elif name in files and member.kind == "file":
            wrong = "comes twice"
        elif name in (folders if member.kind == "file" else files) or above & files.keys():
            wrong = "makes one name a file and a folder"
        elif member.kind == "file" and not parts:
            wrong = "has no name"
        elif member.bytes < 0 or total > max_bytes:
            wrong = f"brings the unpacked size over {max_bytes} bytes (max_bytes)"
        if wrong:
            shown = plain_files.shortened(member.name, 120)
            raise DataError(f"member {shown!r} {wrong}: nothing was unpacked", archive)
        folders |= above
        if member.kind == "file":
            files[name] = member
        elif parts:
            folders.add(name)
    return files
