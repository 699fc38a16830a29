"""Every line of code that asks for a GPU, found by reading the code, and the test that plays it without one.

A new branch on CUDA makes the first test fail until its line is here with a test. What a real card computes, none of
these can say: `make gpu-check` compares each path with the CPU.
"""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
WORDS = {"cuda", "nvidia-smi", "CUDA_VISIBLE_DEVICES"}
ASKED = ("torch.cuda.", "torch.backends.cuda.", "torch.version.cuda")
SHELL = {"Makefile": r"nvidia-smi[^|]*", "requirements/install.sh": r"\[ \"\$kind\" = \w+ \]"}

BRANCHES = "tests/experts/test_cuda_branches.py::"
META = "tests/experts/test_meta_device.py::test_a_packed_step_runs_forward_backward_and_through_the_fused_optimizer"
CHECK = "tests/bench/test_gpu_check.py::"
PACK = "tests/bench/pack/test_pack.py::"
ENCODER = "tests/space/test_encoder.py::"
VISIBLE = "tests/test_machine.py::test_what_is_not_visible_is_not_here"
CARDS = "tests/test_jobs.py::test_each_worker_has_a_card_of_its_own_its_share_of_the_cores_and_the_runners_file"

MAKE = "tests/test_makefile.py::"
NEAR = "tests/space/test_neighbors.py::"

