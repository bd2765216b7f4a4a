"""Random batches and options for the property-based tests, and the comparison with the oracle."""
import math
import os

import numpy as np
import torch
from hypothesis import HealthCheck, Phase, settings, strategies as st

EXAMPLES = int(os.environ.get("QAMRO_EXAMPLES", "50"))  # per property; 10000 is the full run
thorough = settings(  # no shrinking: it takes minutes, and the numbers come from a seed
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)


@st.composite
def batches(draw, least_label=1.0, highest_label=9.0):
    """pred and target, [n] or [n, axes], as float64 arrays; float32 can hold their values if
    dtype is float32."""
    n = draw(st.one_of(st.integers(0, 6), st.integers(0, 300)))
    axes = draw(st.sampled_from([None, 1, 2, 3, 0]))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = (n,) if axes is None else (n, axes)
    levels = draw(st.sampled_from([0, 1, 2, 5, 40]))  # of the labels; 0: no ties
    unit = random.random(shape) if levels == 0 else random.integers(0, levels, shape) / levels
    target = least_label + (highest_label - least_label) * unit
    noise = draw(st.sampled_from([0.0, 0.3, 3.0]))
    pred = target * draw(st.sampled_from([-1.0, 0.0, 1.0])) + noise * random.standard_normal(shape)
    # Irrational steps keep every hinge and block off its border, where rounding alone decides the derivative.
    if draw(st.booleans()):
        pred = math.sqrt(2) * np.round(pred * 3) / 3  # ties
    else:
        pred = pred + math.pi * 1e-3 * random.standard_normal(shape)
    pred = pred + draw(st.sampled_from([0.0, 100.0]))
    target[random.random(shape) < draw(st.sampled_from([0.0, 0.1, 0.7, 1.0]))] = np.nan
    dtype = draw(st.sampled_from([torch.float64, torch.float64, torch.float32]))
    if dtype == torch.float32:
        pred, target = (v.astype(np.float32).astype(np.float64) for v in (pred, target))
    return pred, target, dtype, random


@st.composite
def ranking_options(draw):
    quality = draw(st.sampled_from([{}, {}, {"quality_range": (1.0, 9.0)}, {"quality_range": (-2.0, 12.5)}, "table"]))
    if quality == "table":
        quality = {"quality_table": draw(st.sampled_from(["PQ", "PC", "CE", "CU"]))}
    return {
        "margin": draw(st.sampled_from([0.0, 0.1, 2.0, -0.3])),
        "margin_scale": draw(st.sampled_from([0.0, 0.2, 1.0])),
        "preference_factor": draw(st.sampled_from([7.0, 1.0, 0.0, 0.5, 12.5])),
        **quality,
    }


LISTWISE_OPTIONS = {
    "listnet": st.fixed_dictionaries({"temperature": st.sampled_from([1.0, 0.1, 5.0])}),
    "listmle": st.fixed_dictionaries({"position_weights": st.sampled_from(["uniform", "exponential", "given"])}),
    "ranknet": st.fixed_dictionaries({"sigma": st.sampled_from([1.0, 0.2, 4.0])}),
    "lambda_rank": st.fixed_dictionaries(
        {
            "metric": st.sampled_from(["ndcg", "spearman"]),
            "sigma": st.sampled_from([1.0, 0.2, 4.0]),
            "gain": st.sampled_from(["exponential", "linear"]),
            "truncation": st.sampled_from([None, 1, 5, 1000]),
            "pair_reduction": st.sampled_from(["sum", "mean"]),
        }
    ),
    "spearman": st.fixed_dictionaries({"regularization_strength": st.sampled_from([1.0, 0.01, 0.37, 50.0, 1e6])}),
}
REDUCTIONS = st.sampled_from(["mean", "sum", "none"])


def tensors(pred, target, dtype):
    return torch.tensor(pred, dtype=dtype, requires_grad=True), torch.tensor(target, dtype=dtype)


def outer_like(value):
    """The factors of the losses before backward, not all 1."""
    return torch.linspace(1.0, 2.0, value.numel(), dtype=value.dtype).reshape(value.shape)


def expect_equal(got, gradient, want, want_gradient, dtype, scale=1.0):
    """Equal to 1e-10 in float64 and 1e-5 in float32, relative to the values or the gradient's largest
    element. NaN fails."""
    tolerance = 1e-10 if dtype == torch.float64 else 1e-5
    got, gradient = (np.asarray(v.detach().to(torch.float64)) for v in (got, gradient))
    assert got.shape == np.shape(want) and gradient.shape == want_gradient.shape
    largest = max(1.0, scale, np.abs(want).max(initial=0))
    assert np.all(np.abs(got - want) <= tolerance * largest), (got, want)
    # Below the floor, a gradient is only the rounding error of an exact 0.
    largest = max(np.abs(want_gradient).max(initial=0), 1.0 if dtype == torch.float64 else 1e-6)
    close = np.abs(gradient - want_gradient) <= tolerance * largest
    assert np.all(close), (gradient[~close], want_gradient[~close])
