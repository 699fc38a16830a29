"""A run's values: the notebooks' own, a profile's over them, single values over both; all checked first.

papermill warns about a parameter that no notebook declares, and runs with the wrong value for an hour. Here every name
and every type is checked before a kernel starts, and a wrong one is answered with the nearest right one.
"""

import os
import re
import shlex
import subprocess
from dataclasses import dataclass, field

from assl_utils.errors import close, near
from assl_utils.runner import disk, edits, fingerprint, notebook, ranges, session, state, trials
from assl_utils.runner.pipeline import RunnerError, load, read_page
from assl_utils.runner.profiles import HEADER, NAME, names, path_of
from assl_utils.runner.values import from_profile, from_text

PROTOCOLS = ("clean", "paper")
TRIAL = trials.WORD
# Former names and words: whoever still uses one is given the present one, and nothing runs.
RENAMED = {"ear_rows": "feedback_sample", "choice": "select"}
RENAMED_VALUES = {"select": {"lot": "random", "even": "random_even", "lot_level": "random_per_subtask"}}


@dataclass
class Resolved:
    """Every chapter's values for one run.

    Attributes
    ----------
    profile, protocol, seed, trial
        What names the run's folder; ``trial`` is mostly empty.
    run : str
        ``"cpu"``, or ``"cpu-paper-s1"`` where protocol or seed are not the usual ones, or ``"cpu-random"`` for a
        trial of that name.
    values : dict
        Stage name to its parameters' values, ``run_dir`` left out: where a run lies does not change what it finds.
    given : dict
        Stage name to ``{parameter: who set it}``, for those that do not come from the notebook itself.
    declared : dict
        Stage name to ``{parameter: notebook.Parameter}``.
    notes : list of str
        What the reader should know, such as an edited cell that a profile overrides.
    """

    profile: str
    protocol: str
    seed: int
    values: dict = field(default_factory=dict)
    given: dict = field(default_factory=dict)
    declared: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    trial: str = ""

    @property
    def run(self):
        return f"{self.beside}-{self.trial}" if self.trial else self.beside

    @property
    def beside(self):
        """The run that a trial is a variation of; without a trial the run itself."""
        usual = self.protocol == "clean" and self.seed == 0
        return self.profile if usual else f"{self.profile}-{self.protocol}-s{self.seed}"

    def injected(self, stage):
        """What papermill writes under the notebook's own values: everything set from outside, and the run's folder.

        A tuple goes as a list: papermill would write it as a text.
        """
        values = {name: self.values[stage][name] for name in self.given[stage]}
        values = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
        return values | ({"run_dir": f"runs/{self.run}"} if "run_dir" in self.declared[stage] else {})


def resolve(pipeline, profile, settings="", protocol=None, seed=None, trial="", remembered=trials.KINDS):
    """Work out every parameter of every chapter, or raise `RunnerError` with all that is wrong at once.

    Parameters
    ----------
    pipeline : Pipeline
    profile : str
        Name of a file in ``notebooks/profiles``.
    settings : str
        ``"k=5 04.budget=300 encoder='a folder'"``: a bare name goes to every notebook that declares it, a number before
        it to one.
    protocol, seed : optional
        Given here or in ``settings``; they name the run's folder and reach every notebook that declares them.
    trial : str
        Name of a trial that is kept beside the usual run, in a folder of its own.
    remembered : tuple of str
        Which of the values that the trial remembers (`trials.KINDS`) count, over the profile's and under ``settings``.
    """
    declared = {step.name: declared_by(pipeline, step.name) for step in pipeline.steps}
    problems = []
    singles = _split(settings, pipeline, problems)
    whole = {"protocol": protocol or "clean", "seed": 0 if seed is None else seed}
    for stage, key, text in list(singles):
        if key in whole and stage is None:
            whole[key] = text
            singles.remove((stage, key, text))
        elif key in (*whole, "run_dir"):
            problems.append(
                f"{key} (SET) is one for all chapters and names the run's folder: PROTOCOL=, SEED=, PROFILE="
            )
    resolved = Resolved(profile, _protocol(whole["protocol"], problems), _seed(whole["seed"], problems))
    resolved.trial = _trial(trial, problems)
    resolved.declared = declared
    for stage, parameters in declared.items():
        resolved.values[stage] = {p.name: p.default for p in parameters.values() if p.name != "run_dir"}
        resolved.given[stage] = {}
    lines = {}
    for setting in _general_first(_profile(pipeline, profile, problems, lines)):
        found = []
        _apply(resolved, declared, setting, f"profile {profile}", from_profile, found)
        where = f"({profile}.yaml, line {lines[setting[:2]]})"
        problems += [problem.replace(f"(profile {profile})", where) for problem in found]
    for setting in _of_trial(pipeline, resolved, remembered):
        _apply(resolved, declared, setting, f"trial {resolved.trial}", from_profile, problems)
    for single in _general_first(singles):
        _apply(resolved, declared, single, "SET", from_text, problems)
    for key, value in (("protocol", resolved.protocol), ("seed", resolved.seed)):
        usual = value == {"protocol": "clean", "seed": 0}[key]
        if not usual or any(key in parameters for parameters in declared.values()):
            _apply(resolved, declared, (None, key, value), key.upper(), from_profile, problems)
    problems += ranges.complaints(ranges.load(pipeline.root), resolved.values, resolved.given)
    if problems:
        raise RunnerError("\n".join(dict.fromkeys(problems)))
    resolved.notes = overridden_edits(pipeline, resolved)
    return resolved


