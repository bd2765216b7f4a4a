#pragma once

#include <cstdint>

#include "qamro/nn/row_kernels.h"

// RowKernels for one type of lanes. Included by the files that are compiled for an instruction set. The
// unnamed namespace keeps all of it from being shared with files compiled for another one.
namespace qamro::nn {
namespace {

constexpr int kLanes = 16;
constexpr float kInfinity = __builtin_inff();

template <typename Lanes, typename Number>
Lanes load_part(const Number* from, std::int64_t count, Number fill = 0) {
  if (count >= kLanes) return Lanes::load(from);
  Number part[kLanes];
  for (int i = 0; i < kLanes; ++i) part[i] = i < count ? from[i] : fill;
  return Lanes::load(part);
}

template <typename Lanes, typename Number>
void store_part(const Lanes& lanes, Number* to, std::int64_t count) {
  if (count >= kLanes) return lanes.store(to);
  Number part[kLanes];
  lanes.store(part);
  for (int i = 0; i < count; ++i) to[i] = part[i];
}

template <typename Lanes>
void store_part(const Lanes& lanes, const RowTarget& to, std::int64_t at, std::int64_t count) {
  if (to.exact != nullptr) store_part(lanes, to.exact + at, count);
  if (to.rounded != nullptr) store_part(lanes, to.rounded + at, count);
}

template <typename Lanes>
float sum_of(const Lanes& lanes) {
  float part[kLanes];
  lanes.store(part);
  for (int half = kLanes / 2; half > 0; half /= 2)
    for (int i = 0; i < half; ++i) part[i] += part[i + half];
  return part[0];
}

// The largest lane, if none is NaN.
template <typename Lanes>
float largest_of(const Lanes& lanes) {
  float part[kLanes];
  lanes.store(part);
  float largest = part[0];
  for (int i = 1; i < kLanes; ++i) largest = largest > part[i] ? largest : part[i];
  return largest;
}

// e^x to a few units in the last place, for x clamped to [-87.3, 88] (e^-87.3: 1.2e-38). NaN stays NaN.
template <typename Lanes>
Lanes exponential(const Lanes& x) {
  const auto of = [](float value) { return Lanes::broadcast(value); };
  const Lanes bounded = Lanes::min(of(88.0F), Lanes::max(of(-87.3F), x));
  const Lanes shifted = Lanes::fma(bounded, of(1.44269504F), of(12582912.0F));  // 1.5 * 2^23: rounds to whole
  const Lanes whole = shifted - of(12582912.0F);
  const Lanes rest = Lanes::fma(whole, of(-1.42860677e-6F), Lanes::fma(whole, of(-0.693145752F), bounded));
  constexpr float kTaylor[] = {1.0F / 120, 1.0F / 24, 1.0F / 6, 1.0F / 2, 1.0F, 1.0F};
  Lanes sum = of(1.0F / 720);
  for (const float coefficient : kTaylor) sum = Lanes::fma(sum, rest, of(coefficient));
  return sum * whole.power_of_two();
}

// x Φ(x). Up to |x| = 5.5, Φ(x) = 1/2 + x P(2 x²/5.5² - 1), where P of degree 14 is fitted for the least
// error of the whole (5e-8 before rounding). Beyond, the result is x or 0.
template <typename Lanes>
Lanes gelu(const Lanes& x) {
  constexpr float kBound = 5.5F;
  constexpr float kCoefficients[] = {5.149721401e-04F, -1.347635873e-03F, 1.089217956e-03F, -1.288095373e-03F,
                                     4.165394232e-03F, -7.612874266e-03F, 1.050571539e-02F, -1.470217481e-02F,
                                     2.027842216e-02F, -2.610512078e-02F, 3.208284825e-02F, -3.878800198e-02F,
                                     4.773694649e-02F, -6.417245418e-02F, 1.285519302e-01F};
  const auto of = [](float value) { return Lanes::broadcast(value); };
  const Lanes place = Lanes::fma(x * x, of(2 / (kBound * kBound)), of(-1));
  Lanes sum = of(kCoefficients[0]);
  for (int i = 1; i < 15; ++i) sum = Lanes::fma(sum, place, of(kCoefficients[i]));
  const Lanes inside = Lanes::fma(sum, x, of(0.5F)) * x;
  return Lanes::select_greater(x, of(kBound), x, Lanes::select_greater(of(-kBound), x, of(0), inside));
}

template <Activation activation, typename Lanes>
Lanes activate(const Lanes& x) {
  const Lanes zero = Lanes::broadcast(0);
  if constexpr (activation == Activation::relu)
    return Lanes::max(zero, x);
  else if constexpr (activation == Activation::leaky_relu)
    return Lanes::fma(Lanes::broadcast(0.1F), Lanes::min(zero, x), Lanes::max(zero, x));
  else if constexpr (activation == Activation::gelu)
    return gelu(x);
  else
    return x;
}

// sum(row, column, count) returns the lanes of a row's sums that start at a column.
template <Activation activation, typename Lanes, typename Sum>
void finish_with(std::int64_t rows, std::int64_t columns, const RowFinish& to, const Sum& sum) {
  const bool is_rounded = to.target.rounded != nullptr;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t i = 0; i < columns; i += kLanes) {
      const std::int64_t count = columns - i;
      Lanes value = sum(row, i, count);
      if (to.bias != nullptr) value = value + load_part<Lanes>(to.bias + i, count);
      value = activate<activation>(value);
      if (to.residual != nullptr)
        value = value + load_part<Lanes>(to.residual + row * to.residual_stride + i, count);
      const std::int64_t place = row * to.target.stride + i;
      if (is_rounded)
        store_part(value, to.target.rounded + place, count);
      else
        store_part(value, to.target.exact + place, count);
    }
}

template <typename Lanes, typename Sum>
void finish_rows(std::int64_t rows, std::int64_t columns, const RowFinish& to, const Sum& sum) {
  switch (to.activation) {
    case Activation::relu:
      return finish_with<Activation::relu, Lanes>(rows, columns, to, sum);
    case Activation::leaky_relu:
      return finish_with<Activation::leaky_relu, Lanes>(rows, columns, to, sum);
    case Activation::gelu:
      return finish_with<Activation::gelu, Lanes>(rows, columns, to, sum);
    case Activation::none:
      return finish_with<Activation::none, Lanes>(rows, columns, to, sum);
  }
}

template <typename Lanes>
void finish(const float* sums, std::int64_t stride, std::int64_t rows, std::int64_t columns,
            const RowFinish& to) {
  finish_rows<Lanes>(rows, columns, to, [&](std::int64_t row, std::int64_t i, std::int64_t count) {
    return load_part<Lanes>(sums + row * stride + i, count);
  });
}

template <typename Lanes>
void finish_integers(const std::int32_t* sums, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                     const IntegerScales& scales, const RowFinish& to) {
  finish_rows<Lanes>(rows, columns, to, [&](std::int64_t row, std::int64_t i, std::int64_t count) {
    const Lanes factor = Lanes::broadcast(scales.steps[row]) * load_part<Lanes>(scales.scales + i, count);
    const Lanes constant = Lanes::broadcast(scales.lowest[row]) * load_part<Lanes>(scales.sums + i, count);
    return Lanes::fma(factor, load_part<Lanes>(sums + row * stride + i, count), constant);
  });
}

// The mean of values[i] - shift, or of its square, from four running sums of lanes.
template <typename Lanes, bool squares>
float mean_of(const float* values, std::int64_t columns, float shift) {
  const Lanes center = Lanes::broadcast(shift), zero = Lanes::broadcast(0);
  Lanes sums[4] = {zero, zero, zero, zero};
  int next = 0;
  for (std::int64_t i = 0; i < columns; i += kLanes, next = (next + 1) % 4) {
    const Lanes value = load_part<Lanes>(values + i, columns - i, shift) - center;
    sums[next] = squares ? Lanes::fma(value, value, sums[next]) : sums[next] + value;
  }
  return sum_of((sums[0] + sums[1]) + (sums[2] + sums[3])) / static_cast<float>(columns);
}

template <typename Lanes>
void normalise(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
               const float* weight, const float* bias, float epsilon, const RowTarget& to) {
  for (std::int64_t row = 0; row < rows; ++row, values += stride) {
    const float mean = mean_of<Lanes, false>(values, columns, 0);
    const float variance = mean_of<Lanes, true>(values, columns, mean);
    const Lanes center = Lanes::broadcast(mean),
                scale = Lanes::broadcast(1 / __builtin_sqrtf(variance + epsilon));
    for (std::int64_t i = 0; i < columns; i += kLanes) {
      const std::int64_t count = columns - i;
      const Lanes unit = (load_part<Lanes>(values + i, count) - center) * scale;
      store_part(Lanes::fma(unit, load_part<Lanes>(weight + i, count), load_part<Lanes>(bias + i, count)), to,
                 row * to.stride + i, count);
    }
  }
}

// `poison` becomes NaN if a value is NaN or infinite: max and min would drop a NaN.
template <typename Lanes, typename Number>
void round_row(const Number* values, std::int64_t columns, std::uint8_t* integers, std::int64_t padded,
               float& lowest, float& step) {
  Lanes smallest = Lanes::broadcast(kInfinity), largest = Lanes::broadcast(-kInfinity),
        poison = Lanes::broadcast(0);
  for (std::int64_t i = 0; i < columns; i += kLanes) {
    const auto value = load_part<Lanes>(values + i, columns - i, values[0]);
    smallest = Lanes::min(value, smallest);
    largest = Lanes::max(value, largest);
    poison = poison + (value - value);
  }
  const float low = -largest_of(Lanes::broadcast(0) - smallest), high = largest_of(largest);
  step = (high - low) / 255;
  const Lanes inverse = Lanes::broadcast(step > 0 ? 1 / step : 0), shift = Lanes::broadcast(low);
  const Lanes half = Lanes::broadcast(0.5F), top = Lanes::broadcast(255);
  for (std::int64_t i = 0; i < columns; i += kLanes) {
    const Lanes place = Lanes::fma(load_part<Lanes>(values + i, columns - i) - shift, inverse, half);
    store_part(Lanes::min(place, top), integers + i, columns - i);
  }
  for (std::int64_t i = columns; i < padded; ++i) integers[i] = 0;
  lowest = low + sum_of(poison);
}

template <typename Lanes, typename Number>
void round_rows(const Number* values, std::int64_t value_stride, std::int64_t rows, std::int64_t columns,
                std::uint8_t* integers, std::int64_t stride, float* lowest, float* steps) {
  for (std::int64_t row = 0; row < rows; ++row)
    round_row<Lanes>(values + row * value_stride, columns, integers + row * stride, stride, lowest[row],
                     steps[row]);
}

template <typename Lanes>
float softmax_row(float* scores, std::int64_t keys, const float* bias, float gate, const RowTarget& to,
                  std::int64_t place, std::int64_t padded) {
  const Lanes factor = Lanes::broadcast(gate);
  Lanes largest = Lanes::broadcast(-kInfinity);
  for (std::int64_t i = 0; i < keys; i += kLanes) {
    auto score = load_part<Lanes>(scores + i, keys - i, -kInfinity);
    if (bias != nullptr) {
      score = Lanes::fma(factor, load_part<Lanes>(bias + i, keys - i), score);
      score.store(scores + i);  // padded has room
    }
    largest = Lanes::max(largest, score);
  }
  const Lanes shift = Lanes::broadcast(largest_of(largest));
  Lanes sum = Lanes::broadcast(0);
  for (std::int64_t i = 0; i < padded; i += kLanes) {
    Lanes weight = Lanes::broadcast(0);
    if (i < keys) {
      weight = exponential(Lanes::load(scores + i) - shift);
      if (keys - i < kLanes) {
        float part[kLanes];
        weight.store(part);
        weight = load_part<Lanes>(part, keys - i);
      }
    }
    sum = sum + weight;
    store_part(weight, to, place + i, kLanes);
  }
  return 1 / sum_of(sum);
}

template <typename Lanes>
void softmax(const SoftmaxInput& input, const RowTarget& numerators, float* inverse_sums) {
  for (std::int64_t row = 0; row < input.rows; ++row)
    inverse_sums[row] = softmax_row<Lanes>(
        input.scores + row * input.padded, input.keys,
        input.bias == nullptr ? nullptr : input.bias + row * input.bias_stride,
        input.gates == nullptr ? 1.0F : input.gates[row], numerators, row * numerators.stride, input.padded);
}

template <typename Lanes>
void scale_rows(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns,
                const float* factors, const RowTarget& to) {
  for (std::int64_t row = 0; row < rows; ++row) {
    const Lanes factor = Lanes::broadcast(factors == nullptr ? 1.0F : factors[row]);
    for (std::int64_t i = 0; i < columns; i += kLanes)
      store_part(load_part<Lanes>(values + row * stride + i, columns - i) * factor, to, row * to.stride + i,
                 columns - i);
  }
}

template <typename Lanes>
void add_rows(const float* values, std::int64_t stride, std::int64_t rows, std::int64_t columns, float* sum) {
  for (std::int64_t i = 0; i < columns; i += kLanes) {
    const std::int64_t count = columns - i;
    auto total = load_part<Lanes>(sum + i, count);
    for (std::int64_t row = 0; row < rows; ++row)
      total = total + load_part<Lanes>(values + row * stride + i, count);
    store_part(total, sum + i, count);
  }
}

template <typename Lanes>
constexpr RowKernels kRowKernelsOf = {&finish<Lanes>,
                                      &finish_integers<Lanes>,
                                      &normalise<Lanes>,
                                      &round_rows<Lanes, float>,
                                      &round_rows<Lanes, std::uint16_t>,
                                      &softmax<Lanes>,
                                      &scale_rows<Lanes>,
                                      &add_rows<Lanes>};

}  // namespace
}  // namespace qamro::nn
