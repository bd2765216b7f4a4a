"""Tests of wrong arguments (exceptions name the argument, what was expected and what came instead) and of
the documented zeros."""
import math

import pytest
import torch

import qamro
from composites import on_composites
from test_torch import every_loss

Y = torch.tensor([1.0, 2.0, 3.0])
FROM_KERNELS = (ValueError, RuntimeError)  # from torch 2.11; from later versions
WAYS = pytest.mark.parametrize("composite", [False, True], ids=["operator", "composite"])


@every_loss
def test_arguments_that_do_not_fit(loss):
    name = loss.__name__
    with pytest.raises(ValueError, match=rf"{name}: target: expected pred's shape \[3\], got shape \[2\]"):
        loss(Y, Y[:2])
    with pytest.raises(ValueError, match=rf"{name}: target: expected pred's shape \[3, 1\], got shape \[3\]"):
        loss(Y[:, None], Y)
    with pytest.raises(ValueError, match=rf"{name}: pred: expected shape \[n\] or \[n, axes\], got shape \[\]"):
        loss(Y[0], Y[0])
    with pytest.raises(TypeError, match=f"{name}: pred: expected a floating-point dtype, got torch.int64"):
        loss(Y.long(), Y)
    with pytest.raises(TypeError, match=f"{name}: target: expected a floating-point dtype, got torch.int32"):
        loss(Y, Y.int())
    with pytest.raises(TypeError, match=f"{name}: target: expected pred's dtype torch.float32, got torch.float64"):
        loss(Y, Y.double())
    with pytest.raises(ValueError, match=f"{name}: target: expected pred's device cpu, got meta"):
        loss(Y, Y.to("meta"))
    with pytest.raises(TypeError, match=f"{name}: pred: expected a tensor, got list"):
        loss([1.0, 2.0, 3.0], Y)
    with pytest.raises(TypeError, match=f"{name}: pred: expected a dense tensor, got torch.sparse_coo"):
        loss(Y.to_sparse(), Y)
    with pytest.raises(ValueError, match=f"{name}: reduction: expected one of 'mean', 'sum', 'none', got 'max'"):
        loss(Y, Y, reduction="max")


@every_loss
@pytest.mark.parametrize("bad", [math.inf, -math.inf, math.nan])
def test_predictions_that_are_not_finite(loss, bad):
    pred = torch.tensor([[0.0, 1.0], [bad, 2.0], [1.0, 3.0]])
    target = torch.stack([Y, Y], 1)
    with pytest.raises(ValueError, match=rf"{loss.__name__}: pred: expected finite values, got -?(inf|nan) at \[1, 0\]"):
        loss(pred, target)
    with on_composites():  # where a check would have to wait for the device
        losses = loss(pred, target, reduction="none")
    assert losses[0].isnan() and losses[1].isfinite()


@every_loss
def test_infinite_labels(loss):
    target = torch.tensor([1.0, math.inf, 2.0])
    with pytest.raises(ValueError, match=r"target: expected finite values, or NaN for no label, got inf at \[1\]"):
        loss(Y, target)
    with on_composites():
        assert loss(Y, target).isnan()


