"""A clock that is wrong: ahead, behind, and jumping while work goes on; and files whose times are as wrong."""

import os
import re
import time
from pathlib import Path

DAY = 86_400
JUMPS = (-3650 * DAY, -DAY, -3700, -3, 0, 3, 3700, DAY, 3650 * DAY)  # seconds
NOW = "clock.txt"  # in the folder of the work: by how many seconds its clock is wrong
# Read by each Python of the work at its start. What C reads (`datetime.now`, the times of files) goes on rightly, so
# the two disagree, as after a jump; `misdate` and `turn_times` see to dates and files.
PATCH = """
import os, time
def _moved(real, unit):
    def now():
        with open(os.environ["ASSL_TESTED_CLOCK"]) as stream:
            return real() + int(stream.read() or 0) * unit
    return now
time.time, time.time_ns = _moved(time.time, 1), _moved(time.time_ns, 10**9)
"""


def set_to(place, seconds):
    """Let the clock of the work in ``place`` be wrong by so much from now on."""
    part = place / f".{NOW}"
    part.write_text(f"{seconds:+d}\n", encoding="ascii")
    part.replace(place / NOW)


def shifted(variables, place):
    """The variables of a process that reads the moved clock; intervals (`time.monotonic`) are left as they are."""
    (place / "clock").mkdir(exist_ok=True)
    (place / "clock" / "sitecustomize.py").write_text(PATCH, encoding="utf-8")
    path = filter(None, [str(place / "clock"), variables["PYTHONPATH"]])
    return variables | {"PYTHONPATH": os.pathsep.join(path), "ASSL_TESTED_CLOCK": str(place / NOW)}


def turn_times(folder, rng):
    """Give some files below a folder a time in the future or the past; their content stays."""
    for path in sorted(Path(folder).rglob("*")):
        if path.is_file() and rng.random() < 0.3:
            os.utime(path, times=2 * (max(time.time() + rng.choice(JUMPS), 0),))


def misdate(folder, rng):
    """Let manifests below a folder say that they were finished in the future, or long ago."""
    for path in sorted(Path(folder).rglob("manifest.json")):
        said = path.read_text(encoding="utf-8")
        dated = re.sub(r'("finished": ")\d{4}', rf"\g<1>{rng.choice((1990, 2099))}", said)
        path.write_text(dated, encoding="utf-8")
