#include <array>
#include <cmath>
#include <string_view>

#include "columns.h"
#include "operators.h"
#include "qamro/losses/ranking_axis.h"
#include "text.h"

namespace qamro::python {
namespace {

using losses::PairScope;

PairScope scope_of(std::int64_t number) {
  constexpr std::array scopes = {PairScope::kAll, PairScope::kWithinGroups, PairScope::kAcrossGroups};
  if (number < 0 || number >= static_cast<std::int64_t>(scopes.size()))
    throw InvalidInput(text("ranking_loss: scope: expected 0, 1 or 2, got ", number));
  return scopes[static_cast<std::size_t>(number)];
}

// number 0: no table.
std::optional<losses::QualityTable> table_of(std::int64_t number) {
  constexpr std::array<std::string_view, 4> names = {"PQ", "PC", "CE", "CU"};
  if (number < 0 || number > static_cast<std::int64_t>(names.size()))
    throw InvalidInput(text("ranking_loss: quality_table: expected 0 to 4, got ", number));
  if (number == 0) return {};
  return losses::QualityTable::published(names[static_cast<std::size_t>(number) - 1]);
}

void check_weight(const Tensor& weight, const Tensor& pred, Shape shape) {
  const Shape own = check_table("ranking_loss", "weight", weight);
  if (own.n != shape.n || (weight.dim() != 1 && (pred.dim() == 1 || own.axes != shape.axes)))
    throw InvalidInput("ranking_loss: weight: expected shape [n] or pred's shape, got another");
}

std::vector<double> read_weight(const Tensor& weight, std::int64_t axis) {
  std::vector<double> column = read_checked("ranking_loss", "weight", weight, axis, false);
  for (const double value : column)
    if (value < 0)
      throw InvalidInput(text("ranking_loss: weight: expected finite numbers >= 0, got ", value));
  return column;
}

std::vector<std::int64_t> read_group(const Tensor& group, Shape shape) {
  if (group.dim() != 1 || group.size(0) != shape.n ||
      group.scalar_type() != torch::headeronly::ScalarType::Long)
    throw InvalidInput(text("ranking_loss: group: expected int64 [", shape.n, "], got another"));
  return read_int64(group);
}

LossAndGradient loss_of_batch(const Tensor& pred, const Tensor& target, const std::optional<Tensor>& weight,
                              const std::optional<Tensor>& group, const losses::RankingOptions& options) {
  options.validate();
  const Shape shape = check_pred_and_target("ranking_loss", pred, target);
  if (weight) check_weight(*weight, pred, shape);
  losses::RankingAxis batch;
  if (group) batch.group = read_group(*group, shape);
  if (!group && options.scope != PairScope::kAll)
    throw InvalidInput("ranking_loss: group: expected int64 group numbers for this scope of pairs, got none");
  std::vector<double> values;
  const Tensor gradient = zeros_like(pred);
  const Tensor pairs = int64_zeros(pred, shape.axes);
  for (std::int64_t axis = 0; axis < shape.axes; ++axis) {
    batch.prediction = read_checked("ranking_loss", "pred", pred, axis, false);
    batch.target = read_checked("ranking_loss", "target", target, axis, true);
    if (weight) batch.weight = read_weight(*weight, axis);
    const losses::AxisRankingLoss loss = ranking_loss_of_axis(batch, options);
    check_finite_loss("ranking_loss", pred, loss.value);
    values.push_back(loss.value);
    write_column(gradient, axis, loss.gradient);
    int64_data(pairs)[axis] = static_cast<std::int64_t>(loss.pairs);
  }
  return {from_values(pred, values), gradient, pairs};
}

}  // namespace

LossAndGradient ranking_loss(const Tensor& pred, const Tensor& target, const std::optional<Tensor>& weight,
                             const std::optional<Tensor>& group, double margin, double margin_scale,
                             double preference_factor, std::int64_t scope, std::optional<double> quality_low,
                             std::optional<double> quality_high, std::int64_t quality_table, bool mean) {
  return with_python_errors([&] {
    losses::RankingOptions options;
    options.margin = margin;
    options.margin_scale = margin_scale;
    options.preference_factor = preference_factor;
    options.reduction = mean ? losses::Reduction::kMean : losses::Reduction::kSum;
    if (quality_low && quality_high) options.quality_range = {*quality_low, *quality_high};
    options.quality_table = table_of(quality_table);
    options.scope = scope_of(scope);
    return loss_of_batch(pred, target, weight, group, options);
  });
}

}  // namespace qamro::python
