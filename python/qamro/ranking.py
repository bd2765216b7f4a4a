"""The pairwise ranking loss of QAMRO."""
from typing import Literal

from torch import Tensor

from qamro import _checks, _operators

SCOPES = {"all": 0, "within": 1, "across": 2}
QUALITY_TABLES = {None: 0, "PQ": 1, "PC": 2, "CE": 3, "CU": 4}
REDUCTIONS = {"mean": 0, "sum": 1, "none": 2}


def reduce_axes(losses: Tensor, counts: Tensor, reduction: str) -> Tensor:
    """Reduces losses [axes]; the mean is over the axes that count."""
    if reduction == "none":
        return losses
    if reduction == "sum" or losses.shape[0] == 1:
        return losses.sum()
    return losses.sum() / (counts > 0).sum().clamp(min=1)


def ranking_loss(
    pred: Tensor,
    target: Tensor,
    *,
    margin: float = 0.0,
    margin_scale: float = 0.2,
    preference_factor: float = 7.0,
    weight: Tensor | None = None,
    group: Tensor | None = None,
    scope: Literal["all", "within", "across"] = "all",
    quality_range: tuple[float, float] | None = None,
    quality_table: Literal["PQ", "PC", "CE", "CU"] | None = None,
    reduction: Literal["mean", "sum", "none"] = "mean",
) -> Tensor:
    r"""QAMRO's ranking loss (arXiv 2508.08957, Eq. 1 to 3) over all pairs of the batch with different labels::

        mean of  w_ij * relu(margin + margin_scale * |y_i - y_j| - sign(y_i - y_j) * (p_i - p_j))
        w_ij = 1 + (preference_factor - 1) * max(q_i, q_j),   q = y min-max normalised over the batch

    The defaults are the paper's Eq. 2 and 3. Eq. 1 is ``margin=m, margin_scale=0, preference_factor=1``.
    Exact, in O(n log n) time and O(n) memory on the CPU, computed in float64 for any dtype; the same bits
    in every run.

    Args:
        pred: predicted scores, ``[n]`` or ``[n, axes]``, finite. Half precision is computed as float32.
        target: constant labels of the same shape, dtype and device. NaN: no label; the element is left out.
        margin: fixed part of the margin, in units of the score.
        margin_scale: alpha of Eq. 2, >= 0; 0 switches the adaptive margin off.
        preference_factor: beta of Eq. 3, >= 0; 1 switches the quality weighting off.
        weight: ``[n]`` or pred's shape, >= 0 (for example, numbers of raters): a pair's weight is the product
            of its elements' weights, and the mean is weighted by it.
        group: ``[n]`` int64, the prompt or listening test of each element.
        scope: pairs of ``"all"`` elements, only ``"within"`` groups or only ``"across"`` them.
        quality_range: ``(low, high)``: q = (y - low) / (high - low), so that a pair's weight does not depend
            on the rest of the batch; labels outside are refused. It cannot be combined with a table.
        quality_table: the axis whose published track 2 table gives each interval of labels its quality, before
            normalisation; labels outside of [1, 10] count as missing.
        reduction: ``"mean"`` over the counted pairs of an axis, then over the axes that have one; ``"sum"`` over all
            pairs of all axes; ``"none"``: each axis' mean over its pairs, ``[axes]``.

    Returns:
        A scalar (``[axes]`` for ``"none"``) in pred's dtype (float32 for half precision), >= 0, differentiable by
        ``pred``. Without any pair: 0 with gradient 0, still connected to pred. A hinge of exactly 0 has derivative 0,
        and the second derivative is 0.

    Raises:
        ValueError, TypeError: these name the argument, what was expected and what came instead. Values are
            checked on the CPU only: on other devices the check would stall the queue, so wrong values (for
            example, an infinite prediction) give NaN.
    """
    name = "ranking_loss"
    pred, target = _checks.check_pred_and_target(name, pred, target)
    weight = None if weight is None else _checks.check_weight(name, weight, pred)
    group = None if group is None else _checks.check_group(name, group, pred)
    low, high = (None, None) if quality_range is None else _checks.check_range(name, "quality_range", quality_range)
    if quality_range is not None and quality_table is not None:
        raise ValueError(f"{name}: expected quality_range or quality_table, got both")
    if group is None and scope in ("within", "across"):
        raise ValueError(f"{name}: group: expected int64 [{pred.shape[0]}] for scope {scope!r}, got None")
    _checks.check_choice(name, "reduction", reduction, REDUCTIONS)
    losses, _, pairs = _operators.call(
        name,
        pred,
        target,
        weight,
        group,
        _checks.check_number(name, "margin", margin),
        _checks.check_number(name, "margin_scale", margin_scale, minimum=0),
        _checks.check_number(name, "preference_factor", preference_factor, minimum=0),
        _checks.check_choice(name, "scope", scope, SCOPES),
        low,
        high,
        _checks.check_choice(name, "quality_table", quality_table, QUALITY_TABLES),
        reduction != "sum",
    )
    return reduce_axes(losses, pairs, reduction)
