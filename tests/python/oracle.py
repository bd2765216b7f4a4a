"""The losses written out in numpy from their papers' formulas, pair by pair or position by position. They
take [n] float64 and give the value and its derivative by each prediction. Slow and obviously right.
`labelled_only` leaves out NaN labels first."""
import numpy as np
from scipy.optimize import isotonic_regression
from scipy.stats import rankdata

# Quality of the labels in [low, low + 1), as the paper's track 2 code has it (highest first).
TABLES = {
    "PQ": [(6, 9.5), (7, 8.5), (5, 7.5), (4, 6.5), (8, 5.5), (3, 4.5)],
    "PC": [(3, 9.5), (1, 8.5), (4, 7.5), (2, 6.5), (6, 5.5), (5, 4.5), (7, 3.5)],
    "CE": [(6, 9.5), (5, 8.5), (3, 7.5), (4, 6.5), (7, 5.5), (2, 4.5)],
    "CU": [(6, 9.5), (7, 8.5), (5, 7.5), (4, 6.5), (3, 5.5), (8, 4.5)],
}


def min_max(values):
    if values.size == 0 or values.max() == values.min():
        return np.zeros_like(values)
    return (values - values.min()) / (values.max() - values.min())


def quality(y, quality_range, quality_table):
    if quality_table is not None:
        values = np.zeros_like(y)
        for low, value in TABLES[quality_table]:
            values[(y >= low) & (y < low + 1)] = value
        return min_max(values)
    if quality_range is not None:
        return (y - quality_range[0]) / (quality_range[1] - quality_range[0])
    return min_max(y)


def ranking(
    p,
    y,
    margin=0.0,
    margin_scale=0.2,
    preference_factor=7.0,
    weight=None,
    group=None,
    scope="all",
    quality_range=None,
    quality_table=None,
    mean=True,
):
    """Eq. 1 to 3. Returns value, gradient, number of pairs."""
    kept = ~np.isnan(y)
    if quality_table is not None:
        kept &= (y >= 1) & (y <= 10)
    gradient = np.zeros_like(p)
    p, y = p[kept], y[kept]
    mass = np.ones_like(p) if weight is None else weight[kept]
    q = quality(y, quality_range, quality_table)
    higher = y[:, None] > y[None, :]  # [hi, lo]
    if group is not None and scope != "all":
        same = group[kept][:, None] == group[kept][None, :]
        higher &= same if scope == "within" else ~same
    pair_mass = np.where(higher, mass[:, None] * mass[None, :], 0.0)
    w = pair_mass * (1 + (preference_factor - 1) * np.maximum(q[:, None], q[None, :]))
    hinge = margin + margin_scale * (y[:, None] - y[None, :]) - (p[:, None] - p[None, :])
    active = w * (hinge > 0)
    total = pair_mass.sum()
    divisor = total if mean and total > 0 else 1.0
    gradient[kept] = (active.sum(0) - active.sum(1)) / divisor
    return (active * np.where(higher, hinge, 0)).sum() / divisor, gradient, int(higher.sum())


def labelled_only(loss):
    """Makes `loss(p, y, **options)` accept missing labels; returns value, gradient and whether
    the axis counts."""

    def of_axis(p, y, **options):
        kept = ~np.isnan(y)
        gradient = np.zeros_like(p)
        if np.unique(y[kept]).size < 2:
            return 0.0, gradient, 0
        value, gradient[kept] = loss(p[kept], y[kept], **options)
        return value, gradient, 1

    return of_axis


def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()


@labelled_only
def listnet(p, y, temperature=1.0):
    wanted = softmax(y / temperature)
    return -(wanted * np.log(softmax(p))).sum(), softmax(p) - wanted


@labelled_only
def listmle(p, y, position_weights="uniform"):
    m = len(p)
    order = np.argsort(-y, kind="stable")
    s = p[order]
    if isinstance(position_weights, str):
        i = np.arange(1, m + 1)
        w = np.ones(m) if position_weights == "uniform" else 2.0 ** (m - i) - 1
    else:
        w = np.asarray(position_weights)[:m]
    w = w / w.sum()
    tail = np.triu(np.ones((m, m), dtype=bool))  # [i, k]: k >= i
    e = np.where(tail, np.exp(s - s.max())[None, :], 0.0)
    value = (w * (np.log(e.sum(1)) - (s - s.max()))).sum()
    gradient = np.empty(m)
    gradient[order] = (w[:, None] * (e / e.sum(1, keepdims=True) - np.eye(m))).sum(0)
    return value, gradient