TABLE = {  # where: (what is asked there and how often, the tests that play it)
    "Makefile": ({"nvidia-smi -L 2> /dev/null": 1}, MAKE + "test_the_driver_decides_which_packages_are_installed"),
    "requirements/install.sh": (
        {'[ "$kind" = cuda ]': 1, '[ "$kind" = cpu ]': 1},
        MAKE + "test_a_cpu_build_of_torch_goes_before_the_cuda_build_comes",
    ),
    "bench/gpu_check.py Setting.__init__": (
        {"self.device.type == 'cuda'": 1, "torch.cuda.get_device_name": 1},
        CHECK + "test_on_a_card_the_check_names_it_waits_for_it_and_clears_its_memory",
    ),
    "bench/gpu_check.py Setting.wait": (
        {"torch.cuda.synchronize": 1},
        CHECK + "test_on_a_card_the_check_names_it_waits_for_it_and_clears_its_memory",
    ),
    "bench/gpu_check.py speed_training": (
        {"torch.cuda.empty_cache": 1},
        CHECK + "test_on_a_card_the_check_names_it_waits_for_it_and_clears_its_memory",
    ),
    "bench/gpu_check.py _training_step": (
        {"torch.cuda.reset_peak_memory_stats": 1},
        CHECK + "test_a_step_on_a_card_is_timed_when_it_is_done_in_16_bits",
    ),
    "bench/gpu_check.py run": (
        {"'cuda'": 2, "torch.device(device).type == 'cuda'": 1, "torch.cuda.is_available": 1, "torch.version.cuda": 1},
        CHECK + "test_a_run_on_a_card_empties_it_after_each_part", CHECK + "test_without_a_gpu_it_says_so",
    ),
    "bench/gpu_check.py attempt": (
        {"torch.cuda.empty_cache": 1}, CHECK + "test_a_run_on_a_card_empties_it_after_each_part",
    ),
    "bench/gpu_check.py main": ({"'cuda'": 1}, CHECK + "test_without_a_gpu_it_says_so"),
    "bench/pack/run.py run": (
        {"'cuda'": 1, "device != 'cuda'": 1},
        PACK + "test_without_cuda_nothing_begins", PACK + "test_another_packs_work_is_not_gone_on_with",
    ),
    "bench/pack/run.py _versions": (
        {"torch.device(device).type == 'cuda'": 1, "torch.cuda.is_available": 1, "'cuda'": 1, "torch.version.cuda": 1},
        PACK + "test_without_cuda_nothing_begins",
    ),
    "bench/pack/run.py _one_child": (
        {"device == 'cpu'": 1, "'CUDA_VISIBLE_DEVICES'": 1, "device != 'cpu'": 1},
        PACK + "test_a_rehearsal_hides_the_cards_and_gives_parts_the_time_of_a_cpu",
    ),
    "bench/pack/run.py main": ({"'cuda'": 1}, PACK + "test_without_cuda_nothing_begins"),
    "experts/decoding.py": ({"'cuda'": 1}, BRANCHES + "test_a_card_reads_more_tokens_at_a_time"),
    "experts/estimate.py measure": ({"device.type == 'cuda'": 2}, BRANCHES + "test_a_card_is_measured_on_more"),
    "experts/estimate.py _timed": (
        {"device.type == 'cuda'": 2, "torch.cuda.synchronize": 2},
        BRANCHES + "test_time_is_taken_when_the_card_has_finished",
    ),
    "experts/estimate.py train": (
        {"model.device.type == 'cpu'": 1}, BRANCHES + "test_training_is_tried_with_all_threads_on_a_card",
    ),
    "experts/estimate.py _steps": (
        {"model.device.type == 'cuda'": 1, "torch.cuda.reset_peak_memory_stats": 1},
        BRANCHES + "test_the_peak_of_memory_is_that_of_the_steps",
    ),
    "experts/estimate.py peak": (
        {"torch.device(device).type == 'cuda'": 1, "torch.cuda.max_memory_allocated": 1},
        BRANCHES + "test_memory_is_the_cards",
    ),
    "experts/loop.py TrainingRun.train": (
        {"device.type == 'cpu'": 1},
        BRANCHES + "test_the_trainer_is_kept_on_the_cpu_only_for_a_model_that_is_there", META,
    ),
    "experts/models.py _warn_of_slow_numbers": (
        {"device.type == 'cpu'": 1},
        BRANCHES + "test_a_card_is_never_called_slow_in_16_bits_nor_its_weights_laid_out_anew",
    ),
    "experts/models.py ready_to_train": (
        {"model.device.type == 'cpu'": 1},
        BRANCHES + "test_a_card_is_never_called_slow_in_16_bits_nor_its_weights_laid_out_anew",
    ),
    "experts/packing.py attention": (
        {"core.device.type == 'cuda'": 1, "is_flash_attn_2_available()": 1},
        BRANCHES + "test_flash_attention_is_for_a_card_in_16_bits_that_has_it",
    ),
    "experts/shelf.py one_thread": (
        {"pretrained.device_of().type == 'cpu'": 1}, BRANCHES + "test_one_thread_is_for_a_cpu",
    ),
    "experts/side_by_side.py train_experts": (
        {"pretrained.device_of().type == 'cpu'": 1},
        "tests/experts/test_side_by_side.py::test_on_a_cpu_each_training_has_one_thread_with_any_engine",
    ),
    "experts/side_by_side.py how_many": (
        {"pretrained.device_of().type != 'cpu'": 1},
        "tests/experts/test_side_by_side.py::test_cores_memory_engine_and_device_decide_how_many",
    ),
    "experts/training.py needs_checkpointing": (
        {"network.device.type != 'cuda'": 1, "torch.cuda.mem_get_info": 1},
        BRANCHES + "test_activations_that_do_not_fit_are_computed_twice", META,
    ),
    "jobs.py cluster": ({"'CUDA_VISIBLE_DEVICES'": 1}, CARDS),
    "jobs.py _cards": ({"'CUDA_VISIBLE_DEVICES'": 1}, CARDS, VISIBLE),
    "machine.py _asked": (
        {"'nvidia-smi'": 2},
        "tests/test_machine.py::test_cards_are_what_the_driver_reports",
        "tests/test_machine.py::test_an_answer_that_is_none_is_no_card_and_says_why",
    ),
    "machine.py gpus": ({"'CUDA_VISIBLE_DEVICES'": 1}, VISIBLE),
    "machine.py gpu_trouble": ({"'CUDA_VISIBLE_DEVICES'": 1}, VISIBLE),
    "pretrained.py device_of": (
        {"torch.cuda.is_available": 2, "'cuda'": 1, "kind not in ('cpu', 'cuda')": 1, "kind == 'cuda'": 2,
         "torch.cuda.device_count": 1},
        BRANCHES + "test_auto_is_the_first_card_and_one_that_is_not_here_is_refused",
    ),
    "pretrained.py dtype_of": (
        {"device.type == 'cuda'": 1, "torch.cuda.is_bf16_supported": 1},
        BRANCHES + "test_auto_is_bfloat16_where_the_card_has_it_else_float16",
    ),
    "runner/gpu_box.py products": (
        {"record['device'] != 'cpu'": 1},
        "tests/runner/test_gpu_box.py::test_the_check_runs_once_for_the_same_cards_and_torch",
    ),
    "space/backends.py Exported.__init__": (
        {"model.device.type != 'cpu'": 1}, ENCODER + "test_another_engine_refuses_an_encoder_on_a_gpu",
    ),
    "space/encoder.py": ({"'cuda'": 1}, ENCODER + "test_a_batch_on_a_gpu_holds_more_tokens"),
    "space/encoder.py _has_bfloat16": (
        {"device != 'cpu'": 1, "device == 'cuda'": 1, "torch.cuda.is_bf16_supported": 1},
        ENCODER + "test_the_device_decides_whether_bfloat16_is_quick",
    ),
    "space/encoder.py embed": (
        {"encoder.device.type == 'cpu'": 1, "'cuda'": 1}, ENCODER + "test_a_batch_on_a_gpu_holds_more_tokens",
    ),
    "space/neighbors.py _candidates_torch": (
        {"torch.backends.cuda.matmul.allow_tf32": 3},
        NEAR + "test_products_on_a_card_are_not_rounded_and_the_callers_setting_comes_back",
        NEAR + "test_the_neighbours_are_all_distances_sorted",
    ),
    "space/neighbors.py knn": (
        {"_device(device) == 'cpu'": 1}, NEAR + "test_the_neighbours_are_all_distances_sorted",
    ),
    "space/neighbors.py _device": (
        {"torch.cuda.is_available": 1, "'cuda'": 1},
        NEAR + "test_auto_takes_a_card_that_is_plugged_in_and_that_torch_can_use",
    ),
}  # fmt: skip