def add_options(parser):
    """Give a command line the options that name a run; what is absent is taken from the environment, as from `make`."""
    for name, text in (
        ("profile", "a file in notebooks/profiles; picked by hardware if absent"),
        ("protocol", "clean (default) or paper"),
        ("seed", "a whole number, 0 by default"),
        ("set", "single values: 'k=5 04.budget=300'"),
        ("trial", "a name: kept beside the usual run, as a copy of which it begins"),
    ):
        parser.add_argument(f"--{name}", default=os.environ.get(name.upper(), ""), help=text)


def from_options(pipeline, profile, options):
    """`resolve` with the options that `add_options` read."""
    return resolve(pipeline, profile, options.set, options.protocol or None, options.seed or None, options.trial)


def by_hand(root, run_dir, stage, shell):
    """What `store.open_stage` asks for a notebook that is run by hand: the folder of the run to work in.

    A run that is named after a profile is left as it is: the notebook works in a trial of it, with the run's values in
    place of the notebook's own and the reader's edits over both. Any other folder is taken as it is, and the notebook's
    own values hold.

    Parameters
    ----------
    root : path
        The repository.
    run_dir : str
        As the notebook has it, ``"runs/cpu"``. Where that is what every notebook says, the variables PROFILE, PROTOCOL,
        SEED and TRIAL decide, as at the command line.
    stage : str
    shell : IPython's InteractiveShell
        Its ``user_ns`` are the kernel's variables, which are set.

    Raises
    ------
    edits.Refused
        A value that the runner would refuse, a name that the chapter does not declare, a run or a stage that another
        process works on. Nothing is written then.
    """
    try:
        pipeline = load(root)
        if stage not in pipeline.names:
            return run_dir
        declared = declared_by(pipeline, stage)
        if not set(declared) & set(shell.user_ns):
            return run_dir  # somebody looks at a run, in a notebook that is no chapter
        run = session.named(run_dir, root)
        parts = re.fullmatch(rf"({NAME})(?:-(clean|paper)-s(\d+))?(?:-({TRIAL}))?", run)
        if not parts or parts[1] not in names(root):
            session.refused(pipeline, stage, shell.user_ns)
            return run_dir
        usual = "run_dir" in declared and run_dir == declared["run_dir"].default
        told = {
            name: os.environ.get(name.upper(), "") if usual else "" for name in ("profile", "protocol", "seed", "trial")
        }
        profile, protocol = told["profile"] or parts[1], told["protocol"] or parts[2]
        seed, trial = told["seed"] or int(parts[3] or 0), told["trial"] or parts[4] or trials.USUAL

        def values(kinds):
            return resolve(pipeline, profile, "", protocol, seed, trial, kinds)

        resolved = values(("set",))
        runs = pipeline.root / "runs"
        opened = session.Session(
            pipeline, resolved, stage, runs / resolved.beside,
            lambda: state.Judge(pipeline, values(trials.KINDS), fingerprint.Hashes(pipeline.root)), shell,
        )  # fmt: skip
        return opened.open()
    except (RunnerError, notebook.NotebookError) as error:
        raise edits.Refused(str(error)) from None
    except OSError as error:
        raise edits.Refused(disk.sentence(error, root) or str(error)) from None


def declared_by(pipeline, stage):
    """The parameters a notebook declares, by name; a default that is not of its own type is an error."""
    path = pipeline.notebook(stage)
    if not path.exists():
        raise RunnerError(f"{path.relative_to(pipeline.root)} is missing")
    parameters = {p.name: p for p in notebook.parameters(notebook.read(path), stage)}
    for p in parameters.values():
        try:
            from_profile(p.default, p.kind)
        except ValueError:
            raise RunnerError(f"{stage}: {p.name}: {p.kind} = {p.default!r} is not of its own type") from None
    return parameters


def _split(settings, pipeline, problems):
    """``SET`` as a list of (stage or None, name, text)."""
    found = []
    try:
        words = shlex.split(settings or "")
    except ValueError as error:
        problems.append(f"SET cannot be read: {error}")
        return found
    for word in words:
        name, equals, text = word.partition("=")
        if not equals:
            problems.append(f"SET reads name=value, with a blank between two of them; `{word}` has no `=`")
            continue
        address, dot, last = name.rpartition(".")
        found.append((pipeline.find(address).name if dot else None, last, text))
    return found


