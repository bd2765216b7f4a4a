"""The listwise losses and soft ranks in plain torch operations, for devices without their own kernel.

They give the same values as the C++ kernels, without a copy to the host; NaN where the kernels raise for a
value. ListNet and ListMLE take O(n log n) time. RankNet and LambdaRank take O(n^2) time, in tiles of bounded
memory. Soft ranks, and so Spearman, take O(n^2) time and memory (about 40 bytes per pair: 10,000 elements
take 4 GB), by the min-max formula of isotonic regression. Missing labels are masked, never selected, so that
no shape depends on the data. Deterministic.
"""
import torch
from torch import Tensor

from qamro._composite import AxisLoss, over_axes, precise, sum_over_pairs

_INF = float("inf")


def _over_labelled_axes(pred: Tensor, target: Tensor, loss: object) -> AxisLoss:
    """Computes `loss(p, y, labelled)` for each axis with two different labels; others give 0, uncounted."""

    def of_axis(p: Tensor, y: Tensor, _: int) -> AxisLoss:
        labelled = ~y.isnan()
        counts = torch.where(labelled, y, _INF).amin() < torch.where(labelled, y, -_INF).amax()
        value, gradient = loss(p, y, labelled)  # type: ignore[operator]
        gradient = torch.where(labelled & counts, gradient, 0.0)
        return torch.where(counts, value, 0.0), gradient, counts.to(torch.int64)

    return over_axes(pred, target, of_axis)


