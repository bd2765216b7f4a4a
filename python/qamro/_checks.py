"""Checks of every function's arguments; messages name the argument, what was expected and what came instead.

They check only what torch.compile knows while it traces: shapes, dtypes, devices, options. The operators
check the values.
"""
import math
from typing import Any, Mapping, NoReturn, Sequence

import torch
from torch import Tensor

_HALVES = (torch.float16, torch.bfloat16)
_FLOATS = (torch.float32, torch.float64)


def _refuse(kind: type[Exception], loss: str, argument: str, expected: str, got: object) -> NoReturn:
    raise kind(f"{loss}: {argument}: expected {expected}, got {got}")


def check_scores(loss: str, argument: str, tensor: Any) -> Tensor:
    """A dense floating-point tensor [n] or [n, axes]; half and bfloat16 become float32."""
    if not isinstance(tensor, Tensor):
        _refuse(TypeError, loss, argument, "a tensor", type(tensor).__name__)
    if tensor.layout != torch.strided:
        _refuse(TypeError, loss, argument, "a dense tensor", tensor.layout)
    if tensor.dtype not in _FLOATS + _HALVES:
        _refuse(TypeError, loss, argument, "a floating-point dtype", tensor.dtype)
    if tensor.dim() not in (1, 2):
        _refuse(ValueError, loss, argument, "shape [n] or [n, axes]", f"shape {list(tensor.shape)}")
    return tensor.float() if tensor.dtype in _HALVES else tensor


def check_pred_and_target(loss: str, pred: Any, target: Any) -> tuple[Tensor, Tensor]:
    pred = check_scores(loss, "pred", pred)
    if not isinstance(target, Tensor):
        _refuse(TypeError, loss, "target", "a tensor", type(target).__name__)
    if target.device != pred.device:
        _refuse(ValueError, loss, "target", f"pred's device {pred.device}", target.device)
    if target.shape != pred.shape:
        _refuse(ValueError, loss, "target", f"pred's shape {list(pred.shape)}", f"shape {list(target.shape)}")
    target = check_scores(loss, "target", target)
    if target.dtype != pred.dtype:
        _refuse(TypeError, loss, "target", f"pred's dtype {pred.dtype}", target.dtype)
    return pred, target.detach()


def check_weight(loss: str, weight: Any, pred: Tensor) -> Tensor:
    if not isinstance(weight, Tensor):
        _refuse(TypeError, loss, "weight", "a tensor", type(weight).__name__)
    if not weight.is_floating_point():
        _refuse(TypeError, loss, "weight", "a floating-point dtype", weight.dtype)
    if weight.device != pred.device:
        _refuse(ValueError, loss, "weight", f"pred's device {pred.device}", weight.device)
    if weight.shape != pred.shape and weight.shape != pred.shape[:1]:
        expected = f"shape {list(pred.shape[:1])} or {list(pred.shape)}"
        _refuse(ValueError, loss, "weight", expected, f"shape {list(weight.shape)}")
    return (weight if weight.dtype in _FLOATS else weight.float()).detach()


def check_group(loss: str, group: Any, pred: Tensor) -> Tensor:
    if not isinstance(group, Tensor):
        _refuse(TypeError, loss, "group", "a tensor", type(group).__name__)
    if group.dtype != torch.int64:
        _refuse(TypeError, loss, "group", "int64", group.dtype)
    if group.device != pred.device:
        _refuse(ValueError, loss, "group", f"pred's device {pred.device}", group.device)
    if group.shape != pred.shape[:1]:
        _refuse(ValueError, loss, "group", f"shape {list(pred.shape[:1])}", f"shape {list(group.shape)}")
    return group


def check_number(loss: str, option: str, value: Any, minimum: float = -math.inf) -> float:
    """A finite number >= least."""
    expected = "a finite number" if minimum == -math.inf else f"a finite number >= {minimum:g}"
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        _refuse(TypeError, loss, option, expected, type(value).__name__)
    if not (-math.inf < value < math.inf and value >= minimum):  # math.isfinite breaks the graph where value is symbolic
        _refuse(ValueError, loss, option, expected, value)
    return float(value)


def check_positive(loss: str, option: str, value: Any) -> float:
    if check_number(loss, option, value) <= 0:
        _refuse(ValueError, loss, option, "a finite number > 0", value)
    return float(value)


def check_choice(loss: str, option: str, value: Any, choices: Mapping[Any, int]) -> int:
    """The number that stands for a name in the operators."""
    if not isinstance(value, (str, type(None))) or value not in choices:
        _refuse(ValueError, loss, option, "one of " + ", ".join(map(repr, choices)), repr(value))
    return choices[value]


def check_range(loss: str, option: str, value: Sequence[float]) -> tuple[float, float]:
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        _refuse(TypeError, loss, option, "(lowest, highest)", repr(value))
    low, high = (check_number(loss, option, bound) for bound in value)
    if low >= high:
        _refuse(ValueError, loss, option, "(lowest, highest)", repr(value))
    return low, high


def check_position_weights(loss: str, weights: Tensor, pred: Tensor) -> Tensor:
    if weights.dtype not in _FLOATS + _HALVES:
        _refuse(TypeError, loss, "position_weights", "a floating-point dtype", weights.dtype)
    if weights.device != pred.device:
        _refuse(ValueError, loss, "position_weights", f"pred's device {pred.device}", weights.device)
    if weights.dim() != 1 or weights.shape[0] < pred.shape[0]:
        expected = f"a weight for each of pred's {pred.shape[0]} rows"
        _refuse(ValueError, loss, "position_weights", expected, f"shape {list(weights.shape)}")
    return (weights if weights.dtype in _FLOATS else weights.float()).detach()