def _profile(pipeline, profile, problems, lines):
    """A profile as a list of (stage or None, name, value); ``lines`` is given each one's line."""
    path = path_of(pipeline.root, profile)
    page = read_page(path)
    found = []
    for section, entries in page.content.items():
        where = f"{path.name}, line {page.lines[section,]}"
        if section in HEADER and section != "common":
            continue
        if section != "common" and section not in pipeline.names:
            hint = near(section, [*HEADER, *pipeline.names])
            problems.append(f"{where}: `{section}` is no section of a profile{hint}")
            continue
        if not isinstance({} if entries is None else entries, dict):
            problems.append(f"{where}: `{section}` holds no `name: value` lines")
            continue
        for name, value in (entries or {}).items():
            where = f"{path.name}, line {page.lines[section, name]}"
            if name in ("seed", "protocol", "run_dir"):
                problems.append(f"{where}: {name} belongs to the run, not to a profile: PROTOCOL=, SEED=")
            else:
                stage = None if section == "common" else section
                found.append((stage, name, value))
                lines[stage, name] = page.lines[section, name]
    return found


def _of_trial(pipeline, resolved, kinds):
    """What the trial remembers, as a list of (stage, name, value)."""
    if not resolved.trial or not kinds:
        return []
    record = trials.read(pipeline.root / "runs" / resolved.run)
    return [(s, name, value) for kind in kinds for s, values in record[kind].items() for name, value in values.items()]


def _apply(resolved, declared, setting, origin, convert, problems):
    """Give one value to the notebooks it is meant for."""
    stage, name, value = setting
    targets = [s for s in declared if name in declared[s] and stage in (None, s)]
    if not targets and name in RENAMED:
        problems.append(f"parameter `{name}` ({origin}) is called `{RENAMED[name]}` now")
    elif not targets:
        where = declared if stage is None else {stage: declared[stage]}
        who = f"{stage} declares no" if stage else "no notebook declares a"
        problems.append(f"{who} parameter `{name}` ({origin}){_offer(name, where)}")
    for target in targets:
        kind = declared[target][name].kind
        if new := RENAMED_VALUES.get(name, {}).get(str(value)):
            problems.append(f"{name}={value} ({origin}) is called {name}={new} now")
            continue
        try:
            resolved.values[target][name] = convert(value, kind)
        except (ValueError, OverflowError):
            problems.append(f"{target}: {name} is of type {kind}; {ranges.shown(value)} ({origin}) is not")
        resolved.given[target][name] = origin


def _general_first(settings):
    """Settings for all notebooks before those for one, which therefore win."""
    return sorted(settings, key=lambda setting: setting[0] is not None)


def _offer(name, declared):
    """``; nearest is `n_clusters: int = 6` in 03_semantic_clustering``."""
    known = {p: s for s, parameters in declared.items() for p in parameters}
    meant = close(name, known) or next((p for p in known if name in p or p in name), None)
    if meant is None:
        return f"; it declares {', '.join(known)}" if len(declared) == 1 else ""
    stage = known[meant]
    p = declared[stage][meant]
    return f"; nearest is `{p.name}: {p.kind} = {p.default!r}` in {stage}"


def _protocol(value, problems):
    if value not in PROTOCOLS:
        told = ranges.cut(str(value))
        problems.append(f"protocol is one of {', '.join(PROTOCOLS)}, not `{told}`{near(told, PROTOCOLS)}")
    return value


def _trial(value, problems):
    if value and (value in PROTOCOLS or not re.fullmatch(TRIAL, value)):
        problems.append(f"TRIAL is a word of small letters, digits and _ and no protocol's, not `{value}`")
        return ""
    return value


def _seed(value, problems):
    try:
        return from_text(value, "int") if isinstance(value, str) else from_profile(value, "int")
    except ValueError:
        problems.append(f"seed is of type int; {ranges.shown(value)} is not")
        return 0


def overridden_edits(pipeline, resolved):
    """A sentence for every value that was edited in a notebook's cell and is overridden from outside.

    Edited means: other than in the last commit. Without git there is nothing to compare with, and nothing is said.
    """
    git = ["git", "-C", str(pipeline.root)]
    changed = _output([*git, "diff", "--name-only", "--relative", "HEAD", "--", "notebooks"])
    notes = []
    for stage, declared in resolved.declared.items():
        name = f"notebooks/{stage}.ipynb"
        if name not in changed.splitlines():
            continue
        try:
            before = {
                p.name: p
                for p in notebook.parameters(notebook.of_text(_output([*git, "show", f"HEAD:./{name}"]), name), stage)
            }
        except ValueError:
            continue
        for key, origin in resolved.given[stage].items():
            mine, value = declared[key].default, resolved.values[stage][key]
            if key in before and before[key].default != mine and value != mine:
                notes.append(f"{stage}: the cell was edited to {key} = {mine!r}, but {origin} sets {key} = {value!r}")
    return notes


def _output(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
