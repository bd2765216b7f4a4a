"""The losses as modules: options in the constructor, then ``loss(pred, target)`` as in torch.nn."""
from typing import Any, Literal

import torch
from torch import Tensor

from qamro import listwise, ranking


class _Loss(torch.nn.Module):
    """Keeps a function's options, shows them in its repr and pickles them; no parameters and no state."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self._options = options

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={value!r}" for name, value in self._options.items())


class QAMROLoss(_Loss):
    """QAMRO's pairwise ranking loss (arXiv 2508.08957, Eq. 1 to 3); see `qamro.ranking_loss` for the options.

    >>> loss = qamro.QAMROLoss()
    >>> loss(model(batch), labels).backward()
    """

    def __init__(
        self,
        *,
        margin: float = 0.0,
        margin_scale: float = 0.2,
        preference_factor: float = 7.0,
        scope: Literal["all", "within", "across"] = "all",
        quality_range: tuple[float, float] | None = None,
        quality_table: Literal["PQ", "PC", "CE", "CU"] | None = None,
        reduction: Literal["mean", "sum", "none"] = "mean",
    ) -> None:
        super().__init__(
            margin=margin,
            margin_scale=margin_scale,
            preference_factor=preference_factor,
            scope=scope,
            quality_range=quality_range,
            quality_table=quality_table,
            reduction=reduction,
        )

    def forward(
        self, pred: Tensor, target: Tensor, *, weight: Tensor | None = None, group: Tensor | None = None
    ) -> Tensor:
        """pred, target, weight, group: as in `qamro.ranking_loss`."""
        return ranking.ranking_loss(pred, target, weight=weight, group=group, **self._options)


class ListNetLoss(_Loss):
    """ListNet (Cao et al., ICML 2007); see `qamro.listnet_loss`."""

    def __init__(self, *, temperature: float = 1.0, reduction: listwise.Reduction = "mean") -> None:
        super().__init__(temperature=temperature, reduction=reduction)

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        return listwise.listnet_loss(pred, target, **self._options)


class ListMLELoss(_Loss):
    """ListMLE (Xia et al., ICML 2008) and p-ListMLE (Lan et al., UAI 2014); see `qamro.listmle_loss`."""

    def __init__(
        self,
        *,
        position_weights: Literal["uniform", "exponential"] | Tensor = "uniform",
        reduction: listwise.Reduction = "mean",
    ) -> None:
        super().__init__(position_weights=position_weights, reduction=reduction)
        if isinstance(position_weights, Tensor):  # moves with the module
            self._options["position_weights"] = "given"
            self.register_buffer("position_weights", position_weights, persistent=False)

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        options = dict(self._options)
        if options["position_weights"] == "given":
            options["position_weights"] = self.position_weights
        return listwise.listmle_loss(pred, target, **options)


class RankNetLoss(_Loss):
    """RankNet (Burges et al., ICML 2005); see `qamro.ranknet_loss`."""

    def __init__(self, *, sigma: float = 1.0, reduction: listwise.Reduction = "mean") -> None:
        super().__init__(sigma=sigma, reduction=reduction)

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        return listwise.ranknet_loss(pred, target, **self._options)


class LambdaRankLoss(_Loss):
    """LambdaRank (Burges et al., NIPS 2006) with NDCG or Spearman's rho; see `qamro.lambda_rank_loss`."""

    def __init__(
        self,
        *,
        metric: Literal["ndcg", "spearman"] = "ndcg",
        sigma: float = 1.0,
        gain: Literal["exponential", "linear"] = "exponential",
        truncation: int | None = None,
        pair_reduction: Literal["sum", "mean"] = "sum",
        reduction: listwise.Reduction = "mean",
    ) -> None:
        super().__init__(
            metric=metric,
            sigma=sigma,
            gain=gain,
            truncation=truncation,
            pair_reduction=pair_reduction,
            reduction=reduction,
        )

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        return listwise.lambda_rank_loss(pred, target, **self._options)


class SpearmanLoss(_Loss):
    """1 - a differentiable Spearman correlation (Blondel et al., ICML 2020); see `qamro.spearman_loss`."""

    def __init__(self, *, regularization_strength: float = 1.0, reduction: listwise.Reduction = "mean") -> None:
        super().__init__(regularization_strength=regularization_strength, reduction=reduction)

    def forward(self, pred: Tensor, target: Tensor) -> Tensor:
        return listwise.spearman_loss(pred, target, **self._options)