@pytest.mark.parametrize("option", ["margin", "margin_scale", "preference_factor"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_options_that_are_not_finite(option, bad):
    with pytest.raises(ValueError, match=f"ranking_loss: {option}: expected a finite number.*, got {bad}"):
        qamro.ranking_loss(Y, Y, **{option: bad})
    with pytest.raises(ValueError, match=f"ranking_loss: {option}"):
        qamro.QAMROLoss(**{option: bad})(Y, Y)


def test_options_of_the_ranking_loss():
    for option in ("margin_scale", "preference_factor"):
        with pytest.raises(ValueError, match=f"ranking_loss: {option}: expected a finite number >= 0, got -0.5"):
            qamro.ranking_loss(Y, Y, **{option: -0.5})
    with pytest.raises(TypeError, match="ranking_loss: margin: expected a finite number, got str"):
        qamro.ranking_loss(Y, Y, margin="1")
    with pytest.raises(ValueError, match="scope: expected one of 'all', 'within', 'across', got 'inside'"):
        qamro.ranking_loss(Y, Y, scope="inside")
    with pytest.raises(ValueError, match="quality_table: expected one of None, 'PQ', 'PC', 'CE', 'CU', got 'XX'"):
        qamro.ranking_loss(Y, Y, quality_table="XX")
    with pytest.raises(ValueError, match=r"quality_range: expected \(lowest, highest\), got \(5, 1\)"):
        qamro.ranking_loss(Y, Y, quality_range=(5, 1))
    with pytest.raises(ValueError, match="expected quality_range or quality_table, got both"):
        qamro.ranking_loss(Y, Y, quality_range=(1, 5), quality_table="PQ")
    with pytest.raises(ValueError, match=r"labels within quality_range \[1, 2\], got 3"):
        qamro.ranking_loss(Y, Y, quality_range=(1, 2))
    with on_composites():
        assert qamro.ranking_loss(Y, Y, quality_range=(1, 2)).isnan()


def test_weight_and_group():
    with pytest.raises(ValueError, match=r"weight: expected shape \[3\] or \[3, 1\], got shape \[3, 2\]"):
        qamro.ranking_loss(Y[:, None], Y[:, None], weight=torch.ones(3, 2))
    with pytest.raises(TypeError, match="weight: expected a floating-point dtype, got torch.int64"):
        qamro.ranking_loss(Y, Y, weight=torch.ones(3, dtype=torch.int64))
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="ranking_loss: weight: expected finite"):
            qamro.ranking_loss(Y, Y, weight=torch.tensor([1.0, bad, 1.0]))
    with pytest.raises(TypeError, match="group: expected int64, got torch.float32"):
        qamro.ranking_loss(Y, Y, group=Y, scope="within")
    with pytest.raises(ValueError, match=r"group: expected shape \[3\], got shape \[2\]"):
        qamro.ranking_loss(Y, Y, group=torch.tensor([1, 2]), scope="within")
    with pytest.raises(ValueError, match=r"group: expected int64 \[3\] for scope 'across', got None"):
        qamro.ranking_loss(Y, Y, scope="across")


@pytest.mark.parametrize("bad", [0.0, -1.0, math.nan, math.inf])
def test_options_that_must_be_positive(bad):
    for loss, option in [
        (qamro.listnet_loss, "temperature"),
        (qamro.ranknet_loss, "sigma"),
        (qamro.lambda_rank_loss, "sigma"),
        (qamro.spearman_loss, "regularization_strength"),
    ]:
        with pytest.raises(ValueError, match=f"{loss.__name__}: {option}: expected a finite number.*, got {bad}"):
            loss(Y, Y, **{option: bad})
    with pytest.raises(ValueError, match="soft_rank: regularization_strength: expected a finite number"):
        qamro.soft_rank(Y, bad)


def test_options_of_the_listwise_losses():
    with pytest.raises(ValueError, match="position_weights: expected one of 'uniform', 'exponential', got 'linear'"):
        qamro.listmle_loss(Y, Y, position_weights="linear")
    with pytest.raises(ValueError, match=r"a weight for each of pred's 3 rows, got shape \[2\]"):
        qamro.listmle_loss(Y, Y, position_weights=torch.ones(2))
    with pytest.raises(ValueError, match="weights: expected a finite number > 0, got 0"):
        qamro.listmle_loss(Y, Y, position_weights=torch.tensor([1.0, 0.0, 1.0]))
    with pytest.raises(ValueError, match="metric: expected one of 'ndcg', 'spearman', got 'map'"):
        qamro.lambda_rank_loss(Y, Y, metric="map")
    with pytest.raises(ValueError, match="truncation: expected a rank >= 1 or None, got 0"):
        qamro.lambda_rank_loss(Y, Y, truncation=0)
    with pytest.raises(ValueError, match="lambda_rank_loss: target: expected labels >= 0 for NDCG, got -1"):
        qamro.lambda_rank_loss(Y, Y - 2)
    with on_composites():
        assert qamro.lambda_rank_loss(Y, Y - 2).isnan()


@every_loss
def test_losses_that_overflow(loss):
    if loss is qamro.spearman_loss:
        pytest.skip("bounded")
    with pytest.raises(ValueError, match=f"{loss.__name__.replace('_', '.')}: .*finite"):
        loss(torch.tensor([1.7e308, -1.7e308, 0.0], dtype=torch.float64), Y.double())


def test_the_operator_itself_refuses_what_would_read_foreign_memory():
    with pytest.raises(FROM_KERNELS, match=r"expected pred's shape \[3\] and dtype, got shape \[2\]"):
        torch.ops.qamro.listnet_loss(Y, Y[:2], 1.0)
    with pytest.raises(FROM_KERNELS, match="expected float32 or float64"):
        torch.ops.qamro.listnet_loss(Y.long(), Y.long(), 1.0)
    with pytest.raises(FROM_KERNELS, match="group: expected int64"):
        torch.ops.qamro.ranking_loss(Y, Y, None, Y.long()[:1], 0.0, 0.2, 7.0, 1, None, None, 0, True)
    with pytest.raises(FROM_KERNELS, match="weight: expected shape"):
        torch.ops.qamro.ranking_loss(Y, Y, torch.ones(2), None, 0.0, 0.2, 7.0, 0, None, None, 0, True)


NAN = math.nan
EMPTY = [([], []), ([1.0], [2.0]), ([1.0, 2.0], [3.0, 3.0]), ([1.0, 2.0], [NAN, NAN]), ([1.0, 2.0], [NAN, 3.0])]


@WAYS
@every_loss
@pytest.mark.parametrize("pred, target", EMPTY, ids=["empty", "one", "tied", "unlabelled", "one label"])
def test_no_pair_is_zero_and_connected(composite, loss, pred, target):
    for shape in ((-1,), (-1, 1)):
        p = torch.tensor(pred).reshape(len(pred), *shape[1:]).requires_grad_()
        with on_composites(composite):
            value = loss(p, torch.tensor(target).reshape(p.shape))
        assert value.item() == 0 and value.requires_grad
        value.backward()
        assert torch.equal(p.grad, torch.zeros_like(p))


@every_loss
def test_no_axes(loss):
    p = torch.zeros(3, 0, requires_grad=True)
    value = loss(p, torch.zeros(3, 0))
    value.backward()
    assert value.item() == 0 and p.grad.shape == (3, 0)
    assert loss(p, torch.zeros(3, 0), reduction="none").shape == (0,)
