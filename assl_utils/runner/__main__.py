"""The runner at the command line: ``python -m assl_utils.runner run --upto 04``; `make` calls it.

``run`` runs what has to run, ``status`` says what that is and why, ``plan`` adds what it would cost, ``diff`` compares
the tables with the published ones, ``list`` shows every parameter, ``where`` prints the run's folder, ``lines`` counts
the code behind each chapter, an edit of which runs it again. Profile, protocol, seed and single values come as options
or, as from `make`, as PROFILE, PROTOCOL, SEED, SET and TRIAL.
"""

import argparse
import os
import shutil
import signal
import sys
from datetime import datetime

from assl_utils import machine, store
from assl_utils.progress import seconds
from assl_utils.runner import (
    diff,
    disk,
    fingerprint,
    gpu_box,
    notebook,
    params,
    pipeline,
    profiles,
    progress_line,
    ranges,
    state,
)

DIFFERENT = 3  # exit status: not 1, which is what Python ends with after an error of its own
REASONS = 200  # characters of the reasons in a line
COMMANDS = ("run", "status", "plan", "diff", "list", "where", "lines")
MADE_OF_A_RUN = ("cells", "consequences", "export", "release")  # folders that no chapter writes


def main(arguments=None):
    """Run one command; the exit status is 0, 1 (a stage failed), 2 (a mistake), 3 (tables differ) or 130 (stopped)."""
    options = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # an arrow that a terminal does not know must not stop a run
    try:
        status = _run_command(options)
        sys.stdout.flush()
        return status
    except (pipeline.RunnerError, notebook.NotebookError) as error:
        print(error, file=sys.stderr)
        return 2
    except disk.DiskError as error:
        print(error, file=sys.stderr)
        return 1
    except BrokenPipeError:  # `make list | head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        if not (said := disk.sentence(error, store.root())):
            raise
        print(said, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on from here", file=sys.stderr)
        return 130


def _parser():
    parser = argparse.ArgumentParser(prog="python -m assl_utils.runner", description=__doc__.split("\n")[0])
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--upto", metavar="04", help="stop at this chapter")
    params.add_options(parser)
    return parser


def _run_command(options):
    root = store.root()
    chapters = pipeline.load(root)
    if options.command == "lines":
        _code_behind(chapters, fingerprint.Hashes(root))
        return 0
    profile, why = profiles.choose_profile(root, options.profile or None)
    resolved = params.from_options(chapters, profile, options)
    if options.command == "where":
        print(f"runs/{resolved.run}")
        return 0
    gpu_box.use_all(resolved, machine.gpus())
    if options.command == "list":
        _list(chapters, resolved)
        return 0
    disk.check(root / "runs")
    judge = state.Judge(chapters, resolved, fingerprint.Hashes(root))
    steps = chapters.upto(options.upto)
    if options.command == "run":
        _begin_as_copy(judge)
    try:
        return {"run": _run, "status": _status, "plan": _plan, "diff": _diff}[options.command](judge, steps, why)
    finally:
        judge.hashes.save()


def _run(judge, steps, why):
    from assl_utils.runner import execute

    execute.cell_timeout()  # a limit that is no number is said before anything runs
    for step in judge.pipeline.steps:
        judge.wanted(step)  # a chapter or a module that cannot be read is found now, not in an hour
    verdicts = judge.all(steps)
    for note in judge.resolved.notes:
        print(note)
    if all(verdict.state == "done" for verdict in verdicts.values()):
        print(f"runs/{judge.resolved.run}: nothing to do, {_stages(len(steps))} done")
        return 0
    from assl_utils.runner import run

    print(why)
    _table(judge, {name: verdict for name, verdict in verdicts.items() if verdict.state != "done"})
    print(_estimate(judge, verdicts), flush=True)
    _look_ahead(judge, verdicts, check=True)
    for line in judge.models.fetch(judge.wanted(verdict.step)["parameters"] for verdict in _pending(verdicts)):
        print(line, flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` stops the kernel as Ctrl-C does
    with run.lock(judge.run):
        try:
            ran = run.run(judge, steps)
        except execute.StageFailed:
            return 1
    print(f"runs/{judge.resolved.run}: {_stages(ran)} run, {_stages(len(steps))} done")
    return 0


def _pending(verdicts):
    """What is not done, and may therefore run."""
    return [verdict for verdict in verdicts.values() if verdict.state != "done"]


def _begin_as_copy(judge):
    """A trial begins as the run it varies, so that only what its values change runs again."""
    usual = judge.run.with_name(judge.resolved.beside)
    if judge.run.exists() or not usual.is_dir():
        return
    from assl_utils.runner import run

    print(f"runs/{judge.run.name} begins as a copy of runs/{usual.name}", flush=True)
    part = judge.run.with_name(f".{judge.run.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        with run.lock(usual):
            shutil.copytree(usual, part, ignore=shutil.ignore_patterns(".lock", *MADE_OF_A_RUN))
        part.rename(judge.run)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # a full disk leaves half of it


def _stages(n):
    return f"{n} stage{'' if n == 1 else 's'}"


def _cost(judge, verdict):
    """What the stage took when it last ran here, or in the published run: ``(seconds, bytes, where)``."""
    published = diff.published_costs(judge.pipeline.root, judge.resolved)
    for record, where in ((verdict.last, "last run"), (published.get(verdict.step.name), "published run")):
        if record:
            return record["seconds"], record["peak_bytes"], where
    return None


def _estimate(judge, verdicts):
    """One line before a run: which stages, how long, how much."""
    pending = _pending(verdicts)
    costs = [_cost(judge, v) for v in pending]
    known = [c for c in costs if c]
    text = f"runs/{judge.resolved.run}: {_stages(sum(v.runs for v in pending))} to run"
    if waiting := sum(not v.runs for v in pending):
        text += f", {waiting} more if the results before differ"
    if not known:
        return text + "; cost unknown, nothing like it has run here"
    text += f"; at most about {seconds(sum(c[0] for c in known))} and {max(c[1] for c in known) / 1e9:.1f} GB"
    return text + (f", and {len(costs) - len(known)} of unknown cost" if len(known) < len(costs) else "")


def _look_ahead(judge, verdicts, check=False):
    """What a run with real data or models downloads, takes and leaves out; a GPU that it needs is tried first."""
    from assl_utils.runner import outlook

    root, pending = judge.pipeline.root, [verdict.step.name for verdict in _pending(verdicts)]
    about = profiles.header(root, judge.resolved.profile)
    if check and about["needs"].get("gpu_gb"):
        gpu_box.check(root, machine.gpus(), lambda line: print(line, flush=True))
    for line in outlook.lines(root, about, judge.resolved, pending, gpu_box.products(root)):
        print(line, flush=True)


def _table(judge, verdicts, holder="", with_cost=True):
    """A line per stage: its state, its age, what it would cost, why it would run."""
    width = max(len(name) for name in verdicts)
    for name, verdict in verdicts.items():
        running = holder and (judge.run / name / state.JOURNAL).exists()
        age = _age(verdict.manifest["finished"]) if verdict.manifest else ""
        parts = [f"{name:{width}}", f"{'running' if running else verdict.state:8}", f"{age:>14}"]
        if with_cost:
            parts.append(f"{_cost_text(judge, verdict) if verdict.state != 'done' else '':30}")
        where = progress_line.place(judge.run / name / state.CELL) if running else ""
        reasons = f"by {holder}{where}" if running else "; ".join(verdict.reasons)
        print("  ".join([*parts, reasons if len(reasons) < REASONS else reasons[: REASONS - 1] + "…"]).rstrip())


def _lines(judge, steps, why, with_cost):
    """What `status` and `plan` share."""
    from assl_utils.runner import run

    resolved = judge.resolved
    print(f"runs/{resolved.run} · {why} · protocol {resolved.protocol}, seed {resolved.seed}")
    verdicts = judge.all(steps)
    _table(judge, verdicts, run.busy(judge.run), with_cost)
    for note in resolved.notes:
        print(note)
    return verdicts


def _cost_text(judge, verdict):
    cost = _cost(judge, verdict)
    return f"{seconds(cost[0])}, {cost[1] / 1e9:.1f} GB ({cost[2]})" if cost else "unknown"


def _status(judge, steps, why):
    _lines(judge, steps, why, with_cost=False)
    return 0


def _plan(judge, steps, why):
    verdicts = _lines(judge, steps, why, with_cost=True)
    nothing = all(v.state == "done" for v in verdicts.values())
    print(f"runs/{judge.resolved.run}: nothing to do" if nothing else _estimate(judge, verdicts))
    if not nothing:
        _look_ahead(judge, verdicts)
    return 0


def _age(finished):
    """How long ago, for people."""
    past = (datetime.now().astimezone() - datetime.fromisoformat(finished)).total_seconds()
    return f"{seconds(past)} ago" if past < 86400 else f"{past / 86400:.0f} days ago"


def _diff(judge, steps, why):
    found = diff.against_published(judge)
    print("\n".join([*(difference.line for difference in found), f"runs/{judge.resolved.run}: {diff.summary(found)}"]))
    return DIFFERENT if found else 0


def _list(chapters, resolved):
    """Every chapter's parameters with this run's values and what they may be; a star: not the notebook's own value."""
    allowed = ranges.load(chapters.root)
    for step in chapters.steps:
        print(step.name)
        for name, value in resolved.values[step.name].items():
            parameter = resolved.declared[step.name][name]
            mark = "*" if value != parameter.default else " "
            may = ranges.of(allowed, step.name, name)
            line = f" {mark} {name}: {parameter.kind} = {value!r}" + (f"  [{may}]" if may else "")
            print(line + (f"  # {parameter.help}" if parameter.help else ""))


def _code_behind(chapters, hashes):
    """Every chapter's lines of shared code, and in which wings they are, the most first."""
    sources = fingerprint.Sources(chapters.root, hashes)
    for step in chapters.steps:
        found = fingerprint.lines_behind(chapters.notebook(step.name), sources)
        most_first = sorted(found.items(), key=lambda item: -item[1])
        parts = " · ".join(f"{wing or 'beside the wings'} {n:,}" for wing, n in most_first)
        print(f"{step.name:24} {sum(found.values()):6,} lines: {parts}")


if __name__ == "__main__":
    sys.exit(main())
