"""LoRA's layer in training, with each wide matrix touched once.

peft adds the update as ``result + B(A(x)) * scale`` and so passes over matrices of the output's width to scale and to
add them, forward and back. Here the thin product is added to the wide one where it lies. The numbers are peft's up to
the order of rounding.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial

import torch
from peft.tuners.lora import Linear


class _Update(torch.autograd.Function):
    r"""``y = x Wᵀ + b + s (x Aᵀ) Bᵀ`` with W frozen.

    With :math:`h = xA^\top` and :math:`g = s\, \bar y B`:

    .. math:: \bar x = \bar y W + g A, \qquad \bar A = g^\top x, \qquad \bar B = s\, \bar y^\top h
    """

    @staticmethod
    def forward(ctx, x, weight, bias, A, B, scale):
        rows = x.reshape(-1, x.shape[-1])
        down, up = A.to(x.dtype), B.to(x.dtype)
        h = rows @ down.t()
        y = torch.nn.functional.linear(rows, weight, bias)
        y.addmm_(h, up.t(), alpha=scale)
        ctx.save_for_backward(rows, h, weight, down, up)
        ctx.scale, ctx.shape, ctx.dtypes = scale, x.shape, (A.dtype, B.dtype)
        return y.view(*x.shape[:-1], -1)

    @staticmethod
    def backward(ctx, grad):
        rows, h, weight, down, up = ctx.saved_tensors
        grad = grad.reshape(-1, grad.shape[-1])
        g = (grad @ up).mul_(ctx.scale)
        to_x = None
        if ctx.needs_input_grad[0]:
            to_x = (grad @ weight).addmm_(g, down).view(ctx.shape)
        to_A = (g.t() @ rows).to(ctx.dtypes[0])
        to_B = (grad.t() @ h).mul_(ctx.scale).to(ctx.dtypes[1])
        return to_x, None, None, to_A, to_B, None


def layer(x, weight, bias, down, up, scale: float = 1.0):
    r"""Eq. (2) of the paper: the frozen layer's output and the correction beside it, :math:`y = Wx + s\,A(Bx)`.

    Parameters
    ----------
    x : Tensor of shape (..., inputs)
    weight, bias : Tensor
        The frozen layer's, (outputs, inputs) and (outputs,) or None.
    down : Tensor of shape (r, inputs)
        The paper's B; peft and most papers call it A.
    up : Tensor of shape (outputs, r)
        The paper's A; peft calls it B.
    scale : float
        :math:`\alpha / r`.

    Returns
    -------
    Tensor of shape (..., outputs)
    """
    return _Update.apply(x, weight, bias, down, up, scale)


@contextlib.contextmanager
def lean(model) -> Iterator[int]:
    """For the time being the layers of ``model`` that carry one plain adapter compute it so; yields how many do.

    A layer that holds more (dropout, DoRA, a bias, four-bit weights, several adapters) is left to peft.
    """
    plain = [module for module in model.modules() if _plain(module)]
    for module in plain:
        module.forward = partial(_forward, module)
    try:
        yield len(plain)
    finally:
        for module in plain:
            del module.forward


def _plain(module) -> bool:
    if type(module) is not Linear or type(module.base_layer) is not torch.nn.Linear or len(module.active_adapters) != 1:
        return False
    name = module.active_adapters[0]
    if name not in module.lora_A or name in module.lora_variant or module.lora_bias.get(name) or module.merged:
        return False
    return isinstance(module.lora_dropout[name], torch.nn.Identity) and not module.base_layer.weight.requires_grad


def _forward(module, x, *args, **kwargs):
    base, name = module.base_layer, module.active_adapters[0]
    cast = torch.is_autocast_enabled(x.device.type) and torch.get_autocast_dtype(x.device.type) != x.dtype
    if args or kwargs or module.disable_adapters or x.dtype != base.weight.dtype or cast:
        return type(module).forward(module, x, *args, **kwargs)
    A, B = module.lora_A[name].weight, module.lora_B[name].weight
    return layer(x, base.weight, base.bias, A, B, module.scaling[name])
