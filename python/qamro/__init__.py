"""Ranking losses for predictors of opinion scores, exact at any batch size.

Pairwise: `ranking_loss` (QAMRO, arXiv 2508.08957, and its parts), in O(n log n). Listwise: `listnet_loss`,
`listmle_loss`, `ranknet_loss`, `lambda_rank_loss`, `spearman_loss`. Each is also a `torch.nn.Module`. All are
torch operators (`torch.ops.qamro`) with autograd, meta, autocast and `torch.compile` without graph breaks.
"""
from importlib.metadata import version as _version

from qamro import _operators  # noqa: F401  loads torch.ops.qamro
from qamro.listwise import lambda_rank_loss, listmle_loss, listnet_loss, ranknet_loss, soft_rank, spearman_loss
from qamro.modules import LambdaRankLoss, ListMLELoss, ListNetLoss, QAMROLoss, RankNetLoss, SpearmanLoss
from qamro.ranking import ranking_loss

__version__ = _version("qamro")

__all__ = [
    "LambdaRankLoss",
    "ListMLELoss",
    "ListNetLoss",
    "QAMROLoss",
    "RankNetLoss",
    "SpearmanLoss",
    "lambda_rank_loss",
    "listmle_loss",
    "listnet_loss",
    "ranking_loss",
    "ranknet_loss",
    "soft_rank",
    "spearman_loss",
]
