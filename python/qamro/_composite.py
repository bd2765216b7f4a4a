"""The ranking loss in plain torch operations, for devices without their own kernel.

It gives the same values as the kernels, in O(n^2) time and bounded memory, tile by tile in a fixed order
(deterministic), with sums in float64 if the device has it. Nothing is copied to the host, so no value can be
refused: where the kernels raise (for example, for predictions that are not finite), it gives NaN.
"""
from typing import Callable

import torch
from torch import Tensor

_TILE = 1 << 22  # pairs at a time
_TABLES: dict[int, dict[int, float]] = {  # value of the interval [low, low + 1), from RankingOptions' published tables
    1: {6: 9.5, 7: 8.5, 5: 7.5, 4: 6.5, 8: 5.5, 3: 4.5},
    2: {3: 9.5, 1: 8.5, 4: 7.5, 2: 6.5, 6: 5.5, 5: 4.5, 7: 3.5},
    3: {6: 9.5, 5: 8.5, 3: 7.5, 4: 6.5, 7: 5.5, 2: 4.5},
    4: {6: 9.5, 7: 8.5, 5: 7.5, 4: 6.5, 3: 5.5, 8: 4.5},
}
_TABLE_RANGE = (1.0, 10.0)

# One axis: value, gradient [n], number of pairs or counts.
AxisLoss = tuple[Tensor, Tensor, Tensor]
# One tile: each pair's value and its pull on the difference of predictions, [rows, n] for rows [start, end).
PairTerm = Callable[[slice], tuple[Tensor, Tensor]]


def precise(tensor: Tensor) -> Tensor:
    return tensor.to(torch.float32 if tensor.device.type == "mps" else torch.float64)


def over_axes(pred: Tensor, target: Tensor, loss: Callable[[Tensor, Tensor, int], AxisLoss]) -> AxisLoss:
    """Computes each axis by `loss(p [n], y [n], axis)`; NaN if a prediction or label is not allowed."""
    p, y = (precise(tensor.unsqueeze(1) if tensor.dim() == 1 else tensor) for tensor in (pred, target))
    axes = p.shape[1]
    if axes == 0 or p.shape[0] == 0:
        return pred.new_zeros(axes), torch.zeros_like(pred), pred.new_zeros(axes, dtype=torch.int64)
    losses, gradients, counts = zip(*(loss(p[:, a], y[:, a], a) for a in range(axes)))
    bad = ~p.isfinite().all(0) | y.isinf().any(0)
    value = torch.where(bad, torch.nan, torch.stack(losses))
    gradient = torch.where(bad, torch.nan, torch.stack(gradients, 1)).reshape(pred.shape)
    return value.to(pred.dtype), gradient.to(pred.dtype).contiguous(), torch.stack(counts)


def sum_over_pairs(p: Tensor, y: Tensor, labelled: Tensor, term: PairTerm) -> AxisLoss:
    """The sum of `term` over pairs with different labels (hi in the tile's rows), its gradient by p, and the
    number of pairs."""
    n = p.shape[0]
    value = p.new_zeros(())
    gradient = torch.zeros_like(p)
    pairs = torch.zeros((), dtype=torch.int64, device=p.device)
    step = max(1, _TILE // n)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        higher = (y[rows, None] > y[None, :]) & labelled[rows, None] & labelled[None, :]
        values, pull = term(rows)
        pull = torch.where(higher, pull, 0.0)
        value = value + torch.where(higher, values, 0.0).sum()
        gradient = gradient + pull.sum(0)
        gradient[rows] -= pull.sum(1)
        pairs = pairs + higher.sum()
    return value, gradient, pairs


def _min_max(values: Tensor, labelled: Tensor) -> Tensor:
    low = torch.where(labelled, values, torch.inf).amin()
    high = torch.where(labelled, values, -torch.inf).amax()
    return torch.where(high > low, (values - low) / (high - low), 0.0)


def _table_values(y: Tensor, table: int) -> Tensor:
    values = torch.zeros_like(y)
    for low, value in _TABLES[table].items():
        values = torch.where((y >= low) & (y < low + 1), value, values)
    return values


def _quality(y: Tensor, labelled: Tensor, low: float | None, high: float | None, table: int) -> Tensor:
    """NaN for labels outside of the range."""
    if table:
        return _min_max(_table_values(y, table), labelled)
    if low is None or high is None:
        return _min_max(y, labelled)
    return torch.where((y >= low) & (y <= high), (y - low) / (high - low), torch.nan)


def ranking_loss(
    pred: Tensor,
    target: Tensor,
    weight: Tensor | None,
    group: Tensor | None,
    margin: float,
    margin_scale: float,
    preference_factor: float,
    scope: int,
    quality_low: float | None,
    quality_high: float | None,
    quality_table: int,
    mean: bool,
) -> AxisLoss:
    def loss(p: Tensor, y: Tensor, axis: int) -> AxisLoss:
        labelled = ~y.isnan()
        if quality_table:
            labelled &= (y >= _TABLE_RANGE[0]) & (y <= _TABLE_RANGE[1])
        quality = _quality(y, labelled, quality_low, quality_high, quality_table)
        mass = torch.ones_like(p)
        if weight is not None:
            mass = precise(weight if weight.dim() == 1 else weight[:, axis])
            mass = torch.where(mass.isfinite() & (mass >= 0), mass, torch.nan)

        def in_scope(rows: slice) -> Tensor | bool:
            if group is None or scope == 0:
                return True
            same = group[rows, None] == group[None, :]
            return same if scope == 1 else ~same

        def masses(rows: slice) -> Tensor:
            return torch.where(in_scope(rows) & labelled[None, :], mass[rows, None] * mass[None, :], 0.0)

        def term(rows: slice) -> tuple[Tensor, Tensor]:
            q = torch.maximum(quality[rows, None], quality[None, :])
            w = masses(rows) * (1 + (preference_factor - 1) * q)
            hinge = margin + margin_scale * (y[rows, None] - y[None, :]) - (p[rows, None] - p[None, :])
            return w * hinge.clamp(min=0), torch.where(hinge > 0, w, 0.0)

        value, gradient, pairs = sum_over_pairs(p, y, labelled, term)
        if group is not None and scope:
            pairs = sum_over_pairs(p, y, labelled, lambda rows: (in_scope(rows) * p.new_ones(()), p.new_zeros(())))[0]
            pairs = pairs.to(torch.int64)
        bad = (labelled & quality.isnan()).any() | mass.isnan().any()
        divisor = p.new_ones(())
        if mean:
            total = sum_over_pairs(p, y, labelled, lambda rows: (masses(rows), p.new_zeros(())))[0]
            divisor = torch.where(total > 0, total, 1.0)
        poison = torch.where(bad, torch.nan, 0.0)
        return value / divisor + poison, gradient / divisor + poison, pairs

    return over_axes(pred, target, loss)
