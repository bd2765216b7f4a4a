#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "qamro/predictors/aesthetics_heads.h"
#include "qamro/predictors/clap_heads.h"
#include "qamro/predictors/mlp_head.h"
#include "qamro/training/heads_on_embeddings.h"
#include "qamro/training/prepared_fold.h"

namespace qamro::training {

// The model of one run: its heads, and everything that is trained along with them.
class RunModel {
 public:
  virtual ~RunModel() = default;
  virtual TrainableModel& trainable() = 0;
};

// One class per kind of heads.
class MlpRunModel : public RunModel {
 public:
  virtual predictors::Heads& heads() = 0;
};
class AestheticsRunModel : public RunModel {
 public:
  virtual predictors::AestheticsHeads& heads() = 0;
};

class ClapHeadsRunModel : public RunModel {
 public:
  virtual predictors::ClapHeads& heads() = 0;
};

// Makes the model that a run with that seed starts from. Called from several threads; `fold` need not outlive
// the model.
using RunModelFactory =
    std::function<std::unique_ptr<RunModel>(std::uint64_t seed, const PreparedFold& fold)>;

// Heads alone, over the fold's embeddings.
class HeadsRunModel : public MlpRunModel {
 public:
  HeadsRunModel(predictors::Heads heads, const PreparedFold& fold)
      : heads_(std::move(heads)), trainable_(heads_, fold.inputs) {}
  predictors::Heads& heads() override { return heads_; }
  TrainableModel& trainable() override { return trainable_; }

 private:
  predictors::Heads heads_;
  HeadsOnEmbeddings trainable_;
};

// The initial heads of a run with that seed, for embeddings of that size.
predictors::Heads initial_heads(const Recipe& recipe, std::int64_t dim, std::uint64_t seed);
predictors::AestheticsHeads initial_aesthetics_heads(const Recipe& recipe, std::int64_t layers,
                                                     std::int64_t dim, std::uint64_t seed);
predictors::ClapHeads initial_clap_heads(const Recipe& recipe, std::int64_t embedding_dim,
                                         std::uint64_t seed);

// Makes heads of the recipe's kind over the dataset's embeddings.
RunModelFactory heads_on_embeddings_factory(const Recipe& recipe, const Dataset& dataset);

}  // namespace qamro::training