def of_source(text):
    """``{function: Counter of expressions}``: what in a source depends on a GPU being there."""
    found = {}

    def note(where, node):
        found.setdefault(where, Counter())[ast.unparse(node)] += 1

    def walk(node, where):
        for child in ast.iter_child_nodes(node):
            inner = f"{where}.{child.name}".strip(".") if isinstance(child, ast.FunctionDef | ast.ClassDef) else where
            if isinstance(child, ast.Attribute) and (child.attr == "is_cuda" or ast.unparse(child).startswith(ASKED)):
                note(inner, child)
            elif isinstance(child, ast.Compare) and any(
                isinstance(part, ast.Constant) and part.value in ("cuda", "cpu") for part in ast.walk(child)
            ):
                note(inner, child)
            elif isinstance(child, ast.Constant) and child.value in WORDS:
                note(inner, child)
            elif isinstance(child, ast.Call) and "flash_attn" in ast.unparse(child.func):
                note(inner, child)
                walk(child, inner)
            else:
                walk(child, inner)

    walk(ast.parse(text), "")
    return found


def found():
    """``{"file function": {expression: how often}}`` for the package, the chapters and what installs them."""
    everything = {}
    for path in sorted((ROOT / "assl_utils").rglob("*.py")):
        for where, counted in of_source(path.read_text(encoding="utf-8")).items():
            everything[f"{path.relative_to(ROOT / 'assl_utils').as_posix()} {where}".strip()] = dict(counted)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
        for where, counted in of_source(re.sub(r"^\s*[%!].*", "", code, flags=re.M)).items():
            everything[f"{path.name} {where}".strip()] = dict(counted)
    for name, pattern in SHELL.items():
        if hits := Counter(hit.strip() for hit in re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"))):
            everything[name] = dict(hits)
    return everything


def test_every_branch_is_in_the_table_with_what_it_asks():
    there, listed = found(), {where: entry[0] for where, entry in TABLE.items()}
    new = {where: asked for where, asked in there.items() if listed.get(where) != asked}
    assert not new, f"new or changed: give each its test in TABLE: {new}"
    assert not set(listed) - set(there), "gone from the code"


@pytest.mark.parametrize("where", TABLE)
def test_each_test_of_the_table_is_there(where):
    assert TABLE[where][1:]
    for name in TABLE[where][1:]:
        file, _, function = name.partition("::")
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, name


@pytest.mark.parametrize(("line", "seen"), [
    ("torch.cuda.synchronize()", True), ("x.is_cuda", True), ("device.type == 'cuda'", True), ("d.type != 'cpu'", True),
    ("kind in ('cpu', 'mps')", True), ("{'cuda': 1}", True), ("os.environ.get('CUDA_VISIBLE_DEVICES')", True),
    ("shutil.which('nvidia-smi')", True), ("torch.version.cuda", True), ("is_flash_attn_3_available()", True),
    ("x.to(device)", False), ("'a sentence about cuda'", False), ("torch.cpu.synchronize()", False),
])  # fmt: skip
def test_a_branch_is_seen_however_it_is_written(line, seen):
    assert bool(of_source(f"def f():\n    return {line}\n")) == seen