def logistic_pairs(p, y, sigma, w):
    x = -sigma * (p[:, None] - p[None, :])
    higher = y[:, None] > y[None, :]
    w = np.where(higher, w, 0.0)
    pull = w * sigma / (1 + np.exp(-x))
    return (w * np.logaddexp(0, x)).sum(), pull.sum(0) - pull.sum(1), higher.sum()


@labelled_only
def ranknet(p, y, sigma=1.0):
    value, gradient, pairs = logistic_pairs(p, y, sigma, 1.0)
    return value / pairs, gradient / pairs


@labelled_only
def lambda_rank(p, y, metric="ndcg", sigma=1.0, gain="exponential", truncation=None, pair_reduction="sum"):
    m = len(p)
    rank = np.empty(m)
    rank[np.argsort(-p, kind="stable")] = np.arange(1, m + 1)
    if metric == "ndcg":
        limit = m if truncation is None else truncation
        gains = y if gain == "linear" else 2**y - 1
        place = np.where(rank <= limit, 1 / np.log2(1 + rank), 0.0)
        positions = np.arange(1, m + 1)
        best = (np.sort(gains)[::-1] * np.where(positions <= limit, 1 / np.log2(1 + positions), 0.0)).sum()
        worth = gains / best
    else:
        place, labels = rank, rankdata(y)
        worth = labels / np.sqrt(((rank - rank.mean()) ** 2).sum() * ((labels - labels.mean()) ** 2).sum())
    w = np.abs((place[:, None] - place[None, :]) * (worth[:, None] - worth[None, :]))
    value, gradient, pairs = logistic_pairs(p, y, sigma, w)
    divisor = pairs if pair_reduction == "mean" else 1
    return value / divisor, gradient / divisor


def soft_rank(v, strength):
    """Ranks minus their mean, and the derivative d rank_i / d v_j, through scipy's isotonic regression."""
    n = len(v)
    order = np.argsort(v, kind="stable")
    blocks = isotonic_regression(v[order] / strength - np.arange(1, n + 1)).blocks
    deviation, jacobian = np.zeros(n), np.zeros((n, n))
    for start, end in zip(blocks[:-1], blocks[1:]):
        rows = order[start:end]
        inside = v[rows] - v[rows[0]]
        deviation[rows] = (inside - inside.mean()) / strength + ((start + 1 + end) / 2 - (n + 1) / 2)
        jacobian[np.ix_(rows, rows)] = (np.eye(end - start) - 1 / (end - start)) / strength
    return deviation, jacobian


@labelled_only
def spearman(p, y, regularization_strength=1.0):
    deviation, jacobian = soft_rank(p, regularization_strength)
    labels = rankdata(y) - (len(y) + 1) / 2
    labels = labels / np.linalg.norm(labels)
    norm = np.linalg.norm(deviation)
    if norm == 0:
        return 1.0, np.zeros_like(p)
    correlation = deviation @ labels / norm
    return 1 - correlation, jacobian.T @ (correlation * deviation / norm - labels) / norm


def batch(loss, p, y, reduction, columns=lambda axis: {}, **options):
    """Applies a loss of one axis to pred and target [n] or [n, axes]: value and gradient of
    the reduced loss."""
    table, labels = (v[:, None] if v.ndim == 1 else v for v in (p, y))
    results = [loss(table[:, a], labels[:, a], **options, **columns(a)) for a in range(table.shape[1])]
    values = np.array([value for value, _, _ in results])
    gradients = np.stack([g for _, g, _ in results], 1) if results else np.zeros(table.shape)
    if reduction == "none":
        return values, gradients.reshape(p.shape)
    counted = sum(count > 0 for _, _, count in results)
    divisor = max(counted, 1) if reduction == "mean" else 1
    return values.sum() / divisor, gradients.reshape(p.shape) / divisor
