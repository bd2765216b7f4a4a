// Computes the QAMRO loss of a batch and its gradient.
#include <ATen/ATen.h>
#include <qamro/core/error.h>
#include <qamro/losses/ranking.h>

#include <iostream>

int main() {
  const at::Tensor target = at::tensor({4.0, 2.0});  // what listeners said of two clips
  const at::Tensor pred = at::tensor({2.5, 3.0}).requires_grad_();

  // One pair, in the wrong order: 7 · (0.2 · |4 - 2| - (2.5 - 3.0)) = 6.3
  const at::Tensor loss = qamro::losses::ranking_loss(pred, target);
  loss.backward();
  std::cout << "loss " << loss.item<double>() << "\ngradient " << pred.grad()[0].item<double>() << ' '
            << pred.grad()[1].item<double>() << '\n';

  try {
    qamro::losses::ranking_loss(pred, target, {.margin_scale = -1});
  } catch (const qamro::InvalidInput& error) {
    std::cout << "refused: " << error.what() << '\n';
  }
}
