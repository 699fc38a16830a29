"""Results that were changed behind the runner's back: flipped, cut, emptied, swapped or gone; each must be found."""

import contextlib
import io
import os
import random
import shutil

import targets

HOW = ("flip", "cut", "empty", "gone", "longer")


def tried(folder, seed, each=5):
    """A finished small run, each of its files damaged in each way: how many, and which damage `status` does not see."""
    import toy_repo

    target = targets.Runner(None)
    whole = folder / "whole"
    toy_repo.build(whole)
    process = target.start(whole, folder / "log")
    if process.wait():
        raise RuntimeError((folder / "log").read_text(encoding="utf-8"))
    rng, count, missed = random.Random(seed), 0, []
    for name, path in target.files(whole):
        for how in HOW[:each]:
            copy = shutil.copytree(whole, folder / "copy", symlinks=True)
            harm(copy / path.relative_to(whole), how, rng)
            count += 1
            if "done" in state_of(copy, name.split("/")[0]):
                missed.append(f"{name} {how}")
            shutil.rmtree(copy)
    return {"tried": count, "missed": missed}


def harm(path, how, rng):
    """Change one file; a flip leaves its size and, as a careless copy would, its time."""
    content, times = path.read_bytes(), path.stat()
    at = rng.randrange(len(content))
    if how == "flip":
        path.write_bytes(content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :])
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    elif how == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": content[:at], "empty": b"", "longer": content + b"\n"}[how])


def state_of(root, stage):
    """What `make status` says of a stage."""
    from assl_utils.runner import __main__ as command

    before = os.environ.get("ASSL_ROOT")
    os.environ["ASSL_ROOT"] = str(root)
    try:
        with contextlib.redirect_stdout(io.StringIO()) as said:
            command.main(["status", "--profile", "cpu"])
    finally:
        os.environ.pop("ASSL_ROOT") if before is None else os.environ.update(ASSL_ROOT=before)
    return next(line for line in said.getvalue().splitlines() if stage in line)
