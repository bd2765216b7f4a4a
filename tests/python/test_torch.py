"""The losses as citizens of torch: derivatives, compile, autocast, meta, modules."""
import copy
import pickle

import pytest
import torch

import qamro
from composites import on_composites

LOSSES = [
    qamro.ranking_loss,
    qamro.listnet_loss,
    qamro.listmle_loss,
    qamro.ranknet_loss,
    qamro.lambda_rank_loss,
    qamro.spearman_loss,
]
MODULES = [
    qamro.QAMROLoss(margin=0.1, scope="all"),
    qamro.ListNetLoss(temperature=0.5),
    qamro.ListMLELoss(position_weights="exponential"),
    qamro.ListMLELoss(position_weights=torch.linspace(1.0, 0.1, 8)),
    qamro.RankNetLoss(sigma=2.0),
    qamro.LambdaRankLoss(metric="spearman", pair_reduction="mean"),
    qamro.SpearmanLoss(regularization_strength=0.3),
]
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda f: f.__name__)
every_module = pytest.mark.parametrize("module", MODULES, ids=lambda m: type(m).__name__)


def batch(dtype=torch.float64, n=8, axes=2):
    random = torch.Generator().manual_seed(1)
    pred = torch.randn(n, axes, generator=random, dtype=torch.float64).to(dtype).requires_grad_()
    target = torch.randint(2, 10, (n, axes), generator=random).to(dtype) / 2
    target[1, 0] = torch.nan
    return pred, target


def gradient(loss, pred):
    return torch.autograd.grad(loss, pred)[0]


@every_loss
def test_gradcheck(loss):
    pred, target = batch()
    assert torch.autograd.gradcheck(lambda p: loss(p, target), pred)
    assert torch.autograd.gradcheck(lambda p: loss(p, target, reduction="none"), pred)


def test_gradcheck_of_soft_rank():
    assert torch.autograd.gradcheck(qamro.soft_rank, batch()[0])


@every_loss
def test_second_derivative(loss):
    pred, target = batch()
    first = torch.autograd.grad(loss(pred, target), pred, create_graph=True)[0]
    if loss is qamro.ranking_loss:  # 0, as it is almost everywhere
        assert not first.requires_grad or torch.equal(gradient((first**2).sum(), pred), torch.zeros_like(pred))
    else:
        with pytest.raises(RuntimeError, match=f"{loss.__name__}: backward: expected a first derivative, got a second"):
            (first**2).sum().backward()


@every_loss
def test_operators_are_registered_as_torch_asks(loss):
    pred, target = batch()
    arguments = {
        "ranking_loss": (None, None, 0.0, 0.2, 7.0, 0, None, None, 0, True),
        "listnet_loss": (1.0,),
        "listmle_loss": (0, None),
        "ranknet_loss": (1.0,),
        "lambda_rank_loss": (0, 1.0, 0, 0, False),
        "spearman_loss": (1.0,),
    }[loss.__name__]
    torch.library.opcheck(
        getattr(torch.ops.qamro, loss.__name__).default,
        (pred, target, *arguments),
        test_utils=("test_schema", "test_autograd_registration", "test_faketensor"),
    )


@every_module
def test_compiles_without_graph_breaks(module):
    pred, target = batch()
    want = module(pred, target)
    got = torch.compile(module, fullgraph=True, backend="aot_eager")(pred, target)
    assert torch.equal(got, want)
    assert torch.equal(gradient(got, pred), gradient(want, pred))


def test_compiles_for_batches_of_any_size():
    torch._dynamo.reset()
    loss = torch.compile(qamro.QAMROLoss(), fullgraph=True, backend="aot_eager", dynamic=True)
    for n in (5, 9, 17):
        pred, target = batch(n=n)
        assert torch.equal(loss(pred, target), qamro.ranking_loss(pred, target))


def test_compiles_with_options_that_change():
    torch._dynamo.reset()
    loss = torch.compile(qamro.ranking_loss, fullgraph=True, backend="aot_eager")
    pred, target = batch()
    group = torch.arange(8) % 2
    for margin in (0.0, 0.1, 0.2):
        want = qamro.ranking_loss(pred, target, margin=margin, group=group, scope="within")
        assert torch.equal(loss(pred, target, margin=margin, group=group, scope="within"), want)


def test_trains_under_inductor():
    torch._dynamo.reset()
    torch.manual_seed(0)
    features, target = torch.randn(64, 3), torch.rand(64)
    model, loss = torch.nn.Linear(3, 1), qamro.QAMROLoss()

    def step(x, y):
        return loss(model(x).squeeze(1), y) + qamro.spearman_loss(model(x).squeeze(1), y)

    want = step(features, target)
    want.backward()
    slope = model.weight.grad.clone()
    model.zero_grad()
    got = torch.compile(step, fullgraph=True)(features, target)
    got.backward()
    torch.testing.assert_close(got, want)
    torch.testing.assert_close(model.weight.grad, slope)


