"""Other engines that run an encoder: ONNX Runtime and OpenVINO, in the place of PyTorch."""

from __future__ import annotations

import contextlib
import importlib
import os
import tempfile
from functools import lru_cache
from pathlib import Path

import torch

from assl_utils import pretrained


class Exported(torch.nn.Module):
    """A transformer as another engine runs it, in the place of the PyTorch module it was made from.

    The graph comes from ``torch.export``, whose sizes stay free. A *traced* graph does not do: with transformers 5 it
    keeps the mask of the example it was traced with, and padded rows come out wrong.
    """

    def __init__(self, model: torch.nn.Module, backend: str, precision: str):
        super().__init__()
        self.config = model.config
        if model.device.type != "cpu":
            raise ValueError(f"backend {backend!r} runs on a CPU, the encoder is on {model.device}; take 'torch'")
        program = _program(model)
        self._run = _by_openvino(program, precision) if backend == "openvino" else _by_onnx(program)

    def forward(self, input_ids, attention_mask, **_):
        hidden = self._run(input_ids.numpy(), attention_mask.numpy())
        return {"last_hidden_state": torch.from_numpy(hidden)}


def _program(model: torch.nn.Module):
    """The transformer as a graph from token ids and mask to hidden states, for batches of any size and length."""

    class Hidden(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask):
            return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state

    ids = torch.ones(3, 17, dtype=torch.long)
    free = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    sizes = {"input_ids": free, "attention_mask": free}
    with torch.inference_mode(), pretrained.quiet():
        example = (ids, ids.tril(8))
        return torch.export.export(Hidden().eval(), example, dynamic_shapes=sizes, strict=False)


def _by_openvino(program, precision: str):
    hints = {"INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision]}
    with _unreported():
        openvino = _engine("openvino")
        compiled = _openvino_core().compile_model(openvino.convert_model(program), "CPU", hints)
    request = compiled.create_infer_request()
    return lambda ids, mask: request.infer([ids, mask])[0].copy()


@lru_cache
def _openvino_core():
    """One for the process. A core takes over the stack that signals are handled on and frees it when it goes; of two
    cores the second gives the first one's freed stack back, and the next Ctrl-C is a segmentation fault."""
    return _engine("openvino").Core()


@contextlib.contextmanager
def _unreported():
    """OpenVINO reports every import and conversion to its makers, except from what it takes for a CI job."""
    before = os.environ.get("CI")
    os.environ["CI"] = "true"
    try:
        yield
    finally:
        if before is None:
            del os.environ["CI"]
        else:
            os.environ["CI"] = before


def _by_onnx(program):
    runtime = _engine("onnxruntime")
    _engine("onnxscript")
    with pretrained.quiet(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "encoder.onnx"  # by way of a file: weights of more than 2 GB lie beside the graph
        torch.onnx.export(
            program, f=str(path), input_names=["input_ids", "attention_mask"], dynamo=True, external_data=True,
            verbose=False,
        )  # fmt: skip
        options = runtime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        session = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def _engine(package: str):
    """An engine's package; where it is missing, an error that says how to get it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(
            f"this backend needs the package {package}: pip install onnxruntime onnxscript openvino, or backend='torch'"
        ) from error
