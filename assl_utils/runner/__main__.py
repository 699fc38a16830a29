"""The runner at the command line: ``python -m assl_utils.runner run --upto 04``; `make` calls it.

``run`` runs what has to run, ``status`` says what that is and why, ``plan`` adds what it would cost, ``diff`` compares
the tables with the published ones, or a trial's with those of the run it began from, ``list`` shows every parameter,
``where`` prints the run's folder, ``lab`` opens the notebooks on a trial, ``keep`` gives a trial a name of its own,
``drop`` removes one, ``lines`` counts the code behind each chapter, an edit of which runs it again. Profile, protocol,
seed and single values come as options or, as from `make`, as PROFILE, PROTOCOL, SEED, SET and TRIAL.
"""

import argparse
import os
import signal
import sys
from datetime import datetime

from assl_utils import machine, store
from assl_utils.progress import seconds
from assl_utils.runner import (
    cost,
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
    trials,
)

DIFFERENT = 3  # exit status: not 1, which is what Python ends with after an error of its own
REASONS = 200  # characters of the reasons in a line
COMMANDS = ("run", "status", "plan", "diff", "list", "where", "lab", "keep", "drop", "lines")


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
    if options.command in ("keep", "drop"):
        return _end_trial(chapters, profile, options)
    if options.command == "lab":
        options.trial = options.trial or trials.USUAL
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
    if options.command in ("run", "lab") and resolved.trial:
        _begin_trial(judge)
    if options.command == "lab":
        from assl_utils.runner import lab

        lab.start(chapters, resolved)
        return 0
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
        print(f"runs/{judge.resolved.run}: nothing to do, {cost.stages(len(steps))} done")
        return 0
    from assl_utils.runner import run

    print(why)
    _table(judge, {name: verdict for name, verdict in verdicts.items() if verdict.state != "done"})
    print(cost.estimate(judge, verdicts), flush=True)
    _look_ahead(judge, verdicts, check=True)
    for line in judge.models.fetch(judge.wanted(verdict.step)["parameters"] for verdict in cost.pending(verdicts)):
        print(line, flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` stops the kernel as Ctrl-C does
    with run.lock(judge.run):
        try:
            ran = run.run(judge, steps)
        except execute.StageFailed:
            return 1
    print(f"runs/{judge.resolved.run}: {cost.stages(ran)} run, {cost.stages(len(steps))} done")
    return 0


def _begin_trial(judge):
    """A trial begins as the run it varies, so that only what its values change runs again; it remembers SET."""
    usual = judge.run.with_name(judge.resolved.beside)
    trials.begin(judge.run, usual, judge.pipeline.names)
    for stage, given in judge.resolved.given.items():
        told = {name: judge.resolved.values[stage][name] for name, origin in given.items() if origin == "SET"}
        if told:
            before = trials.read(judge.run)
            trials.remember(judge.run, "set", stage, before["set"].get(stage, {}) | told)
            edited = before["edited"].get(stage, {})
            trials.remember(judge.run, "edited", stage, {n: v for n, v in edited.items() if n not in told})


def _end_trial(chapters, profile, options):
    """`keep` and `drop`: what the trial remembers may be damaged, so it is not read for them."""
    resolved = params.resolve(chapters, profile, "", options.protocol or None, options.seed or None, options.trial, ())
    runs = chapters.root / "runs"
    run, usual = runs / resolved.run, runs / resolved.beside
    there = ", ".join(path.name[len(usual.name) + 1 :] for path in trials.of_run(runs, usual.name)) or "none"
    if not resolved.trial:
        raise pipeline.RunnerError(f"which trial of runs/{usual.name}? TRIAL=name; there are: {there}")
    if not run.is_dir():
        raise pipeline.RunnerError(f"there is no trial runs/{run.name}; of runs/{usual.name} there are: {there}")
    if options.command == "drop":
        trials.drop(run)
        print(f"runs/{run.name} is gone; runs/{usual.name} is as it was")
        return 0
    from assl_utils.runner import lab

    kept = trials.keep(run, usual.name, os.environ.get("AS", "").strip())
    lab.rename(kept / lab.FOLDER, run.name, kept.name)
    print(
        f"runs/{run.name} is runs/{kept.name} now: TRIAL={kept.name[len(usual.name) + 1 :]} names it in every command"
    )
    if said := trials.changed(kept, usual):
        print(f"to have it in every run, write into notebooks/profiles/{profile}.yaml: {said}")
    return 0


def _look_ahead(judge, verdicts, check=False):
    """What a run with real data or models downloads, takes and leaves out; a GPU that it needs is tried first."""
    from assl_utils.runner import outlook

    root, pending = judge.pipeline.root, [verdict.step.name for verdict in cost.pending(verdicts)]
    about = profiles.header(root, judge.resolved.profile)
    if check and about["needs"].get("gpu_gb"):
        gpu_box.check(root, machine.gpus(), lambda line: print(line, flush=True))
    for line in outlook.lines(root, about, judge.resolved, pending, gpu_box.products(root)):
        print(line, flush=True)


def _table(judge, verdicts, holder="", with_cost=True):
    """A line per stage: its state, its age, what it would cost, why it would run."""
    width, costs = max(len(name) for name in verdicts), cost.of_stages(judge, verdicts) if with_cost else {}
    for name, verdict in verdicts.items():
        running = holder and (judge.run / name / state.JOURNAL).exists()
        age = _age(verdict.manifest["finished"]) if verdict.manifest else ""
        parts = [f"{name:{width}}", f"{'running' if running else verdict.state:8}", f"{age:>14}"]
        if with_cost:
            parts.append(f"{cost.words(costs[name]) if name in costs else '':30}")
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


def _status(judge, steps, why):
    _lines(judge, steps, why, with_cost=False)
    usual = judge.run.with_name(judge.resolved.beside)
    found = trials.of_run(usual.parent, usual.name)
    if judge.resolved.trial:
        found = [path for path in found if path == judge.run]
    for path in found:
        said = trials.changed(path, usual) or "nothing is changed"
        print(f"trial {path.name[len(usual.name) + 1 :]} of runs/{usual.name}: {said}")
    return 0


def _plan(judge, steps, why):
    usual = judge.run.with_name(judge.resolved.beside)
    if judge.resolved.trial and usual.is_dir() and not judge.run.exists():
        print(f"the trial runs/{judge.run.name} begins as a copy of runs/{usual.name}:")
        judge.run = usual
    verdicts = _lines(judge, steps, why, with_cost=True)
    nothing = all(v.state == "done" for v in verdicts.values())
    print(f"runs/{judge.resolved.run}: nothing to do" if nothing else cost.estimate(judge, verdicts))
    if not nothing:
        _look_ahead(judge, verdicts)
    return 0


def _age(finished):
    """How long ago, for people."""
    past = (datetime.now().astimezone() - datetime.fromisoformat(finished)).total_seconds()
    if past < 0:
        return "in the future"  # a clock was wrong, then or now; nothing is decided by it
    return f"{seconds(past)} ago" if past < 86400 else f"{past / 86400:.0f} days ago"


def _diff(judge, steps, why):
    usual, rows = judge.run.with_name(judge.resolved.beside), []
    if judge.resolved.trial and usual.is_dir():
        found, against = diff.of_runs(usual, judge.run, judge.pipeline.names), f"runs/{usual.name}"
        rows = diff.rows_of_runs(usual, judge.run, judge.pipeline.names)
    else:
        found, against = diff.against_published(judge), "what was published"
    lines = [*(difference.line for difference in found), *rows]
    of = "its CSV tables are " if rows and not found else ""
    print("\n".join([*lines, f"runs/{judge.resolved.run}: {of}{diff.summary(found, against)}"]))
    return DIFFERENT if lines else 0


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
