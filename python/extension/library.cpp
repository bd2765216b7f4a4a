// The namespace torch.ops.qamro. Numbers that stand for names are positions in the C++ enumerations; the
// Python package maps the names to them (python/qamro/ranking.py and listwise.py).
#include <torch/csrc/stable/library.h>

#include "operators.h"

STABLE_TORCH_LIBRARY(qamro, library) {
  library.def(
      "ranking_loss(Tensor pred, Tensor target, Tensor? weight, Tensor? group, float margin, float margin_scale, float preference_factor, int scope, float? quality_low, float? quality_high, int quality_table, bool mean) -> (Tensor losses, Tensor gradient, Tensor pairs)");
  library.def(
      "listnet_loss(Tensor pred, Tensor target, float temperature) -> (Tensor losses, Tensor gradient, Tensor counts)");
  library.def(
      "listmle_loss(Tensor pred, Tensor target, int position_weights, Tensor? weights) -> (Tensor losses, Tensor gradient, Tensor counts)");
  library.def(
      "ranknet_loss(Tensor pred, Tensor target, float sigma) -> (Tensor losses, Tensor gradient, Tensor counts)");
  library.def(
      "lambda_rank_loss(Tensor pred, Tensor target, int metric, float sigma, int gain, int truncation, bool mean) -> (Tensor losses, Tensor gradient, Tensor counts)");
  library.def(
      "spearman_loss(Tensor pred, Tensor target, float regularization_strength) -> (Tensor losses, Tensor gradient, Tensor counts)");
  library.def("soft_rank(Tensor values, float regularization_strength) -> (Tensor ranks, Tensor block)");
}

STABLE_TORCH_LIBRARY_IMPL(qamro, CPU, library) {
  library.impl("ranking_loss", TORCH_BOX(&qamro::python::ranking_loss));
  library.impl("listnet_loss", TORCH_BOX(&qamro::python::listnet_loss));
  library.impl("listmle_loss", TORCH_BOX(&qamro::python::listmle_loss));
  library.impl("ranknet_loss", TORCH_BOX(&qamro::python::ranknet_loss));
  library.impl("lambda_rank_loss", TORCH_BOX(&qamro::python::lambda_rank_loss));
  library.impl("spearman_loss", TORCH_BOX(&qamro::python::spearman_loss));
  library.impl("soft_rank", TORCH_BOX(&qamro::python::soft_rank));
}
