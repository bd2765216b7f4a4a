"""Listwise ranking losses, and soft ranks.

All losses take predicted scores ``pred`` ``[n]`` or ``[n, axes]``, finite (half precision is computed as
float32), and constant labels ``target`` of the same shape, dtype and device; NaN: no label, the element
leaves that axis. They return a scalar in pred's dtype, differentiable by ``pred`` once (a second derivative
raises RuntimeError): with ``reduction="mean"`` the mean over the axes with two different labels, with
``"sum"`` their sum. ``"none"`` returns each axis by itself, ``[axes]``. Without such an axis, the loss is 0
with gradient 0, still connected to pred. It is computed in float64 for any dtype. ValueError or TypeError
names a wrong argument; on devices other than the CPU, wrong values give NaN instead.
"""
from typing import Literal

from torch import Tensor

from qamro import _checks, _operators
from qamro.ranking import REDUCTIONS, reduce_axes

Reduction = Literal["mean", "sum", "none"]
POSITION_WEIGHTS = {"uniform": 0, "exponential": 1}
METRICS = {"ndcg": 0, "spearman": 1}
GAINS = {"exponential": 0, "linear": 1}


def listnet_loss(pred: Tensor, target: Tensor, *, temperature: float = 1.0, reduction: Reduction = "mean") -> Tensor:
    """ListNet's top-one loss (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML 2007,
    Eq. 3 and 4)::

        - sum_i softmax(target / temperature)_i * log softmax(pred)_i

    ``temperature`` (> 0, in units of the labels) below 1 stresses the top of the list. O(n).
    Shapes, reduction and errors: see `qamro.listwise`.
    """
    name = "listnet_loss"
    pred, target = _checks.check_pred_and_target(name, pred, target)
    temperature = _checks.check_positive(name, "temperature", temperature)
    _checks.check_choice(name, "reduction", reduction, REDUCTIONS)
    losses, _, counts = _operators.call(name, pred, target, temperature)
    return reduce_axes(losses, counts, reduction)


def listmle_loss(
    pred: Tensor,
    target: Tensor,
    *,
    position_weights: Literal["uniform", "exponential"] | Tensor = "uniform",
    reduction: Reduction = "mean",
) -> Tensor:
    """ListMLE (Xia et al., "Listwise Approach to Learning to Rank", ICML 2008, Eq. 8) and its position-aware form (Lan et
    al., "Position-Aware ListMLE", UAI 2014, Eq. 8): the negative log likelihood of the labels' order, as the weighted mean
    over positions::

        sum_i w_i * (log sum_{k >= i} exp(p_k) - p_i) / sum_i w_i,   k and i in the order of falling labels

    ``position_weights``: ``"uniform"`` is ListMLE, ``"exponential"`` is p-ListMLE (2^(m - i) - 1 at position
    i of m); or a tensor of at least n positive weights, the best position first. Equal labels keep the order
    of their indices: shuffle the batch if ties must not favour any element. O(n log n). Shapes, reduction and
    errors: see `qamro.listwise`.
    """
    name = "listmle_loss"
    pred, target = _checks.check_pred_and_target(name, pred, target)
    _checks.check_choice(name, "reduction", reduction, REDUCTIONS)
    kind, weights = 2, None
    if isinstance(position_weights, Tensor):
        weights = _checks.check_position_weights(name, position_weights, pred)
    else:
        kind = _checks.check_choice(name, "position_weights", position_weights, POSITION_WEIGHTS)
    losses, _, counts = _operators.call(name, pred, target, kind, weights)
    return reduce_axes(losses, counts, reduction)


def ranknet_loss(pred: Tensor, target: Tensor, *, sigma: float = 1.0, reduction: Reduction = "mean") -> Tensor:
    """RankNet (Burges et al., "Learning to Rank using Gradient Descent", ICML 2005, Eq. 3 with the target
    probability 1): the mean, over an axis' pairs with different labels, of::

        log(1 + exp(-sigma * (p_hi - p_lo))),   hi: the element with the higher label

    ``sigma``: steepness, > 0, in 1 / units of pred. O(n^2) time, O(n) memory.
    Shapes, reduction and errors: see `qamro.listwise`.
    """
    name = "ranknet_loss"
    pred, target = _checks.check_pred_and_target(name, pred, target)
    sigma = _checks.check_positive(name, "sigma", sigma)
    _checks.check_choice(name, "reduction", reduction, REDUCTIONS)
    losses, _, counts = _operators.call(name, pred, target, sigma)
    return reduce_axes(losses, counts, reduction)


