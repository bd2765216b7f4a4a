#include "qamro/models/audiobox/wavlm_run_model.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "qamro/embeddings/window_rows.h"
#include "qamro/models/parameter_names.h"
#include "qamro/training/aesthetics_on_embeddings.h"

namespace qamro::models {
namespace {

constexpr std::string_view kUnused = "mask_emb";

// Windows of several clips for one pass of the encoder.
struct WindowBatch {
  std::vector<at::Tensor> samples;
  std::vector<std::int64_t> valid;
  std::vector<std::uint64_t> seeds;  // of dropout; empty outside training
  embeddings::WindowRows rows;

  void add(ClipWindows&& clip) {
    rows.add_clip(clip.valid_samples);
    valid.insert(valid.end(), clip.valid_samples.begin(), clip.valid_samples.end());
    samples.push_back(std::move(clip.samples));
  }
  void add_seeds(std::uint64_t of_clip) {
    for (std::uint64_t window = 0; seeds.size() < valid.size(); ++window)
      seeds.push_back(derive_seed(of_clip, "window", window));
  }
};

}  // namespace

WavLmRunModel::WavLmRunModel(std::shared_ptr<encoders::wavlm::WavLmModule> encoder,
                             heads::AestheticsHeads heads, std::shared_ptr<const AudioClips> clips,
                             training::Crop crop)
    : encoder_(std::move(encoder)), heads_(std::move(heads)), clips_(std::move(clips)), crop_(crop) {}

io::StateDict WavLmRunModel::named_parameters() const {
  io::StateDict named = parameters_of_run(*encoder_, heads_.named_parameters());
  named.erase(fmt::format("{}{}", kEncoderPrefix, kUnused));
  return named;
}

bool WavLmRunModel::trains_encoder() const {
  return std::ranges::any_of(encoder_->named_parameters(), [](const auto& item) {
    return item.key() != kUnused && item.value().requires_grad();
  });
}

// Windows with the same number of frames run together. What dropout removes from a window depends on the
// number of frames it is computed with, which must not depend on the windows beside it.
at::Tensor WavLmRunModel::pool(const at::Tensor& samples, std::span<const std::int64_t> valid,
                               std::span<const std::uint64_t> seeds) {
  std::map<std::int64_t, std::vector<std::int64_t>> rows_of_frames;
  for (std::size_t i = 0; i < valid.size(); ++i)
    rows_of_frames[encoder_->config().valid_frames(valid[i])].push_back(static_cast<std::int64_t>(i));
  std::vector<at::Tensor> pooled(valid.size());
  for (const auto& [frames, rows] : rows_of_frames) {
    std::vector<std::int64_t> own_valid;
    std::vector<std::uint64_t> own_seeds;
    for (const std::int64_t row : rows) {
      own_valid.push_back(valid[static_cast<std::size_t>(row)]);
      if (!seeds.empty()) own_seeds.push_back(seeds[static_cast<std::size_t>(row)]);
    }
    const at::Tensor windows =
        samples.index_select(0, at::tensor(rows, at::kLong)).narrow(1, 0, std::ranges::max(own_valid));
    const at::Tensor own = encoders::wavlm::pool_layers(encoder_->forward(windows, own_valid, own_seeds));
    for (std::size_t i = 0; i < rows.size(); ++i)
      pooled[static_cast<std::size_t>(rows[i])] = own[static_cast<std::int64_t>(i)];
  }
  return at::stack(pooled);
}

std::int64_t WavLmRunModel::depth_of(const std::string& parameter) const {
  const std::int64_t layers = encoder_->config().layers;
  if (parameter.starts_with(kHeadsPrefix)) return 0;
  if (const std::int64_t layer = number_after(parameter, "encoder.encoder.layers."); layer >= 0)
    return layers - layer;
  if (const std::int64_t convolution = number_after(parameter, "conv_layers."); convolution >= 0)
    return layers + 1 + std::ssize(encoder_->config().conv_layers) - convolution;
  return layers + 1;
}

std::vector<at::Tensor> WavLmRunModel::draw_dropout(std::int64_t clips, Random& random) const {
  std::vector<at::Tensor> drawn = heads_.draw_dropout(clips, random);
  at::Tensor seeds = at::empty({clips}, at::kLong);
  at::Tensor places = at::empty({clips}, at::kDouble);
  for (std::int64_t clip = 0; clip < clips; ++clip) {
    seeds.mutable_data_ptr<std::int64_t>()[clip] = static_cast<std::int64_t>(random.next());
    places.mutable_data_ptr<double>()[clip] = random.uniform();
  }
  drawn.push_back(seeds);
  drawn.push_back(places);
  return drawn;
}

at::Tensor WavLmRunModel::forward(std::span<const std::int64_t> clips,
                                  const std::vector<at::Tensor>& dropout) {
  const bool is_training = !dropout.empty();
  std::span<const at::Tensor> masks = dropout;
  at::Tensor seeds, places;
  if (is_training) {
    seeds = dropout[dropout.size() - 2].contiguous();
    places = dropout.back().contiguous();
    masks = masks.first(dropout.size() - 2);
  }
  WindowBatch batch;
  for (std::size_t i = 0; i < clips.size(); ++i) {
    const bool is_cropped = is_training && crop_ == training::Crop::kRandom;
    batch.add(is_cropped ? clips_->load_crop(clips[i], places.const_data_ptr<double>()[i])
                         : clips_->load(clips[i]));
    if (is_training && trains_encoder())
      batch.add_seeds(static_cast<std::uint64_t>(seeds.const_data_ptr<std::int64_t>()[i]));
  }
  const at::Tensor pooled = pool(at::cat(batch.samples), batch.valid, batch.seeds);
  return training::score_windows(heads_, pooled, batch.rows, masks);
}

}  // namespace qamro::models
