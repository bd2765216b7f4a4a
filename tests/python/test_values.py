"""Value and gradient of every loss against numpy, for the operators and for what other devices run,
on the CPU."""
import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

import oracle
import qamro
from cases import (
    LISTWISE_OPTIONS,
    REDUCTIONS,
    batches,
    expect_equal,
    outer_like,
    ranking_options,
    tensors,
    thorough,
)
from composites import on_composites

ORACLES = {name: getattr(oracle, name) for name in LISTWISE_OPTIONS}
LOSSES = {name: getattr(qamro, f"{name}_loss") for name in LISTWISE_OPTIONS}
WAYS = pytest.mark.parametrize("composite", [False, True], ids=["operator", "composite"])


def compare(loss, pred, target, want_of, dtype, composite):
    """want_of(outer): value and gradient of (loss * outer).sum(), where outer holds the factors of `loss`."""
    p, y = tensors(pred, target, dtype)
    with on_composites(composite):
        got = loss(p, y)
    outer = outer_like(got)
    (got * outer).sum().backward()
    want, want_gradient = want_of()
    if np.ndim(want) == 1 and pred.ndim == 2:
        want_gradient = want_gradient * outer.double().numpy()
    expect_equal(got, p.grad, want, want_gradient, dtype)


@WAYS
@thorough
@given(case=batches(), options=ranking_options(), reduction=REDUCTIONS, data=st.data())
def test_ranking_loss(composite, case, options, reduction, data):
    pred, target, dtype, random = case
    extra, columns = {}, lambda axis: {}
    weights = data.draw(st.sampled_from([None, "row", "cell"]))
    if weights:
        weight = random.integers(0, 4, pred.shape[:1] if weights == "row" else pred.shape) / 3.0
        extra["weight"] = torch.tensor(weight, dtype=torch.float64)
        columns = lambda axis: {"weight": weight if weight.ndim == 1 else weight[:, axis]}
    if data.draw(st.booleans()):
        group = random.integers(-1, data.draw(st.sampled_from([1, 3, 100])), len(pred))
        extra["group"] = torch.tensor(group)
        options = {**options, "scope": data.draw(st.sampled_from(["all", "within", "across"]))}

    def want():
        groups = {"group": group} if "group" in extra else {}
        return oracle.batch(
            oracle.ranking, pred, target, reduction, columns, mean=reduction != "sum", **options, **groups
        )

    compare(
        lambda p, y: qamro.ranking_loss(p, y, **options, **extra, reduction=reduction),
        pred,
        target,
        want,
        dtype,
        composite,
    )


@WAYS
@pytest.mark.parametrize("name", LISTWISE_OPTIONS)
@thorough
@given(case=batches(least_label=0.0, highest_label=5.0), reduction=REDUCTIONS, data=st.data())
def test_listwise_loss(composite, name, case, reduction, data):
    pred, target, dtype, random = case
    options = data.draw(LISTWISE_OPTIONS[name])
    given_options = options
    if options.get("position_weights") == "given":
        weights = random.random(len(pred) + 3) + 0.1
        options = {"position_weights": weights}
        given_options = {"position_weights": torch.tensor(weights)}
    compare(
        lambda p, y: LOSSES[name](p, y, **given_options, reduction=reduction),
        pred,
        target,
        lambda: oracle.batch(ORACLES[name], pred, target, reduction, **options),
        dtype,
        composite,
    )


@WAYS
@thorough
@given(case=batches(), strength=st.sampled_from([0.01, 0.37, 1.0, 50.0]))
def test_soft_rank(composite, case, strength):
    pred, _, dtype, random = case
    values = torch.tensor(pred, dtype=dtype, requires_grad=True)
    outer = random.standard_normal(pred.shape).astype(np.float32).astype(np.float64)
    with on_composites(composite):
        ranks = qamro.soft_rank(values, strength)
    ranks.backward(torch.tensor(outer, dtype=dtype))
    want, want_gradient = np.zeros(pred.shape), np.zeros(pred.shape)
    for column in range(1 if pred.ndim == 1 else pred.shape[1]):
        at = np.s_[:] if pred.ndim == 1 else np.s_[:, column]
        if len(pred):
            deviation, jacobian = oracle.soft_rank(pred[at], strength)
            want[at], want_gradient[at] = deviation + (len(pred) + 1) / 2, jacobian.T @ outer[at]
    expect_equal(ranks, values.grad, want, want_gradient, dtype)


def pair_loop(pred, target, margin, margin_scale, preference_factor):
    """The paper's Eq. 1 to 3, literally."""
    span = target.max() - target.min()
    quality = (target - target.min()) / span if span > 0 else torch.zeros_like(target)
    total, pairs = pred.sum() * 0.0, 0
    for i in range(len(pred)):
        for j in range(i + 1, len(pred)):
            gap = target[i] - target[j]
            if gap == 0:
                continue
            weight = 1 + (preference_factor - 1) * torch.maximum(quality[i], quality[j])
            total = total + weight * torch.relu(margin + margin_scale * gap.abs() - gap.sign() * (pred[i] - pred[j]))
            pairs += 1
    return total / max(pairs, 1)


@pytest.mark.parametrize("seed", range(8))
def test_the_oracle_is_the_papers_loop(seed):
    random = np.random.default_rng(seed)
    target = 1 + random.integers(0, 9, 14) / 2
    pred = torch.tensor(target + random.standard_normal(14), requires_grad=True)
    options = [(0.0, 0.2, 7.0), (0.5, 0.0, 1.0), (-0.1, 1.0, 0.5), (0.3, 0.2, 0.0)][seed % 4]
    want = pair_loop(pred, torch.tensor(target), *options)
    want.backward()
    value, gradient, _ = oracle.ranking(pred.detach().numpy(), target, *options)
    assert abs(value - want.item()) <= 1e-12
    np.testing.assert_allclose(gradient, pred.grad.numpy(), rtol=0, atol=1e-13)
