#!/usr/bin/env python3
"""loss_weights.py RECIPE [QAMRO]: the weight at which each loss of the recipe's [[ablate.variants]] pulls as hard as
its first [[loss]] before the first step: the ratio of their gradients' norms over all parameters, mean over seeds and
folds. Only training clips are looked at, and no score. The recipe's second [[loss]] must have no key but `kind`."""
import json
import pathlib
import subprocess
import sys
import tempfile
import tomllib


def value(setting):
    return json.dumps(setting)  # TOML and JSON write numbers, strings and booleans alike


def gradient_norm(qamro, recipe, settings):
    with tempfile.TemporaryDirectory() as folder:
        overrides = {"training.max_epochs": 1, "training.patience": 0, "optimizer.clip_norm": 0.0, **settings}
        options = [item for key, setting in overrides.items() for item in ("--set", f"{key}={value(setting)}")]
        subprocess.run([qamro, "train", recipe, "--output", f"{folder}/run", *options], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        lines = [json.loads(line) for line in (pathlib.Path(folder) / "run/metrics.jsonl").open()]
    norms = [line["gradient_norm"] for line in lines if line["fold"] != "final"]
    return sum(norms) / len(norms)


def main():
    recipe = sys.argv[1]
    qamro = sys.argv[2] if len(sys.argv) > 2 else "build/qamro"
    with open(recipe, "rb") as file:
        variants = tomllib.load(file)["ablate"]["variants"]
    regression = gradient_norm(qamro, recipe, {"loss.1.weight": 0.0})
    print(f"{'':40} gradient norm   weight\n{'first loss':40} {regression:13.4f}   1")
    for variant in variants:
        for loss in variant["loss"][1:]:
            settings = {f"loss.1.{key}": setting for key, setting in (loss | {"weight": 1.0}).items()}
            norm = gradient_norm(qamro, recipe, {"loss.0.weight": 0.0, **settings})
            print(f"{variant['name']:40} {norm:13.4f}   {regression / norm:.3g}")


if __name__ == "__main__":
    main()
