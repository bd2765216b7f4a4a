// One step of training a CLAP and the paper's heads on whole clips, with audio policy "published". Writes the
// loss and the gradient of every parameter, which test_clap_training.py compares with PyTorch's. IN holds
// "labels" [clips, 2], "tokens" (of all clips' prompts, joined) and "lengths" [clips].
//   clap_training_probe PREDICTOR IN OUT MICRO_BATCH CLIP...
#include <ATen/ATen.h>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <numeric>
#include <string>
#include <vector>

#include "qamro/io/safetensors.h"
#include "qamro/models/clap/encoder.h"
#include "qamro/models/clap/training.h"
#include "qamro/models/registry.h"
#include "qamro/training/gradient_cache.h"

namespace {

namespace training = qamro::training;
namespace models = qamro::models;
using qamro::io::StateDict;

std::shared_ptr<const models::ClapClips> open_clips(const std::vector<std::string>& files,
                                                    const models::ClapWindowing& windowing,
                                                    const StateDict& input) {
  training::Dataset dataset;
  dataset.paths = files;
  auto clips = std::make_shared<models::ClapClips>(models::ClapClips{
      models::AudioClips(
          training::Recipe(), dataset, 48000, 480000,
          [windowing](std::int64_t samples) { return windowing.windows(samples); }, windowing.resampling()),
      {},
      {}});
  const at::Tensor tokens = input.at("tokens"), lengths = input.at("lengths");
  const auto* next = tokens.const_data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < lengths.numel(); ++i) {
    const auto length = lengths[i].item<std::int64_t>();
    clips->prompts.emplace_back(next, next + length);
    clips->prompt_of.push_back(static_cast<std::size_t>(i));
    next += length;
  }
  return clips;
}

StateDict step(const std::string& checkpoint, const StateDict& input, std::int64_t micro_batch,
               const std::vector<std::string>& files) {
  const auto model = models::load_clap_model(models::describe_model(checkpoint));
  models::ClapRunModel run(model.encoder, *model.heads, open_clips(files, {model.audio_policy}, input),
                           model.audio_policy, training::Crop::kAll);
  const training::Objective objective(
      {{.kind = training::LossKind::kHuber}, {.kind = training::LossKind::kRanking}},
      std::vector<qamro::heads::TargetTransform>(2));
  std::vector<std::int64_t> clips(files.size());
  std::iota(clips.begin(), clips.end(), 0);
  const at::Tensor labels = input.at("labels");
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
    std::cerr << "usage: clap_training_probe PREDICTOR IN OUT MICRO_BATCH CLIP...\n";
    return 2;
  }
  try {
    const StateDict input = qamro::io::load_safetensors(argv[2]);
    qamro::io::save_safetensors(
        argv[3], step(argv[1], input, std::atoi(argv[4]), std::vector<std::string>(argv + 5, argv + argc)),
        {});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
