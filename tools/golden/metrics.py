#!/usr/bin/env python3
"""Writes tests/golden/metrics.json: pairs of series with scipy's MSE, Pearson, Spearman and Kendall tau-b.

Run with an interpreter that has scipy (see `make parity`): python tools/golden/metrics.py
"""
import json
import math
import pathlib
import warnings

import numpy as np
from scipy import stats

OUTPUT = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "metrics.json"


def number(value):
    return None if math.isnan(value) else float(value)


def entry(name, prediction, label):
    prediction, label = np.asarray(prediction, float), np.asarray(label, float)
    enough = len(label) >= 2
    return {
        "name": name,
        "prediction": prediction.tolist(),
        "label": label.tolist(),
        "mse": number(np.mean((prediction - label) ** 2)),
        "lcc": number(stats.pearsonr(prediction, label).statistic) if enough else None,
        "srcc": number(stats.spearmanr(prediction, label).statistic) if enough else None,
        "ktau": number(stats.kendalltau(prediction, label).statistic) if enough else None,
    }


def cases():
    rng = np.random.default_rng(20250806)
    yield entry("one value", [3.0], [4.0])
    yield entry("two values", [3.0, 2.0], [4.0, 5.0])
    yield entry("constant prediction", [3.0] * 5, [1, 2, 3, 4, 5])
    yield entry("constant label", [1, 2, 3, 4, 5], [2.5] * 5)
    yield entry("all but one tied", [1, 1, 1, 1, 2], [1, 2, 2, 2, 2])
    yield entry("perfect", np.arange(9) / 3, np.arange(9) / 3)
    yield entry("reversed", np.arange(9), -np.arange(9) * 0.1)
    yield entry("large offset", 1e4 + rng.normal(size=40), -2e4 + rng.normal(size=40))
    for n in (3, 10, 50, 413):
        label = 1 + 4 * rng.random(n)
        yield entry(f"{n} real", label + rng.normal(size=n), label)
        yield entry(f"{n} ratings of half points", np.round(2 * (label + rng.normal(size=n))) / 2, np.round(2 * label) / 2)
        yield entry(f"{n} real against five levels", label + rng.normal(size=n), np.round(label))
        yield entry(f"{n} two levels", rng.integers(0, 2, n), np.r_[0, 1, rng.integers(0, 2, n - 2)])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    with OUTPUT.open("w") as file:
        file.write('{"cases": [\n' + ",\n".join(json.dumps(case) for case in cases()) + "\n]}\n")
