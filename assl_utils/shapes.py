"""JSON files that chapters, studies and strangers leave, each held against one declared shape before it is used.

A wing declares the shape of what it writes, beside the function that writes it::

    class EncoderFile(shapes.Shape):
        encoder: str
        prompt: str

    about = shapes.read(folder / "encoder.json", EncoderFile)

What is not declared may be there and is let through: a file by a later version has more. The runner's own files are
checked in `assl_utils.runner.shapes`, which loads in no time.
"""

import json
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from assl_utils.errors import DataError

LARGEST = 256 << 20  # bytes


class Shape(BaseModel):
    """A JSON object: types are exact (no text for a number, no truth value for one), numbers finite."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


def _one_part(name):
    if not name or name in (".", "..") or "/" in name or "\0" in name or len(name.encode(errors="replace")) > 255:
        raise ValueError("is no name of a folder")
    return name


Name = Annotated[str, AfterValidator(_one_part)]  # a name that becomes a folder's
Amount = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


def read(path, shape):
    """A JSON object from a file.

    Parameters
    ----------
    path : path
    shape : subclass of Shape

    Returns
    -------
    dict
        As it is in the file.

    Raises
    ------
    FileNotFoundError
    DataError
        For what is no file, too large, no JSON, or has not the shape: with the file, the place in it and the problem.
    """
    path = Path(path)
    if not path.is_file():
        if path.exists() or path.is_symlink():
            raise DataError("is no file", path)
        raise FileNotFoundError(f"{path} is missing")
    if path.stat().st_size > LARGEST:
        raise DataError(f"has more than {LARGEST >> 20} MB", path)
    try:
        value = json.loads(path.read_bytes().decode("utf-8"))
        shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))[:100] or "the whole"
        raise DataError(f"has not its shape: {where}: {first['msg']}", path) from None
    except UnicodeDecodeError:
        raise DataError("is not UTF-8", path) from None
    except (ValueError, RecursionError, MemoryError):
        raise DataError("is not whole JSON, or is nested too deep", path) from None
    return value


def read_if_whole(path, shape):
    """`read`, or None where there is no such file or none of that shape: for what is made again when it is missing."""
    try:
        return read(path, shape)
    except (OSError, DataError):
        return None
