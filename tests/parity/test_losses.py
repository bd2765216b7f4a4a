"""The ranking loss against the paper's equations, written pair by pair, with autograd."""
import math

import pytest
import torch
from hypothesis import given, settings, strategies as st
from probe import Probe


def pairwise_loss(pred, target, margin, margin_scale, preference_factor):
    """QAMRO, Eq. 1 to 3 (arXiv 2508.08957): mean over pairs with different targets."""
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


@pytest.fixture(scope="module")
def probe():
    probe = Probe("loss_probe")
    yield probe
    probe.close()


@st.composite
def batches(draw):
    n = draw(st.integers(1, 24))
    level = st.integers(0, draw(st.sampled_from([1, 4, 1000]))).map(lambda k: 1 + k / 8)
    target = draw(st.lists(level, min_size=n, max_size=n))
    # Irrational steps keep hinges off their kinks, where rounding alone decides the derivative.
    pred = [math.sqrt(2) * draw(st.integers(-1000, 1000)) / 300 + i * math.pi * 1e-6 for i in range(n)]
    return pred, target


OPTIONS = st.fixed_dictionaries(
    {
        "margin": st.sampled_from([0.0, 0.1, 0.5, -0.3]),
        "margin_scale": st.sampled_from([0.0, 0.2, 1.0]),
        "preference_factor": st.sampled_from([0.0, 1.0, 7.0, 12.5]),
    }
)


@settings(max_examples=200, deadline=None)
@given(batch=batches(), options=OPTIONS)
def test_value_and_gradient_equal_the_pair_loop(probe, batch, options):
    pred = torch.tensor(batch[0], dtype=torch.float64, requires_grad=True)
    target = torch.tensor(batch[1], dtype=torch.float64)
    want = pairwise_loss(pred, target, **options)
    want.backward()
    got = probe(pred=batch[0], target=batch[1], **options)
    assert abs(got["loss"] - want.item()) <= 1e-12 * max(1.0, want.item())
    assert torch.allclose(torch.tensor(got["gradient"], dtype=torch.float64), pred.grad, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype, tolerance", [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("levels", [0, 7])
def test_batch_of_256(probe, dtype, tolerance, levels):
    generator = torch.Generator().manual_seed(levels)
    target = 1 + 4 * torch.rand(256, generator=generator, dtype=torch.float64)
    if levels:
        target = torch.round(target * levels / 4)
    pred = (target + torch.randn(256, generator=generator, dtype=torch.float64)).requires_grad_()
    want = pairwise_loss(pred, target, 0.0, 0.2, 7.0)
    want.backward()
    got = probe(pred=pred.tolist(), target=target.tolist(), dtype=dtype)
    assert abs(got["loss"] - want.item()) <= tolerance * want.item()
    error = (torch.tensor(got["gradient"], dtype=torch.float64) - pred.grad).abs().max()
    assert error <= tolerance * pred.grad.abs().max()


def test_missing_labels_leave_their_axis(probe):
    generator = torch.Generator().manual_seed(3)
    target = torch.rand(40, 3, generator=generator, dtype=torch.float64)
    missing = torch.rand(40, 3, generator=generator) < 0.3
    pred = torch.randn(40, 3, generator=generator, dtype=torch.float64).requires_grad_()
    want = sum(pairwise_loss(pred[~missing[:, a], a], target[~missing[:, a], a], 0.1, 0.2, 7.0) for a in range(3)) / 3
    want.backward()
    rows = [[None if m else t for t, m in zip(*row)] for row in zip(target.tolist(), missing.tolist())]
    got = probe(pred=pred.tolist(), target=rows, margin=0.1)
    assert abs(got["loss"] - want.item()) <= 1e-12
    assert torch.allclose(torch.tensor(got["gradient"], dtype=torch.float64), pred.grad.flatten(), rtol=0, atol=1e-13)
