"""The command line: one question, lines of them, a talk; JSON for programs, plain words where nothing can answer."""

import builtins
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_model
import toy_run
from toy_run import QUESTIONS

from assl_utils.routing import ask, system

ROOT = Path(ask.__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def run(tiny_folder):
    return toy_run.build(tiny_folder)


@pytest.fixture
def shell(run, capsys, monkeypatch):
    """Call the command with a standard input; returns its exit code, output and complaints."""

    def call(*arguments, stdin="", terminal=False, to=run):
        stream = io.StringIO(stdin) if isinstance(stdin, str) else io.TextIOWrapper(io.BytesIO(stdin))
        stream.isatty = lambda: terminal
        monkeypatch.setattr(sys, "stdin", stream)
        code = ask.main([*arguments, "--run", str(to), "--device", "cpu"])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return call


def test_a_question_gets_its_account(shell):
    code, out, err = shell(QUESTIONS[1], "--nearest", "1")
    lines = out.splitlines()
    assert (code, err, lines[0]) == (0, "", "积极")
    assert lines[2] == "answered   by lora-0, whose centroid is nearest to the question"
    assert lines[-1] == "         判断情感 | 股价上涨投资者情绪积极 → 积极" and out.count("sha256") == 1


def test_json_is_one_object(shell):
    code, out, err = shell(QUESTIONS[6], "--json", "--max-new-tokens", "1")
    found = json.loads(out)
    assert (code, err, out.count("\n")) == (0, "", 1)
    assert (found["question"], found["expert"], len(found["nearest"])) == (QUESTIONS[6], "lora-1", 3)
    assert found["answer"] == "A" and found["tasks"] == {"exam": 100}


@pytest.mark.parametrize("block", [1, 2, 32])
def test_lines_are_answered_in_their_order(shell, monkeypatch, block):
    monkeypatch.setattr(ask, "BLOCK", block)
    given = [QUESTIONS[i] for i in (6, 1, 7)]
    lines = "\n\n   \n".join(question.replace("\n", "\\n") for question in given)
    code, out, err = shell("--json", stdin=lines)
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [f["question"] for f in found] == given and [f["answer"] for f in found] == ["A", "积极", "A"]
    _, out, _ = shell(stdin=lines)
    assert [line for line in out.splitlines() if line.startswith("问> ")] == [
        f"问> {question.replace(chr(10), ' ')}" for question in given
    ]
    assert shell("--json", stdin="\n \n") == (0, "", "")


HOSTILE = "判断\x1b]0;owned\x07\u202e情感\x9b2J\u2066甲"


def without(text):
    """Characters of a text that would steer a terminal."""
    return [c for c in text if (ord(c) < 32 and c != "\n") or 127 <= ord(c) < 160 or c in "\u202e\u2066"]


@pytest.mark.parametrize("block", [1, 2, 32])
def test_a_line_that_is_no_text_has_its_own_error_and_the_rest_is_answered(shell, monkeypatch, block):
    monkeypatch.setattr(ask, "BLOCK", block)
    folded = [QUESTIONS[i].replace("\n", "\\n").encode() for i in (1, 6)]
    lines = [folded[0], b"\xe5\x9d\x8f\xff\xfe\x1b[2J", b"", b"\xff", folded[1] + b"\r"]
    code, out, err = shell("--json", stdin=b"\n".join(lines))
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (1, "")
    assert [f.get("answer") for f in found] == ["积极", None, None, "A"]
    said = [f"line {n} is no UTF-8 text (ff at byte {b})" for n, b in ((2, 4), (4, 1))]
    assert [f.get("error") for f in found[1:3]] == said
    assert found[1]["question"] == "坏\\xff\\xfe\x1b[2J" and without(out) == []
    code, out, err = shell("--nearest", "0", stdin=b"\n".join(lines))
    assert (code, err) == (1, "") and without(out) == []
    assert "问> 坏\\xff\\xfe�[2J\ncannot answer: line 2 is no UTF-8 text (ff at byte 4)\n" in out
    assert out.count("\n积极\n") == 1 and out.count("\nA\n") == 1


def test_a_line_that_fails_has_its_own_error_and_the_rest_is_answered(shell, monkeypatch):
    ask_many = system.SilverSight.ask_many

    def fails(self, questions, *how):
        if any("单项" in question for question in questions):
            raise RuntimeError("CUDA out of memory\n\x1b[1m")
        return ask_many(self, questions, *how)

    monkeypatch.setattr(system.SilverSight, "ask_many", fails)
    lines = "\n".join(QUESTIONS[i].replace("\n", "\\n") for i in (1, 4, 2))
    assert "单项" in QUESTIONS[4]
    code, out, err = shell("--json", stdin=lines)
    found = [json.loads(line) for line in out.splitlines()]
    assert (code, err) == (1, "") and ["error" in f for f in found] == [False, True, False]
    assert found[1]["error"] == "CUDA out of memory \x1b[1m" and found[1]["question"] == QUESTIONS[4]
    code, out, _ = shell(stdin=lines)
    assert code == 1 and "cannot answer: CUDA out of memory �[1m\n" in out and without(out) == []


def test_nothing_that_steers_reaches_a_terminal(shell, monkeypatch):
    for arguments, given in (([], HOSTILE), (["--json"], HOSTILE), ([HOSTILE], ""), ([HOSTILE, "--json"], "")):
        code, out, err = shell(*arguments, stdin=given)
        assert code == 0 and without(out + err) == [] and "owned" in out + HOSTILE
    talk(monkeypatch, HOSTILE + "\udcff", EOFError)
    code, out, err = shell(terminal=True)
    assert code == 0 and err.startswith("cannot answer: ") and without(out + err) == []
    code, out, err = shell("问", to=HOSTILE.replace("/", ""))
    assert code == 1 and err.startswith("cannot answer: there is no run") and without(out + err) == []


@pytest.mark.parametrize(("device", "said"), [
    ("nonsense", "device 'nonsense' is none of auto, cpu, cuda"), ("cuda:x", "device 'cuda:x' is none of"),
    ("cuda:99", "device 'cuda:99' is not here: torch finds"), ("meta", "device 'meta' is none of"),
    ("cpu:", "device 'cpu:' is none of"), ("", "device '' is none of"), ("\x1b[1m", "is none of auto"),
])  # fmt: skip
def test_a_device_that_is_not_there_is_a_sentence(run, capsys, monkeypatch, device, said):
    monkeypatch.setattr(system.SilverSight, "from_dir", lambda *_, **__: pytest.fail("something was loaded"))
    code = ask.main(["问", "--run", str(run), "--device", device])
    out, err = capsys.readouterr()
    assert (code, out) == (1, "") and said in err and err.count("\n") == 1 and "\x1b" not in err


def test_a_dash_that_reads_no_text_is_a_sentence(shell):
    assert shell("-", stdin=b"\xe5\xff") == (1, "", "cannot answer: the question is no UTF-8 text (e5 at byte 1)\n")


def test_a_dash_reads_one_question_of_several_lines(shell):
    code, out, _ = shell("-", "--json", stdin=QUESTIONS[6] + "\n")
    assert code == 0 and json.loads(out)["question"] == QUESTIONS[6]


def talk(monkeypatch, *said):
    """Let somebody say these things at the prompt; an exception is raised there."""
    left = list(said)

    def answer(prompt):
        word = left.pop(0)
        if isinstance(word, type | Exception):
            raise word
        return word

    monkeypatch.setattr(builtins, "input", answer)


def test_in_a_terminal_question_follows_question_and_a_bad_one_ends_nothing(shell, monkeypatch):
    bad = UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte")
    talk(monkeypatch, QUESTIONS[1].replace("\n", "\\n"), "", "股\udcff", bad, QUESTIONS[6], EOFError)
    code, out, err = shell("--nearest", "0", terminal=True)
    assert code == 0 and out.startswith("积极\n") and "\nA\n" in out
    assert err.splitlines()[0].startswith("cannot answer: the question") and "Traceback" not in err
    assert err.splitlines()[1].startswith("cannot answer: 'utf-8' codec")


def test_control_c_leaves_without_a_word(shell, monkeypatch):
    talk(monkeypatch, QUESTIONS[1], KeyboardInterrupt)
    code, out, err = shell(terminal=True)
    assert code == 130 and out.startswith("积极") and err.strip() == ""

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(system.SilverSight, "from_dir", interrupted)
    assert shell(QUESTIONS[1]) == (130, "", "\n"), "while it loads, too"


def test_a_run_that_cannot_answer_is_said_in_a_line(shell, run, tmp_path, capsys):
    missing = tmp_path / "nowhere"
    said = f"cannot answer: there is no run in {missing}; `make reproduce` makes one\n"
    assert shell("问", to=missing) == (1, "", said)
    copy = toy_run.copy(run, tmp_path / "copy")
    other = tiny_model.save(tmp_path / "base", seed=1)
    capsys.readouterr()  # saving draws a bar
    code, _, err = shell("问", "--base", str(other), to=copy)
    assert code == 1 and "another base model" in err and err.count("\n") == 1
    (copy / "07_routing" / "router" / "router.json").unlink()
    code, _, err = shell("问", to=copy)
    assert code == 1 and "run chapter 07 first (make 07)" in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["  "], "empty question"),
        (["-"], "empty question"),
        (["问", "--nearest", "-1"], "no whole number from 0 on"),
        (["问", "--max-new-tokens", "0"], "no whole number from 1 on"),
        (["问", "--max-new-tokens", "many"], "no whole number from 1 on"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_before_anything_loads(shell, capsys, monkeypatch, arguments, said):
    monkeypatch.setattr(system.SilverSight, "from_dir", None)
    with pytest.raises(SystemExit) as left:
        shell(*arguments)
    assert left.value.code == 2 and said in capsys.readouterr().err


def test_help_does_not_wait_for_torch():
    code = "import sys; from assl_utils.routing import ask\ntry: ask.main(['--help'])\nexcept SystemExit: pass\n"
    code += "assert 'torch' not in sys.modules"
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True)


@pytest.mark.slow
def test_the_command_is_quiet_and_takes_a_reader_who_leaves(run):
    """As a shell runs it, through a pipe that nobody reads to its end."""
    command = [sys.executable, "-m", "assl_utils.ask", "--run", str(run), "--json", "--device", "cpu"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, env=env, stdin=-1, stdout=-1, stderr=-1)
    process.stdout.close()
    process.stdin.write((QUESTIONS[1].replace("\n", "\\n") + "\n").encode())
    process.stdin.close()
    assert process.stderr.read() == b"" and process.wait() == 0
