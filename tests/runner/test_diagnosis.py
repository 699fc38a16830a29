"""Every way to fail has its sentence, and only a proven end is a success."""

import nbformat
import pytest

from assl_utils.runner import diagnosis
from assl_utils.runner.execute import StageFailed


class DeadKernelError(RuntimeError):
    """Named as nbclient's."""


def notebook(*outputs, count=1, tags=()):
    cell = nbformat.v4.new_code_cell(
        "x = 1\ny = f(x)", execution_count=count, metadata={"assl_cell": 3, "tags": list(tags)}
    )
    cell.outputs = list(outputs)
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("prose"), cell])


def error(name, value, traceback=()):
    return nbformat.v4.new_output("error", ename=name, evalue=value, traceback=list(traceback))


def complaint(executed, **facts):
    known = {
        "cell": 3, "cells": 9, "reached": True, "error": None, "exit_status": None, "memory_killed": False,
        "peak_bytes": 2_500_000_000, "log": [],
    }  # fmt: skip
    return diagnosis.complaint(diagnosis.Evidence(executed, **{**known, **facts}))


def test_only_a_proven_end_is_a_success():
    assert complaint(notebook()) == ""
    assert complaint(notebook(), reached=False) == "the notebook ended early, in cell 3 of 9, without an error"
    assert complaint(notebook(count=None)) == "cell 3 of 9 was never executed"
    assert "could not be started" in complaint(None, error=OSError("no space"))


def test_an_error_that_the_chapter_expects_is_none():
    assert complaint(notebook(error("ValueError", "shown on purpose"), tags=["raises-exception"])) == ""


TRACE = [
    "\x1b[31mValueError\x1b[39m Traceback (most recent call last)",
    "\x1b[36mCell\x1b[39m\x1b[36m \x1b[39m\x1b[32mIn[1]\x1b[39m\x1b[32m, line 2\x1b[39m\n----> 2 y = f(x)",
    "\x1b[36mFile \x1b[39m\x1b[32m~/assl_utils/selection/adbscan.py:57\x1b[39m, in f(x)",
    "ValueError: k must be positive",
]


@pytest.mark.parametrize(("output", "message"), [
    (error("ValueError", "k must be positive", TRACE),
     "ValueError in cell 3 of 9: k must be positive\n  line 2: y = f(x)\n"
     "  raised at ~/assl_utils/selection/adbscan.py:57"),
    (error("SystemExit", "0"), "cell 3 of 9 ended the kernel with sys.exit(0); a chapter has to run to its end"),
    (error("MemoryError", "8 GB"), "out of memory: MemoryError in cell 3 of 9: 8 GB (it held up to 2.5 GB)"),
    (error("OutOfMemoryError", "CUDA out of memory."), "out of memory: OutOfMemoryError in cell 3 of 9: CUDA"),
    (error("RuntimeError", "not enough memory: you tried"), "out of memory: RuntimeError in cell 3 of 9"),
])  # fmt: skip
def test_an_exception_is_reported_with_its_cell_and_line(output, message):
    assert complaint(notebook(output), reached=False).startswith(message)


@pytest.mark.parametrize(("facts", "message"), [
    ({"exit_status": -9}, "killed by SIGKILL, most often for want of memory (it held up to 2.5 GB)"),
    ({"exit_status": -9, "memory_killed": True}, "out of memory, the system killed it (it held up to 2.5 GB)"),
    ({"exit_status": -11, "log": ["Fatal: x"]}, "killed by SIGSEGV (it held up to 2.5 GB)\n  Fatal: x"),
    ({"exit_status": 0}, "it exited with status 0 (it held up to 2.5 GB)"),
    ({}, "without an exit status (it held up to 2.5 GB)"),
])  # fmt: skip
def test_a_death_is_reported_with_its_cause(facts, message):
    text = complaint(notebook(), error=DeadKernelError("Kernel died"), reached=False, **facts)
    assert text == f"the kernel died in cell 3 of 9: {message}"
    assert complaint(notebook(), error=DeadKernelError(""), cell=0).startswith("the kernel died while it started: ")


def test_what_is_not_foreseen_is_reported_as_it_is():
    assert complaint(notebook(), error=StageFailed("odd")) == "StageFailed in cell 3 of 9: odd"
