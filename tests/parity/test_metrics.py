"""MSE, Pearson, Spearman and Kendall's tau-b against scipy: ties, constants, missing rows, no and few values."""
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
    """scipy's numbers for the pairs without NaN; None and the reason if undefined."""
    pairs = [(p, y) for p, y in zip(prediction, label) if p is not None and y is not None]
    prediction, label = np.array(pairs, float).reshape(-1, 2).T
    wanted = {"n": len(pairs), "mse": None, "lcc": None, "srcc": None, "ktau": None}
    if not pairs:
        return wanted | {"reason": "no values; fewer than 2 values"}
    wanted["mse"] = float(np.mean((prediction - label) ** 2))
    if len(pairs) < 2:
        return wanted | {"reason": "fewer than 2 values"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, function in [("lcc", stats.pearsonr), ("srcc", stats.spearmanr), ("ktau", stats.kendalltau)]:
            value = float(function(prediction, label).statistic)
            wanted[name] = None if math.isnan(value) else value
    if wanted["ktau"] is None:
        which = "labels" if np.all(label == label[0]) else "predictions"
        assert which == "labels" or np.all(prediction == prediction[0])
        wanted["reason"] = f"the {which} are constant"
    return wanted


def expect_equal(got, want):
    assert set(got) == set(want), got
    for name, value in want.items():
        if value is None or name in ("n", "reason"):
            assert got[name] == value, name
        else:
            assert got[name] is not None and abs(got[name] - value) <= 1e-12 * max(1.0, abs(value)), name


@st.composite
def series(draw):
    n = draw(st.integers(0, 60))
    levels = st.integers(0, draw(st.sampled_from([1, 3, 12, 10**6])))
    return [[k / 16 for k in draw(st.lists(levels, min_size=n, max_size=n))] for _ in range(2)]


@settings(max_examples=400, deadline=None)
@given(pair=series())
def test_equal_scipy(probe, pair):
    expect_equal(probe(prediction=pair[0], label=pair[1])["utterance"], scipy_metrics(*pair))


def random_case(rng):
    """Few and many values, few and many levels, a third with missing rows, some constant."""
    n = int(rng.choice([0, 1, 2, 3, 5, 20, 200]))
    levels = int(rng.choice([1, 2, 5, 41, 10**9]))
    # The offset is not far larger than the spread; otherwise scipy's own Pearson keeps fewer than 12 digits.
    pair = rng.integers(0, levels, (2, n)) * float(rng.choice([1, 0.1, 1e-6, 1e5]))
    pair += float(rng.choice([0, 0.3, 3])) * (pair.max() if n else 0)
    if rng.random() < 0.3:
        pair[int(rng.integers(2))] = 2.5
    if rng.random() < 0.3:
        pair[rng.random((2, n)) < 0.2] = np.nan
    return [[None if math.isnan(x) else x for x in row] for row in pair.tolist()]


def test_a_thousand_random_cases(probe):
    rng = np.random.default_rng(7)
    seen = set()
    for _ in range(1000):
        pair = random_case(rng)
        want = scipy_metrics(*pair)
        expect_equal(probe(prediction=pair[0], label=pair[1])["utterance"], want)
        seen.add((min(want["n"], 3), want.get("reason")))
    assert len(seen) >= 8, "every number of values and every reason occurs"


@pytest.mark.parametrize("decimals", [None, 2])
def test_system_level(probe, decimals):
    rng = np.random.default_rng(11)
    for _ in range(100):
        n = int(rng.integers(0, 200))
        systems = [f"s{k}" for k in rng.integers(0, int(rng.choice([1, 2, 10, 40])), n)]
        pair = [np.round(rng.uniform(1, 5, n), 1).tolist() for _ in range(2)]
        means = [[], []]
        for system in dict.fromkeys(systems):
            for side, values in zip(means, pair):
                total, clips = 0.0, 0  # in file order, as the challenge's reports sum
                for name, value in zip(systems, values):
                    if name == system:
                        total, clips = total + value, clips + 1
                side.append(total / clips if decimals is None else round(total / clips, decimals))
        extra = {} if decimals is None else {"decimals": decimals}
        got = probe(prediction=pair[0], label=pair[1], system=systems, **extra)
        expect_equal(got["system"], scipy_metrics(*means))


@pytest.mark.parametrize("n", [2, 100, 5000])
@pytest.mark.parametrize("decimals", [1, 15])
def test_equal_scipy_on_noisy_scores(probe, n, decimals):
    rng = np.random.default_rng(n)
    label = np.round(1 + 4 * rng.random(n), decimals)
    prediction = np.round(label + rng.normal(size=n), decimals)
    expect_equal(probe(prediction=prediction.tolist(), label=label.tolist())["utterance"],
                 scipy_metrics(prediction, label))
