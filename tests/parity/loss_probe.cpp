// Answers JSON lines on stdin with JSON lines on stdout, for tests/parity/test_losses.py and
// benchmarks/loss_against_python.py. A request and its answer:
//   {"pred": [..], "target": [..], "dtype": "float64", "margin", "margin_scale",
//   "preference_factor", "repeat"}
//   {"loss", "gradient": [..], "seconds": [one number per repetition of forward and backward]}
// pred and target may be lists of rows; null in target is a missing label. An error is answered with
// {"error": message}.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <chrono>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "qamro/losses/ranking.h"

namespace {

using nlohmann::json;

at::Tensor tensor(const json& values, at::ScalarType dtype) {
  const bool rows = !values.empty() && values[0].is_array();
  std::vector<double> flat;
  for (const json& row : values)
    for (const json& value : rows ? row : json::array({row}))
      flat.push_back(value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.get<double>());
  const at::Tensor result = at::tensor(flat, at::kDouble).to(dtype);
  return rows ? result.reshape({static_cast<int64_t>(values.size()), static_cast<int64_t>(values[0].size())})
              : result;
}

json answer(const json& request) {
  const auto dtype = request.value("dtype", "float64") == "float32" ? at::kFloat : at::kDouble;
  const qamro::losses::RankingOptions options{.margin = request.value("margin", 0.0),
                                              .margin_scale = request.value("margin_scale", 0.2),
                                              .preference_factor = request.value("preference_factor", 7.0)};
  const at::Tensor target = tensor(request.at("target"), dtype);
  const at::Tensor pred = tensor(request.at("pred"), dtype).set_requires_grad(true);
  at::Tensor loss;
  json seconds = json::array();
  for (int i = 0; i < request.value("repeat", 1); ++i) {
    pred.mutable_grad() = at::Tensor();
    const auto start = std::chrono::steady_clock::now();
    loss = qamro::losses::ranking_loss(pred, target, options);
    loss.backward();
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  const at::Tensor gradient = pred.grad().to(at::kDouble).flatten().contiguous();
  const auto* values = gradient.const_data_ptr<double>();
  return {{"loss", loss.item<double>()},
          {"gradient", std::vector<double>(values, values + gradient.numel())},
          {"seconds", seconds}};
}

}  // namespace

int main() {
  at::set_num_threads(1);
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(json::parse(line)).dump() << std::endl;
    } catch (const std::exception& error) {
      std::cout << json{{"error", error.what()}}.dump() << std::endl;
    }
  }
}
