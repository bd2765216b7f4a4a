// One step of fine-tuning an Audiobox-Aesthetics checkpoint on whole clips, without dropout. Writes the loss
// and the gradient of every parameter, which test_finetuning.py compares with PyTorch's. The labels are a
// tensor "labels" [clips, axes] in a safetensors file, in the order of the clips and of PQ, PC, CE, CU.
//   finetuning_probe CHECKPOINT LABELS OUT MICRO_BATCH CLIP...
#include <ATen/ATen.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "qamro/io/safetensors.h"
#include "qamro/models/audiobox/model.h"
#include "qamro/models/audiobox/training.h"
#include "qamro/training/gradient_cache.h"

namespace {

namespace training = qamro::training;
namespace models = qamro::models;
using qamro::io::StateDict;

std::shared_ptr<models::AudioClips> open_clips(const std::vector<std::string>& files, std::int64_t window) {
  training::Dataset dataset;
  dataset.paths = files;
  return std::make_shared<models::AudioClips>(
      training::Recipe(), dataset, 16000, window,
      [window](std::int64_t samples) { return qamro::audio::fixed_hop_windows(samples, window, window); });
}

StateDict step(const std::string& checkpoint, const at::Tensor& labels, std::int64_t micro_batch,
               const std::vector<std::string>& files) {
  const auto model = qamro::models::load_audiobox_model(
      qamro::models::describe_audiobox_file(qamro::models::WeightsFile(checkpoint)));
  models::WavLmRunModel run(model.encoder, model.heads,
                            open_clips(files, model.encoder->config().window_samples), training::Crop::kAll);
  std::vector<qamro::heads::TargetTransform> transforms;
  for (const auto& axis : model.axes) transforms.push_back(axis.target_transform);
  const training::Objective objective(
      {{.kind = training::LossKind::kHuber}, {.kind = training::LossKind::kRanking}}, transforms);
  std::vector<std::int64_t> clips(files.size());
  std::iota(clips.begin(), clips.end(), 0);
  const auto value = training::accumulate_gradients(
      run, clips, {}, micro_batch, [&](const at::Tensor& pred) { return objective(pred, labels); });
  StateDict result = {{"loss", value.total.detach().reshape({1}).clone()}};
  for (const auto& [name, parameter] : run.named_parameters())
    if (parameter.grad().defined()) result.emplace("grad." + name, parameter.grad().contiguous());
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::cerr << "usage: finetuning_probe CHECKPOINT LABELS OUT MICRO_BATCH CLIP...\n";
    return 2;
  }
  try {
    const at::Tensor labels = qamro::io::load_safetensors(argv[2]).at("labels");
    qamro::io::save_safetensors(
        argv[3], step(argv[1], labels, std::atoi(argv[4]), std::vector<std::string>(argv + 5, argv + argc)),
        {});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
