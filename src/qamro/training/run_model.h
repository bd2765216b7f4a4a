#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "qamro/predictors/mlp_head.h"
#include "qamro/training/heads_on_embeddings.h"
#include "qamro/training/prepared_fold.h"

namespace qamro::training {

// The model of one run: its heads, and whatever is trained along with them.
class RunModel {
 public:
  virtual ~RunModel() = default;
  virtual predictors::Heads& heads() = 0;
  virtual TrainableModel& trainable() = 0;
};

// Makes the model that a run starts from. Called from several threads; `fold` need not outlive the model.
using RunModelFactory =
    std::function<std::unique_ptr<RunModel>(predictors::Heads heads, const PreparedFold& fold)>;

// Heads alone, over the fold's embeddings.
class HeadsRunModel : public RunModel {
 public:
  HeadsRunModel(predictors::Heads heads, const PreparedFold& fold)
      : heads_(std::move(heads)), trainable_(heads_, fold.inputs) {}
  predictors::Heads& heads() override { return heads_; }
  TrainableModel& trainable() override { return trainable_; }

 private:
  predictors::Heads heads_;
  HeadsOnEmbeddings trainable_;
};

}  // namespace qamro::training
