"""Jobs for test_jobs.py and test_processes.py, in a module of their own so that workers can import them."""

import os
import signal
import time
from pathlib import Path


def wait_for(happened, seconds=60):
    """Until it has happened."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def numbered(folder, n, **more):
    """Jobs that know their number."""
    return [{"folder": str(folder), "number": number, **more} for number in range(n)]


def environment():
    """This process's variables, but for a note of Dask's on its process number."""
    return {name: value for name, value in os.environ.items() if not name.startswith("__DASK")}


def began(folder, number):
    """Leave a trace of one start of a job; returns how many there were before."""
    before = len(starts(folder, number))
    (Path(folder) / f"{number}.{time.time_ns()}").touch()
    return before


def starts(folder, number):
    """The traces of a job's starts, in order."""
    return sorted(Path(folder).glob(f"{number}.*"))


def square(folder, number, seconds=0.0):
    began(folder, number)
    time.sleep(seconds)
    return number**2


def dies(folder, number, victim, times):
    """As `square`, but the victim's process is killed at its first starts, by when others have handed in theirs."""
    before = began(folder, number)
    if number == victim and before < times:
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)
    return number**2


def refuses(folder, number, victim):
    began(folder, number)
    if number == victim:
        raise FileNotFoundError(2, "no such table", "rows.parquet")
    time.sleep(0.2)
    return number


def waits(folder, number, seconds):
    """Note this process's number, then wait; SIGTERM is noted, too, as a training would save a checkpoint."""

    def save(*_):
        (Path(folder) / f"saved.{number}").touch()
        os._exit(0)

    signal.signal(signal.SIGTERM, save)
    (Path(folder) / f"pid.{number}").write_text(str(os.getpid()))
    time.sleep(seconds)
    return number


def dies_or_waits(folder, number):
    """Job 0 waits as `waits`; job 1 kills its process as soon as the other is at work."""
    if number == 0:
        return waits(folder, number, 60)
    while not (Path(folder) / "pid.0").exists():
        time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGKILL)


def room():
    """How many jobs a child would do side by side."""
    from assl_utils import processes

    return processes.room(20)


def unlike_a_pickle(number):
    """Return what cannot be sent."""
    return lambda: number


class Stubborn(Exception):
    """An error that cannot be unpickled, for it is made from two values and keeps one."""

    def __init__(self, where, why):
        super().__init__(f"{where} says {why}")


def stubborn():
    raise Stubborn("the hub", "no")


def hours(seconds):
    """When this process was at work."""
    start = time.monotonic()
    time.sleep(seconds)
    return os.getpid(), start, time.monotonic()


def place():
    """Where a job is done, with what; it shows a bar."""
    import torch

    from assl_utils import progress

    with progress.bar(1, "inner") as bar:
        bar.update()
    time.sleep(0.3)
    names = ("CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS", "ASSL_PROGRESS")
    return {"pid": os.getpid(), "threads": torch.get_num_threads(), **{name: os.environ.get(name) for name in names}}


def embed(encoder, texts, start, stop, out):
    """A shard of vectors, as a file."""
    from assl_utils import store
    from assl_utils.space import encoder as space_encoder

    if not Path(out).exists():
        store.write_array(space_encoder.embed(texts[start:stop], space_encoder.load_encoder(encoder)), out)
    return out


def train(base, rows, out, seed):
    """An expert."""
    from assl_utils.experts import training

    return training.train_lora(base, rows, out, seed=seed, epochs=2, lr=1e-2, batch_size=4, r=4, alpha=8)


def answer(base, prompts, start, stop):
    """A shard of answers."""
    from assl_utils.experts import generation, models

    model, tokenizer = models.load(base, device="cpu")
    return generation.generate(model, tokenizer, prompts[start:stop], max_new_tokens=12, batch_size=4)
