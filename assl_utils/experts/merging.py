r"""Several adapters made into one: as their exact sum, as its best approximation of low rank, or matrix by matrix.

.. math:: \Delta W = \sum_i c_i B_i A_i, \qquad c_i = w_i \, \frac{\alpha_i}{r_i}

========  ========================================================================================================
cat       :math:`\Delta W` itself: the matrices side by side, the rank is the sum of the ranks
svd       the matrix of rank k that is nearest to :math:`\Delta W` (Eckart and Young 1936)
linear    :math:`(\sum_i \sqrt{c_i} B_i)(\sum_i \sqrt{c_i} A_i)`, in which one expert's B meets another's A
========  ========================================================================================================

They are peft's ``combination_type`` of these names, and the products are the same. The way to svd is another: peft
takes it of the whole matrix, here it is taken of the two thin ones, so that a model of 7B needs seconds, not hours.

NumLLM merges two adapters, one of textbook text and one for numeric questions. Its abstract, all of it that this
project has, names no weights; an equal share each is our choice.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from peft import LoraConfig, PeftConfig
from peft.utils.other import get_pattern_key
from safetensors.torch import load_file

from assl_utils import pretrained, store
from assl_utils.errors import nearest
from assl_utils.experts import composition, identity, shelf, training

HOWS = {
    "svd": "All experts as one adapter of the same rank, the nearest to their sum.",
    "cat": "All experts as one adapter, their exact sum.",
    "linear": "All experts as one adapter, A and B added each for itself.",
}
Parts = list[tuple[torch.Tensor, torch.Tensor, float]]  # of one layer: A, B and c of each expert that changes it


@contextlib.contextmanager
def merged(
    model, names: Sequence[str], weights: Sequence[float] | None = None, how: str = "svd", rank: int | None = None
) -> Iterator[str]:
    """An adapter made of several, while the block lasts.

    Parameters
    ----------
    model : PeftModel
        As from :func:`assl_utils.experts.adapters.adapters`.
    names : sequence of str
        Full names of the experts.
    weights : sequence of float or None
        One per expert, those of 0 are left out; None gives each an equal share, so that they add up to 1.
    how : {"svd", "cat", "linear"}
        ``cat`` is :func:`assl_utils.experts.composition.fused`; ``linear`` needs experts of one rank.
    rank : int or None
        Of ``svd``; None takes the largest of the experts' ranks.

    Yields
    ------
    str
        The name to give to :func:`assl_utils.experts.generation.generate`.
    """
    _check(how, rank)
    weights = shares(weights, len(names))
    if how == "cat":
        with composition.fused(model, names, weights) as name:
            yield name
        return
    parts = composition.parts_of(model, names, weights)
    kind = how if rank is None else f"{how}{rank}"
    with composition.added(model, kind, parts, partial(_write, how=how, rank=rank)) as name:
        yield name


def shares(weights: Sequence[float] | None, n: int) -> list[float]:
    """The weights of ``n`` experts; None is an equal share each."""
    if weights is None:
        return [1 / n] * n
    if len(weights) != n:
        raise ValueError(f"{n} experts, but {len(weights)} weights; give one each, or None for an equal share")
    if not all(math.isfinite(weight) for weight in weights) or not any(weights):
        raise ValueError(f"weights={list(weights)} are to be finite numbers, one of them other than 0")
    return [float(weight) for weight in weights]


def factors(parts: Parts, how: str, rank: int | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """The two matrices of one layer's merged update.

    Parameters
    ----------
    parts : list of (A, B, c)
        ``A`` of shape (r, in), ``B`` of shape (out, r), what their product counts.
    how : {"svd", "cat", "linear"}
    rank : int or None
        Of ``svd``; None takes the largest of the ranks. Where the update has a lower rank the rest is 0.

    Returns
    -------
    (A, B)
        In float32 on the CPU, with a scale of 1. Of ``svd`` the columns of ``B`` are orthogonal and those of the larger
        singular values come first; their largest entries are positive, as otherwise the signs would be free.
    """
    _check(how, rank)
    above = torch.cat([a.detach().cpu() * c for a, _, c in parts])
    beside = torch.cat([b.detach().cpu() for _, b, _ in parts], dim=1)
    if how == "cat":
        return above.float(), beside.float()
    if how == "linear":
        if len({a.shape[0] for a, _, _ in parts}) > 1:
            raise ValueError(
                f"linear adds matrices of one rank, not {[a.shape[0] for a, _, _ in parts]}; svd and cat take any"
            )
        a = sum(math.copysign(math.sqrt(abs(c)), c) * a.detach().cpu().double() for a, _, c in parts)
        return a.float(), sum(math.sqrt(abs(c)) * b.detach().cpu().double() for _, b, c in parts).float()
    rank = rank or max(a.shape[0] for a, _, _ in parts)
    q_in, r_in = torch.linalg.qr(torch.cat([a.detach().cpu().double() * c for a, _, c in parts]).T)
    q_out, r_out = torch.linalg.qr(beside.double())
    u, s, vh = torch.linalg.svd(r_out @ r_in.T, full_matrices=False)  # small: the thin matrices' bases stay outside
    b, a = (q_out @ u * s)[:, :rank], (vh @ q_in.T)[:rank]
    largest = b.gather(0, b.abs().argmax(0, keepdim=True)).flatten()
    sign = torch.where(largest < 0, -1.0, 1.0).double()
    return _padded(sign[:, None] * a, b * sign, rank)


def _padded(a: torch.Tensor, b: torch.Tensor, rank: int) -> tuple[torch.Tensor, torch.Tensor]:
    more = rank - len(a)
    a, b = torch.nn.functional.pad(a, (0, 0, 0, more)), torch.nn.functional.pad(b, (0, more))
    return a.float().contiguous(), b.float().contiguous()


def reconstruction_error(
    model, names: Sequence[str], weights: Sequence[float] | None = None, how: str = "svd", rank: int | None = None
) -> float:
    """How far a merged update is from the exact sum: the norm of the difference as a share of the sum's, all layers.

    Parameters
    ----------
    model, names, weights, how, rank
        As for `merged`.

    Returns
    -------
    float
        As `share_off` of `errors`.
    """
    _check(how, rank)
    parts = composition.parts_of(model, names, shares(weights, len(names)))
    return share_off(errors(attached_layers(model, parts), how, rank))


def errors(layers: dict[str, Parts], how: str, rank: int | None = None) -> pd.DataFrame:
    """For each layer the Frobenius norm of the exact update and of what the merged one lacks.

    Neither is formed: of a product of thin matrices only their triangular factors count. The merged matrices are taken
    as they are kept, in float32, so that ``cat`` is off by its rounding.

    Parameters
    ----------
    layers : dict of str to list of (A, B, c)
        As from `attached_layers` or `kept_layers`.
    how, rank
        As for `factors`; a rank of None is the largest of all layers.

    Returns
    -------
    DataFrame indexed by layer
        ``exact``, ``off``, and ``share``, the second over the first; 0 where nothing is off.
    """
    rank = rank or _largest(layers)
    rows = {}
    for place, parts in layers.items():
        a, b = factors(parts, how, rank)
        exact = [(part.detach().cpu().double(), beside.detach().cpu().double(), c) for part, beside, c in parts]
        rows[place] = {"exact": _norm(exact), "off": _norm([*exact, (a.double(), b.double(), -1.0)])}
    table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("layer")
    return table.assign(share=(table["off"] / table["exact"]).where(table["off"] > 0, 0.0))


def share_off(errors: pd.DataFrame) -> float:
    """One number of `errors`: the root of the sum of squares off, over that of the exact updates; 0 if none is off."""
    off, exact = (math.sqrt((errors[name] ** 2).sum()) for name in ("off", "exact"))
    return 0.0 if off == 0 else off / exact if exact else math.inf


def _norm(parts: Parts) -> float:
    r_out = torch.linalg.qr(torch.cat([b for _, b, _ in parts], dim=1), mode="r")[1]
    r_in = torch.linalg.qr(torch.cat([a * c for a, _, c in parts]).T, mode="r")[1]
    return float(torch.linalg.norm(r_out @ r_in.T))


def attached_layers(model, parts: list[tuple[str, float]]) -> dict[str, Parts]:
    """Of every layer of a PEFT model the matrices of the experts that change it; experts and weights in ``parts``."""
    layers = {place: layer for place, layer in model.named_modules() if hasattr(layer, "lora_A")}
    found = {}
    for place, layer in layers.items():
        held = [(n, w * layer.scaling[n]) for n, w in parts if n in layer.lora_A]
        found[place] = [(layer.lora_A[n].weight, layer.lora_B[n].weight, c) for n, c in held]
    return {place: held for place, held in found.items() if held}


def kept_layers(folders: Sequence, weights: Sequence[float]) -> dict[str, Parts]:
    """The same from PEFT folders, without a model."""
    found: dict[str, Parts] = {}
    for folder, weight in zip(folders, weights, strict=True):
        config = PeftConfig.from_pretrained(str(folder))
        tensors = load_file(Path(folder) / "adapter_model.safetensors")
        lower = {name.removesuffix(".lora_A.weight") for name in tensors if name.endswith(".lora_A.weight")}
        pairs = {f"{place}.lora_{matrix}.weight" for place in lower for matrix in "AB"}
        if config.use_dora or pairs != tensors.keys():
            raise ValueError(
                f"{folder} holds more than LoRA's two matrices (DoRA, a bias, whole modules): leave it out"
            )
        for place in sorted(lower):
            a, b = (tensors[f"{place}.lora_{matrix}.weight"] for matrix in "AB")
            alpha = config.alpha_pattern.get(get_pattern_key(config.alpha_pattern.keys(), place), config.lora_alpha)
            r = a.shape[0]
            found.setdefault(place, []).append((a, b, weight * alpha / (math.sqrt(r) if config.use_rslora else r)))
    return found


def save_merged(base, folders: Sequence, weights: Sequence[float] | None, how: str, root, rank: int | None = None):
    """Several adapters as one in a folder, which answers as any other; found at once where it is there and whole.

    Parameters
    ----------
    base : str or path
        Their base model.
    folders : sequence of path
        Finished adapters in PEFT's format. Their order does not matter, nor where they lie.
    weights, how, rank
        As for `merged`.
    root : path
        The folder is named below it, by the base, the adapters' contents, the weights and the way.

    Returns
    -------
    Path
        PEFT's two files and ``merged.json``: ``recipe``, the hash of the weights and ``error``, see `share_off`.
    """
    _check(how, rank)
    if isinstance(folders, str | Path) or not len(folders):
        raise ValueError(f"folders={folders!r} is to be a list of adapters, one at the least")
    given = zip(folders, shares(weights, len(folders)), strict=True)
    parts = sorted((training.begins_with(base, folder), weight, str(folder)) for folder, weight in given if weight)
    ranks = [PeftConfig.from_pretrained(folder).r for _, _, folder in parts]
    rank = (rank or max(ranks)) if how == "svd" else sum(ranks) if how == "cat" else None
    recipe = {
        "base": identity.content_hash(base), "parts": [[digest, weight] for digest, weight, _ in parts],
        "how": how, "rank": rank,
    }  # fmt: skip
    out_dir = Path(root) / hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[: shelf.DIGITS]
    if _whole(out_dir, recipe):
        return out_dir
    with store.locked(out_dir), shelf.one_thread():
        if not _whole(out_dir, recipe):
            layers = kept_layers([folder for _, _, folder in parts], [weight for _, weight, _ in parts])
            _save(base, layers, recipe, out_dir)
    return out_dir


def _save(base, layers: dict[str, Parts], recipe: dict, out_dir: Path) -> None:
    how = recipe["how"]
    found = {place: factors(parts, how, recipe["rank"]) for place, parts in layers.items()}
    rank, tensors = max(len(a) for a, _ in found.values()), {}
    for place, (a, b) in found.items():
        a, b = _padded(a, b, rank)  # where not every expert changes a layer
        tensors |= {f"{place}.lora_A.weight": a, f"{place}.lora_B.weight": b}
    config = LoraConfig(
        r=rank, lora_alpha=rank, lora_dropout=0.0, task_type="CAUSAL_LM",
        target_modules=sorted({place.rsplit(".", 1)[-1] for place in found}),
        base_model_name_or_path=pretrained.resolve(base),
    )  # fmt: skip
    (out_dir / "merged.json").unlink(missing_ok=True)  # from here on the folder is unfinished
    training.write_adapter(tensors, config, out_dir)
    store.write_json(
        {
            "recipe": recipe,
            "adapter": store.sha256(out_dir / "adapter_model.safetensors"),
            "error": share_off(errors(layers, how, recipe["rank"])),
        },
        out_dir / "merged.json",
    )


def _whole(out_dir: Path, recipe: dict) -> bool:
    try:
        written = store.read_json(out_dir / "merged.json")
        return written["recipe"] == recipe and written["adapter"] == store.sha256(out_dir / "adapter_model.safetensors")
    except (OSError, ValueError, KeyError):
        return False


def _write(model, name: str, parts: list[tuple[str, float]], how: str, rank: int | None) -> None:
    """Fill the layers of an adapter that peft laid out."""
    layers = attached_layers(model, parts)
    if how == "svd":
        rank = rank or _largest(layers)
    else:
        rank = max(len(held[0][0]) for held in layers.values())
    with shelf.one_thread():
        found = {place: _padded(*factors(held, how, rank), rank) for place, held in layers.items()}
    model.peft_config[name].r = model.peft_config[name].lora_alpha = rank
    for place, layer in composition.layers_of(model, name).items():
        if place in found:
            layer.r[name] = layer.lora_alpha[name] = rank
            for matrix, value in zip((layer.lora_A[name], layer.lora_B[name]), found[place], strict=True):
                matrix.weight.data = value.to(matrix.weight.device)


def _largest(layers: dict[str, Parts]) -> int:
    return max(a.shape[0] for parts in layers.values() for a, _, _ in parts)


def _check(how: str, rank: int | None) -> None:
    if how not in HOWS:
        raise ValueError(f"how={how!r} is no way to merge; {nearest(how, HOWS)}")
    if rank is not None and rank < 1:
        raise ValueError(f"rank={rank!r} is to be at least 1, or None for that of the experts")
