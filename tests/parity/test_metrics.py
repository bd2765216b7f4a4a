"""MSE, Pearson, Spearman and Kendall's tau-b against scipy, ties included."""
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from probe import Probe
from scipy import stats


@pytest.fixture(scope="module")
def probe():
    probe = Probe("metrics_probe")
    yield probe
    probe.close()


def scipy_metrics(prediction, label):
    prediction, label = np.asarray(prediction, float), np.asarray(label, float)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {
            "mse": float(np.mean((prediction - label) ** 2)),
            "lcc": float(stats.pearsonr(prediction, label).statistic),
            "srcc": float(stats.spearmanr(prediction, label).statistic),
            "ktau": float(stats.kendalltau(prediction, label).statistic),
        }


def expect_equal(got, want):
    for name, value in want.items():
        if math.isnan(value):
            assert got[name] is None, name
        else:
            assert got[name] is not None, name
            assert abs(got[name] - value) <= 1e-12 * max(1.0, abs(value)), name


@st.composite
def series(draw):
    n = draw(st.integers(2, 60))
    levels = st.integers(0, draw(st.sampled_from([1, 3, 12, 10**6])))
    return [[k / 16 for k in draw(st.lists(levels, min_size=n, max_size=n))] for _ in range(2)]


@settings(max_examples=400, deadline=None)
@given(pair=series())
def test_equal_scipy(probe, pair):
    expect_equal(probe(prediction=pair[0], label=pair[1]), scipy_metrics(*pair))


@pytest.mark.parametrize("n", [2, 100, 5000])
@pytest.mark.parametrize("decimals", [1, 15])
def test_equal_scipy_on_noisy_scores(probe, n, decimals):
    rng = np.random.default_rng(n)
    label = np.round(1 + 4 * rng.random(n), decimals)
    prediction = np.round(label + rng.normal(size=n), decimals)
    expect_equal(probe(prediction=prediction.tolist(), label=label.tolist()), scipy_metrics(prediction, label))