def test_a_wrong_value_raises_from_compiled_code():
    torch._dynamo.reset()
    loss = torch.compile(qamro.ranking_loss, fullgraph=True, backend="aot_eager")
    with pytest.raises((ValueError, RuntimeError), match=r"ranking_loss: pred: expected finite values, got inf at \[1\]"):
        loss(torch.tensor([1.0, torch.inf]), torch.tensor([1.0, 2.0]))


@every_loss
@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_is_computed_as_float32(loss, dtype):
    pred, target = batch(dtype)
    want = loss(pred.detach().float().requires_grad_(), target.float())
    assert loss(pred, target).dtype == torch.float32
    assert torch.equal(loss(pred, target.float()), want)
    slope = gradient(loss(pred, target), pred)
    assert slope.dtype == dtype and slope.abs().max() > 0


@every_loss
def test_autocast(loss):
    model = torch.nn.Linear(4, 2)
    features, target = torch.randn(8, 4), torch.rand(8, 2)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        pred = model(features)
        value = loss(pred, target)
    assert pred.dtype == torch.bfloat16 and value.dtype == torch.float32
    assert torch.equal(value, loss(pred.float(), target))
    value.backward()
    assert model.weight.grad.dtype == torch.float32


def test_autocast_of_the_operator_itself():
    pred, target = (v.detach().float() for v in batch())
    with torch.autocast("cpu", dtype=torch.bfloat16):
        losses, slope, _ = torch.ops.qamro.ranknet_loss(pred.bfloat16(), target, 1.0)
    assert losses.dtype == slope.dtype == torch.float32


@every_loss
def test_meta(loss):
    pred, target = (v.detach().to("meta") for v in batch(torch.float32))
    pred.requires_grad_()
    value = loss(pred, target, reduction="none")
    assert value.device.type == "meta" and value.shape == (2,) and value.dtype == torch.float32
    assert gradient(value.sum(), pred).shape == pred.shape
    assert loss(pred, target).shape == ()
    assert qamro.soft_rank(pred).shape == pred.shape


@every_module
def test_modules_are_their_functions_and_copy_well(module):
    pred, target = batch()
    value = module(pred, target)
    assert module.state_dict() == {} and list(module.parameters()) == []
    for copied in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert repr(copied) == repr(module)
        assert torch.equal(copied(pred, target), value)


def test_repr_shows_the_options():
    assert repr(qamro.RankNetLoss(sigma=2.0)) == "RankNetLoss(sigma=2.0, reduction='mean')"
    assert "margin_scale=0.2, preference_factor=7.0" in repr(qamro.QAMROLoss())


def test_module_is_the_function():
    pred, target = batch()
    weight, group = torch.rand(8, dtype=torch.float64), torch.arange(8) % 3
    options = {"margin": 0.3, "margin_scale": 0.1, "preference_factor": 2.0, "scope": "across", "reduction": "sum"}
    want = qamro.ranking_loss(pred, target, weight=weight, group=group, **options)
    assert torch.equal(qamro.QAMROLoss(**options)(pred, target, weight=weight, group=group), want)


@every_loss
@pytest.mark.parametrize("composite", [False, True], ids=["operator", "composite"])
def test_the_same_bits_every_time(loss, composite):
    pred, target = batch(torch.float32, n=300)
    with on_composites(composite):
        values = [loss(pred, target) for _ in range(3)]
        slopes = [gradient(value, pred) for value in values]
    assert all(torch.equal(v, values[0]) for v in values) and all(torch.equal(s, slopes[0]) for s in slopes)


@every_loss
def test_strided_arguments(loss):
    pred, target = batch()
    wide = torch.stack([pred.detach(), pred.detach()], 2).transpose(0, 1)
    strided = wide[:, :, 0].t().requires_grad_()
    assert not strided.is_contiguous()
    want = loss(pred, target)
    assert torch.equal(loss(strided, target), want)
    assert torch.equal(gradient(loss(strided, target), strided), gradient(want, pred))


def test_tiles_of_the_composite_do_not_change_the_loss(monkeypatch):
    pred, target = batch(n=50)
    with on_composites():
        want = qamro.ranking_loss(pred, target)
        monkeypatch.setattr("qamro._composite._TILE", 170)
        got = qamro.ranking_loss(pred, target)
    torch.testing.assert_close(got, want, rtol=1e-13, atol=0)
    torch.testing.assert_close(gradient(got, pred), gradient(want, pred), rtol=1e-12, atol=1e-15)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@every_loss
def test_cuda_is_the_cpu(loss):
    pred, target = batch(n=200)
    there = pred.detach().cuda().requires_grad_()
    value = loss(there, target.cuda())
    torch.testing.assert_close(value.cpu(), loss(pred, target), rtol=1e-10, atol=1e-12)
    slope = gradient(value, there).cpu()
    torch.testing.assert_close(slope, gradient(loss(pred, target), pred), rtol=1e-10, atol=1e-12)
