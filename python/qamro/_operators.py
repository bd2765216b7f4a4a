"""Loads the library of operators and tells torch about their derivatives, shapes and other devices.

Each loss returns (losses [axes], gradient shaped as pred, pairs or counts [axes] int64). The gradient costs
no more than the value, so it is computed before backward asks for it.
"""
import pathlib
from typing import Any

import torch
from torch import Tensor

from qamro import _composite, _composite_listwise

torch.ops.load_library(pathlib.Path(__file__).with_name("libqamro_operators.so"))

_COMPOSITES = {
    "ranking_loss": _composite.ranking_loss,
    "listnet_loss": _composite_listwise.listnet_loss,
    "listmle_loss": _composite_listwise.listmle_loss,
    "ranknet_loss": _composite_listwise.ranknet_loss,
    "lambda_rank_loss": _composite_listwise.lambda_rank_loss,
    "spearman_loss": _composite_listwise.spearman_loss,
    "soft_rank": _composite_listwise.soft_rank,
}


def _fake_loss(pred: Tensor, *_: Any) -> tuple[Tensor, Tensor, Tensor]:
    axes = 1 if pred.dim() == 1 else pred.shape[1]
    gradient = torch.empty(pred.shape, dtype=pred.dtype, device=pred.device)
    return pred.new_empty((axes,)), gradient, pred.new_empty((axes,), dtype=torch.int64)


def _fake_soft_rank(values: Tensor, _: float) -> tuple[Tensor, Tensor]:
    ranks = torch.empty(values.shape, dtype=values.dtype, device=values.device)
    return ranks, torch.empty(values.shape, dtype=torch.int64, device=values.device)


def _save_gradient(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor, Tensor]) -> None:
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[1])
    ctx.others = len(inputs) - 1


def _ranking_backward(ctx: Any, losses: Tensor | None, *_: Any) -> tuple[Tensor | None, ...]:
    # The gradient is piecewise constant: its own derivative is 0.
    (gradient,) = ctx.saved_tensors
    return (None if losses is None else gradient.detach() * losses, *[None] * ctx.others)


def _listwise_backward(name: str) -> Any:
    def backward(ctx: Any, losses: Tensor | None, second: Tensor | None, _: Any) -> tuple[Tensor | None, ...]:
        if second is not None:
            raise RuntimeError(f"{name}: backward: expected a first derivative, got a second")
        (gradient,) = ctx.saved_tensors
        return (None if losses is None else gradient * losses, *[None] * ctx.others)

    return backward


def _save_blocks(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, Tensor]) -> None:
    ctx.set_materialize_grads(False)
    ctx.save_for_backward(output[1])
    ctx.strength = inputs[1]


def _soft_rank_backward(ctx: Any, outer: Tensor | None, _: Any) -> tuple[Tensor | None, None]:
    if outer is None:
        return None, None
    (block,) = ctx.saved_tensors
    wide = _composite.precise(outer)  # the difference loses digits
    return ((wide - _composite_listwise.block_means(wide, block)) / ctx.strength).to(outer.dtype), None


for _name, _kernel in _COMPOSITES.items():
    _op = f"qamro::{_name}"
    torch.library.impl(_op, "default", _kernel)  # every device without its own kernel
    torch.library.register_fake(_op, _fake_soft_rank if _name == "soft_rank" else _fake_loss)
    for _device in ("cpu", "cuda"):
        torch.library.register_autocast(_op, _device, torch.float32)
    if _name == "soft_rank":
        torch.library.register_autograd(_op, _soft_rank_backward, setup_context=_save_blocks)
    else:
        _backward = _ranking_backward if _name == "ranking_loss" else _listwise_backward(_name)
        torch.library.register_autograd(_op, _backward, setup_context=_save_gradient)


def call(name: str, *arguments: Any) -> Any:
    """Calls torch.ops.qamro.<name>; what the kernel refuses becomes a ValueError. (torch 2.11 keeps the type
    of exceptions that come through its stable ABI, and later versions make them RuntimeErrors. Compiled code
    raises whatever torch makes of them.)"""
    operator = getattr(torch.ops.qamro, name)
    if torch.compiler.is_compiling():
        return operator(*arguments)
    try:
        return operator(*arguments)
    except RuntimeError as error:
        message = str(error)
        if message.startswith((f"{name}: ", "ranking loss: ", "ListMleOptions: ")):
            raise ValueError(message) from None
        raise