def _positions(keys: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
    """The stable order by rising keys, with missing labels last, and each element's position in it."""
    order = torch.argsort(torch.where(labelled, keys, _INF), stable=True)
    position = torch.arange(keys.shape[0], device=keys.device)
    return order, torch.zeros_like(order).scatter(0, order, position)


def listnet_loss(pred: Tensor, target: Tensor, temperature: float) -> AxisLoss:
    def loss(p: Tensor, y: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
        labels = torch.where(labelled, y, -_INF)
        wanted = torch.softmax((labels - labels.amax()) / temperature, 0)
        log_softmax = torch.log_softmax(torch.where(labelled, p, -_INF), 0)
        value = -torch.where(labelled, wanted * log_softmax, 0.0).sum()
        return value, log_softmax.exp() - wanted

    return _over_labelled_axes(pred, target, loss)


def _position_weights(kind: int, weights: Tensor | None, labelled: Tensor, like: Tensor) -> Tensor:
    """Weights of positions 1 ... m, with sum 1; 0 beyond m."""
    position = torch.arange(1, labelled.shape[0] + 1, device=like.device)
    m = labelled.sum()
    result = torch.ones_like(like)
    if kind == 1:
        result = torch.exp2(-position.clamp(max=2000).to(like.dtype)) - torch.exp2(-m.clamp(max=2000).to(like.dtype))
    if weights is not None:
        result = precise(weights)[: labelled.shape[0]]
    result = torch.where(position <= m, result, 0.0)
    result = result / result.amax()
    return result / result.sum()


def listmle_loss(pred: Tensor, target: Tensor, position_weights: int, weights: Tensor | None) -> AxisLoss:
    def loss(p: Tensor, y: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
        order, position = _positions(-y, labelled)
        w = _position_weights(position_weights, weights, labelled, p)
        there = labelled[order]
        scores = torch.where(there, p[order], -_INF)
        scores = scores - scores.amax()
        nothing = scores.new_full((1,), -_INF)
        tails = torch.cat([torch.logcumsumexp(scores.flip(0), 0).flip(0)[1:], nothing])
        behind = torch.where(there, tails - scores, -_INF)
        softplus = torch.logaddexp(behind, torch.zeros_like(behind))
        # The logarithm of the sum over earlier positions i of w_i exp(-c_i).
        terms = torch.where(there, w.log() - (scores + softplus), -_INF)
        before = torch.cat([nothing, torch.logcumsumexp(terms, 0)[:-1]])
        gradient = torch.where(there, (scores + before).exp() - w * torch.sigmoid(behind), 0.0)
        return torch.where(there, w * softplus, 0.0).sum(), gradient[position]

    return _over_labelled_axes(pred, target, loss)


def _pairwise_logistic(p: Tensor, y: Tensor, labelled: Tensor, sigma: float, swap: object) -> AxisLoss:
    def term(rows: slice) -> tuple[Tensor, Tensor]:
        w = swap(rows)  # type: ignore[operator]
        x = -sigma * (p[rows, None] - p[None, :])
        value = torch.where(w == 0, 0.0, w * torch.logaddexp(x, torch.zeros_like(x)))
        return value, torch.where(w == 0, 0.0, w * sigma * torch.sigmoid(x))

    return sum_over_pairs(p, y, labelled, term)


def ranknet_loss(pred: Tensor, target: Tensor, sigma: float) -> AxisLoss:
    def loss(p: Tensor, y: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
        value, gradient, pairs = _pairwise_logistic(p, y, labelled, sigma, lambda rows: p.new_ones(()))
        return value / pairs, gradient / pairs

    return _over_labelled_axes(pred, target, loss)


def _midranks(y: Tensor, labelled: Tensor) -> Tensor:
    keys = torch.where(labelled, y, _INF)
    ordered = keys.sort().values
    below = torch.searchsorted(ordered, keys)
    return precise(below + torch.searchsorted(ordered, keys, right=True) + 1) / 2


def _swap_factors(
    p: Tensor, y: Tensor, labelled: Tensor, metric: int, gain: int, truncation: int
) -> tuple[Tensor, Tensor]:
    """place [n] from the ranking by p, and worth [n] from the labels: a swap of two elements changes the
    metric by the product of their differences in both. NaN for labels without a gain."""
    _, position = _positions(-p, labelled)
    m = labelled.sum()
    if metric == 1:
        place, worth = precise(position + 1), _midranks(y, labelled)
        mean = precise(m + 1) / 2
        squares = [torch.where(labelled, (ranks - mean) ** 2, 0.0).sum() for ranks in (place, worth)]
        return place, worth / (squares[0] * squares[1]).sqrt()
    discounts = 1 / torch.log2(2 + precise(torch.arange(p.shape[0], device=p.device)))
    if truncation > 0:
        discounts[truncation:] = 0
    gains = torch.where(y >= 0, y if gain == 1 else torch.exp2(y) - 1, torch.nan)
    gains = torch.where(labelled, gains, 0.0)
    gains = gains / gains.amax()
    best = (gains.sort(descending=True).values * discounts).sum()
    return discounts[position], gains / best


def lambda_rank_loss(
    pred: Tensor, target: Tensor, metric: int, sigma: float, gain: int, truncation: int, mean: bool
) -> AxisLoss:
    def loss(p: Tensor, y: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
        place, worth = _swap_factors(p, y, labelled, metric, gain, truncation)

        def swap(rows: slice) -> Tensor:
            return ((place[rows, None] - place[None, :]) * (worth[rows, None] - worth[None, :])).abs()

        value, gradient, pairs = _pairwise_logistic(p, y, labelled, sigma, swap)
        poison = torch.where(worth.isfinite().all(), 0.0, torch.nan)
        divisor = pairs if mean else 1
        return value / divisor + poison, gradient / divisor + poison

    return _over_labelled_axes(pred, target, loss)


def _project(values: Tensor, labelled: Tensor, strength: float) -> tuple[Tensor, Tensor]:
    """Soft ranks minus their mean (m + 1) / 2, and each element's block; arbitrary for elements
    without a label."""
    n, m = values.shape[0], labelled.sum()
    order, position = _positions(values, labelled)
    v = torch.where(labelled, values, 0.0)[order]
    index = torch.arange(n, device=v.device)
    there = index < m
    # Isotonic regression x of v - strength * (1, 2, ...): x_k = min over b >= k of max over a <= k of mean(a ... b).
    sums = torch.cumsum(torch.where(there, (v - v[0]) - strength * precise(index), 0.0), 0)
    starts = torch.cat([sums.new_zeros(1), sums[:-1]])
    means = (sums[None, :] - starts[:, None]) / precise(index[None, :] - index[:, None] + 1)
    means = torch.where(index[:, None] <= index[None, :], means, -_INF).cummax(0).values
    usable = (index[None, :] >= index[:, None]) & there[None, :]
    x = torch.where(usable, means, _INF).amin(1)
    block = torch.cat([index.new_zeros(1), (x[1:] != x[:-1]).to(torch.int64)]).cumsum(0)
    # Sum again within the blocks, now that they are known: sums over all elements lose digits.
    same = (block[:, None] == block[None, :]) & there[None, :]
    size = precise(same.sum(1).clamp(min=1))
    within = torch.where(same, v[:, None] - v[None, :], 0.0).sum(1) / size / strength
    rank = torch.where(same, precise(index + 1)[None, :], 0.0).sum(1) / size
    deviation = within + (rank - precise(m + 1) / 2)
    return deviation[position], block[position]


def block_means(values: Tensor, block: Tensor) -> Tensor:
    """Each element's mean over its block, down each column; shapes [n] or [n, axes]."""
    if values.device.type == "cpu":
        sizes = torch.zeros_like(values).scatter_add(0, block, torch.ones_like(values))
        sums = torch.zeros_like(values).scatter_add(0, block, values)
        return (sums / sizes.clamp(min=1)).gather(0, block)
    same = block[:, None] == block[None, :]  # scatter_add is not deterministic on other devices
    return torch.where(same, values[None, :], 0.0).sum(1) / same.sum(1)


def spearman_loss(pred: Tensor, target: Tensor, regularization_strength: float) -> AxisLoss:
    def direction(values: Tensor) -> tuple[Tensor, Tensor]:
        largest = values.abs().amax()
        scaled = values / torch.where(largest > 0, largest, 1.0)
        norm = scaled.square().sum().sqrt()
        return scaled / torch.where(norm > 0, norm, 1.0), largest * norm

    def loss(p: Tensor, y: Tensor, labelled: Tensor) -> tuple[Tensor, Tensor]:
        deviation, block = _project(p, labelled, regularization_strength)
        ranks, norm = direction(torch.where(labelled, deviation, 0.0))
        mean = precise(labelled.sum() + 1) / 2
        labels, _ = direction(torch.where(labelled, _midranks(y, labelled) - mean, 0.0))
        correlation = (ranks * labels).sum()
        gradient = correlation * ranks - labels
        same = (block[:, None] == block[None, :]) & labelled[None, :]
        means = torch.where(same, gradient[None, :], 0.0).sum(1) / same.sum(1).clamp(min=1)
        gradient = torch.where(norm > 0, (gradient - means) / (norm * regularization_strength), 0.0)
        return 1 - correlation, gradient

    return _over_labelled_axes(pred, target, loss)


def soft_rank(values: Tensor, regularization_strength: float) -> tuple[Tensor, Tensor]:
    if values.numel() == 0:
        return values.clone(), torch.zeros_like(values, dtype=torch.int64)
    columns = precise(values.unsqueeze(1) if values.dim() == 1 else values)
    projected = [_project(v, v.isfinite(), regularization_strength) for v in columns.unbind(1)]
    ranks = torch.stack([deviation for deviation, _ in projected], 1) + (values.shape[0] + 1) / 2
    ranks = torch.where(columns.isfinite().all(0), ranks, torch.nan)
    blocks = torch.stack([block for _, block in projected], 1)
    return ranks.reshape(values.shape).to(values.dtype), blocks.reshape(values.shape)
