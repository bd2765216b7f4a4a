#include "qamro/nn/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "nn/tiers.h"

namespace qamro::nn {
namespace {

// Queries, keys and values side by side, as a product leaves them, and a bias for each distance.
struct Head {
  std::int64_t width;  // of a head
  at::Tensor rows, bias, gates;

  Head(std::int64_t count, at::ScalarType type, std::int64_t head_dim) : width(head_dim) {
    at::manual_seed(11);
    rows = at::randn({count, 3 * width + 5}).to(type);
    rows.narrow(1, 0, width).mul_(0.3);
    bias = at::randn({2 * count - 1});
    gates = at::rand({count}) + 1;
  }
  std::int64_t count() const { return rows.size(0); }
  at::Tensor part(std::int64_t i) const { return rows.narrow(1, i * width, width); }

  at::Tensor expected(bool has_bias) const {
    at::Tensor scores = at::mm(part(0).to(at::kDouble), part(1).to(at::kDouble).t());
    for (std::int64_t query = 0; has_bias && query < count(); ++query)
      scores[query] += gates[query].to(at::kDouble) * bias.narrow(0, count() - 1 - query, count());
    return at::mm(at::softmax(scores, 1), part(2).to(at::kDouble));
  }
  at::Tensor mixed(bool has_bias, const Arithmetic& arithmetic) const {
    const at::Tensor found = at::full({count(), width + 3}, 7, rows.options());
    AttentionHead head = {part(0).const_data_ptr(),
                          part(1).const_data_ptr(),
                          part(2).const_data_ptr(),
                          rows.stride(0),
                          count(),
                          width};
    if (has_bias) {
      head.bias = bias.const_data_ptr<float>() + count() - 1;
      head.bias_stride = -1;
      head.gates = gates.const_data_ptr<float>();
    }
    head.mixed = found.mutable_data_ptr();
    head.mixed_stride = found.stride(0);
    attend(head, arithmetic);
    EXPECT_TRUE((found.narrow(1, width, 3) == 7).all().item<bool>());
    return found.narrow(1, 0, width);
  }
};

// Blocks of queries and panels of keys, full and not full.
TEST(Attention, EqualsItsFormulaInEveryArithmetic) {
  for (const Arithmetic& arithmetic : all_arithmetics())
    for (const std::int64_t count : {1, 3, 63, 64, 65, 149})
      for (const auto& [head_dim, has_bias] :
           {std::pair{32, false}, {32, true}, {25, false}, {25, true}}) {  // Distill-MOS' 25 is odd
        const Head head(count, arithmetic.rows, head_dim);
        const at::Tensor found = head.mixed(has_bias, arithmetic);
        EXPECT_EQ(found.scalar_type(), arithmetic.rows);
        const auto difference = (found.to(at::kDouble) - head.expected(has_bias)).abs().max().item<double>();
        EXPECT_LT(difference, arithmetic.rows == at::kFloat ? 1e-5 : 2e-2)
            << arithmetic << ' ' << count << ' ' << head_dim;
      }
}

TEST(Attention, AQueryThatIsNoNumberConcernsItselfAlone) {
  for (const Arithmetic& arithmetic : all_arithmetics())
    for (const std::int64_t head_dim : {32, 25}) {
      Head head(70, arithmetic.rows, head_dim);
      const at::Tensor clean = head.mixed(true, arithmetic).clone();
      head.rows[66][1] = std::numeric_limits<float>::quiet_NaN();
      const at::Tensor found = head.mixed(true, arithmetic);
      EXPECT_TRUE(found[66].isnan().all().item<bool>()) << arithmetic << ' ' << head_dim;
      EXPECT_TRUE(at::equal(found.narrow(0, 0, 66), clean.narrow(0, 0, 66))) << arithmetic << ' ' << head_dim;
    }
}

}  // namespace
}  // namespace qamro::nn