def lambda_rank_loss(
    pred: Tensor,
    target: Tensor,
    *,
    metric: Literal["ndcg", "spearman"] = "ndcg",
    sigma: float = 1.0,
    gain: Literal["exponential", "linear"] = "exponential",
    truncation: int | None = None,
    pair_reduction: Literal["sum", "mean"] = "sum",
    reduction: Reduction = "mean",
) -> Tensor:
    """LambdaRank (Burges et al., "Learning to Rank with Nonsmooth Cost Functions", NIPS 2006) as the loss of
    the LambdaLoss framework (Wang et al., CIKM 2018, section 4.2): the sum, over an axis' pairs with
    different labels, of::

        |delta metric(hi, lo)| * log(1 + exp(-sigma * (p_hi - p_lo))),   hi: the element with the higher label

    The weight is how much ``metric`` would change if the two elements swapped places in the ranking by
    ``pred``; the gradient treats it as a constant. ``"ndcg"`` needs labels >= 0, has the ``gain`` 2^label - 1
    or label, and the discount 1 / log2(1 + rank), which is 0 for ranks beyond ``truncation`` (None: all
    count). ``"spearman"`` is Spearman's rho. Equal predictions rank in the order of their indices.
    ``pair_reduction="mean"`` divides by the number of pairs. O(n^2) time, O(n) memory.
    Shapes, reduction and errors: see `qamro.listwise`.
    """
    name = "lambda_rank_loss"
    pred, target = _checks.check_pred_and_target(name, pred, target)
    _checks.check_choice(name, "reduction", reduction, REDUCTIONS)
    if truncation is not None and (isinstance(truncation, bool) or not isinstance(truncation, int)):
        raise TypeError(f"{name}: truncation: expected a rank >= 1 or None, got {type(truncation).__name__}")
    if truncation is not None and truncation < 1:
        raise ValueError(f"{name}: truncation: expected a rank >= 1 or None, got {truncation}")
    losses, _, counts = _operators.call(
        name,
        pred,
        target,
        _checks.check_choice(name, "metric", metric, METRICS),
        _checks.check_positive(name, "sigma", sigma),
        _checks.check_choice(name, "gain", gain, GAINS),
        truncation or 0,
        _checks.check_choice(name, "pair_reduction", pair_reduction, {"sum": 0, "mean": 1}) == 1,
    )
    return reduce_axes(losses, counts, reduction)


def spearman_loss(
    pred: Tensor, target: Tensor, *, regularization_strength: float = 1.0, reduction: Reduction = "mean"
) -> Tensor:
    """One minus a differentiable Spearman correlation (Blondel et al., "Fast Differentiable Sorting and Ranking", ICML
    2020, section 6.3, with Pearson's r in place of their squared error of ranks)::

        1 - pearson(soft_rank(pred, regularization_strength), midranks(target))

    This is 1 - SRCC, with gradient 0, once predictions that differ are at least ``regularization_strength``
    apart; for a large strength it is 1 - Pearson's r of pred and the labels' ranks. The strength (> 0, in
    units of pred) is about the distance over which a change of order should be felt. If all predictions are
    equal: 1 with gradient 0. O(n log n).
    Shapes, reduction and errors: see `qamro.listwise`.
    """
    name = "spearman_loss"
    pred, target = _checks.check_pred_and_target(name, pred, target)
    strength = _checks.check_positive(name, "regularization_strength", regularization_strength)
    _checks.check_choice(name, "reduction", reduction, REDUCTIONS)
    losses, _, counts = _operators.call(name, pred, target, strength)
    return reduce_axes(losses, counts, reduction)


def soft_rank(values: Tensor, regularization_strength: float = 1.0) -> Tensor:
    """Soft ranks (Blondel et al., "Fast Differentiable Sorting and Ranking", ICML 2020, with quadratic regularisation):
    the projection of values / regularization_strength onto the permutahedron of (1, ..., n), down each column.

    The smallest value has rank 1. Where sorted neighbours are at least ``regularization_strength`` (> 0, in
    units of the values) apart, the ranks are the hard ranks, with derivative 0. Equal values have equal
    ranks. As the strength grows, all ranks approach (n + 1) / 2. O(n log n).

    Args:
        values: ``[n]`` or ``[n, axes]``, finite; half precision is computed as float32.

    Returns:
        Ranks of values' shape, differentiable with the exact derivative; the second derivative is 0.
    """
    values = _checks.check_scores("soft_rank", "values", values)
    strength = _checks.check_positive("soft_rank", "regularization_strength", regularization_strength)
    return _operators.call("soft_rank", values, strength)[0]
