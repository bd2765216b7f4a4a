#include <fmt/format.h>

#include <iterator>
#include <type_traits>

#include "qamro/core/sha256.h"
#include "qamro/training/recipe.h"

namespace qamro::training {
namespace {

std::string quote(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      result += fmt::format("\\u{:04X}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string shown(const std::string& value) {
  return quote(value);
}
std::string shown(std::string_view value) {
  return quote(value);
}
std::string shown(bool value) {
  return value ? "true" : "false";
}
std::string shown(double value) {
  return fmt::format("{}", value);  // the shortest text that reads back as the same number
}
std::string shown(std::int64_t value) {
  return fmt::format("{}", value);
}

template <typename Enum>
requires std::is_enum_v<Enum> std::string shown(Enum value) {
  return quote(name_of(value));
}

template <typename List>
std::string shown_list(const List& values) {
  std::string result;
  for (const auto& value : values) result += (result.empty() ? "" : ", ") + shown(value);
  return "[" + result + "]";
}

class Writer {
 public:
  void section(std::string_view header) { text_ += fmt::format("{}{}\n", text_.empty() ? "" : "\n", header); }
  template <typename T>
  void key(std::string_view name, const T& value) {
    text_ += fmt::format("{} = {}\n", name, shown(value));
  }
  template <typename T>
  void list(std::string_view name, const T& values) {
    text_ += fmt::format("{} = {}\n", name, shown_list(values));
  }
  void losses(std::string_view header, const std::vector<LossOptions>& losses) {
    for (const LossOptions& loss : losses) {
      section(header);
      key("kind", name_of(loss.kind));
      visit_loss_keys(loss, [this](const char* name, const auto& value) { key(name, value); });
    }
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void write_data(Writer& out, const DataSection& data) {
  out.section("[data]");
  out.key("embeddings", data.embeddings);
  out.key("audio", data.audio);
  out.key("audio_extension", data.audio_extension);
  out.key("crop", data.crop);
  out.list("prompts", data.prompts);
  out.key("labels", data.labels);
  out.key("validation_labels", data.validation_labels);
  out.key("test_labels", data.test_labels);
  out.key("path_column", data.path_column);
  out.key("path_prefix", data.path_prefix);
  out.key("system_column", data.system_column);
  out.key("group_column", data.group_column);
  out.key("weight_column", data.weight_column);
  out.list("axes", data.axes);
  out.list("label_columns", data.label_columns);
  out.list("label_scale", data.label_scale);
  out.list("output_scale", data.output_scale);
  out.key("standardise_labels", data.standardise_labels);
}

void write_split(Writer& out, const SplitOptions& split, const LeakageOptions& leakage) {
  out.section("[split]");
  out.key("kind", name_of(split.kind));
  out.key("folds", split.folds);
  out.key("group", split.group);
  out.key("shuffle", split.shuffle);
  out.key("test_fraction", split.test_fraction);
  out.list("test_groups", split.test_groups);
  out.key("validation_fraction", split.validation_fraction);
  out.key("column", split.column);
  out.key("hold_out", split.hold_out);
  out.key("hold_out_folds", split.hold_out_folds);
  out.key("seed", split.seed);
  out.key("leakage", leakage.policy);
  out.list("leakage_columns", leakage.columns);
}

void write_model(Writer& out, const ModelSection& model) {
  out.section("[model]");
  out.key("name", model.name);
  out.key("encoder", model.encoder);
  out.key("layout", model.layout);
  out.key("normalise_rms", model.normalise_rms);
  out.key("audio_policy", model.audio_policy);
  out.key("head_kind", model.head_kind);
  out.key("ensemble", model.ensemble);
  if (model.head_kind == HeadKind::kAesthetics) {
    const heads::AestheticsHeadsOptions& heads = model.aesthetics;
    out.key("projection_layers", heads.projection_layers);
    out.key("layer_norm", heads.layer_norm);
    out.key("normalise_embedding", heads.normalise_embedding);
    out.key("activation", heads::activation_name(heads.activation));
    out.key("dropout", heads.dropout);
    return;
  }
  out.list("hidden", model.head.hidden);
  out.key("activation", heads::activation_name(model.head.activation));
  out.key("dropout", model.head.dropout);
  if (model.head_kind == HeadKind::kClap) return;
  out.key("input_dropout", model.head.input_dropout);
  if (model.fallback_column) out.key("fallback_column", *model.fallback_column);
  out.key("familiar_quantile", model.familiar_quantile);
}

void write_training(Writer& out, const Recipe& recipe) {
  const OptimizerOptions& optimizer = recipe.trainer.optimizer;
  out.section("[optimizer]");
  out.key("kind", name_of(optimizer.kind));
  out.key("learning_rate", optimizer.learning_rate);
  out.key("weight_decay", optimizer.weight_decay);
  out.key("momentum", optimizer.momentum);
  out.key("schedule", name_of(optimizer.schedule));
  out.key("warmup_epochs", optimizer.warmup_epochs);
  out.key("clip_norm", optimizer.clip_norm);
  out.key("layer_decay", optimizer.layer_decay);
  for (const ParameterGroup& group : optimizer.parameter_groups) {
    out.section("[[optimizer.parameter_groups]]");
    out.key("name", group.name);
    out.key("learning_rate_scale", group.learning_rate_scale);
  }
  out.section("[training]");
  out.key("batch_size", recipe.trainer.batch_size);
  out.key("sampler", data::name_of(recipe.trainer.sampler));
  out.key("micro_batch", recipe.trainer.micro_batch);
  out.key("precision", recipe.trainer.precision);
  out.key("max_epochs", recipe.trainer.max_epochs);
  out.key("patience", recipe.trainer.patience);
  out.key("monitor", name_of(recipe.trainer.monitor));
  out.key("checkpoint_interval_seconds", recipe.trainer.checkpoint_interval_seconds);
  out.list("seeds", recipe.seeds);
  out.key("threads", recipe.threads);
}

void write_ablate(Writer& out, const AblateSection& ablate) {
  out.section("[ablate]");
  out.key("reference", ablate.reference);
  out.key("fixed_margin", ablate.fixed_margin);
  out.list("preference_factors", ablate.preference_factors);
  out.list("exclude_systems", ablate.exclude_systems);
  out.list("baseline_columns", ablate.baseline_columns);
  out.key("bootstrap_resamples", ablate.bootstrap_resamples);
  for (const AblationVariant& variant : ablate.variants) {
    out.section("[[ablate.variants]]");
    out.key("name", variant.name);
    out.losses("[[ablate.variants.loss]]", variant.losses);
  }
}

}  // namespace

std::string recipe_to_toml(const Recipe& recipe) {
  Writer out;
  write_data(out, recipe.data);
  write_split(out, recipe.split, recipe.leakage);
  write_model(out, recipe.model);
  out.losses("[[loss]]", recipe.trainer.losses);
  write_training(out, recipe);
  write_ablate(out, recipe.ablate);
  return out.take();
}

std::string recipe_fingerprint(const Recipe& recipe) {
  Recipe essence = recipe;
  essence.data.embeddings.clear();
  essence.data.audio.clear();
  essence.data.prompts.clear();
  essence.data.labels.clear();
  essence.data.validation_labels.clear();
  essence.data.test_labels.clear();
  essence.model.name.clear();
  essence.trainer.checkpoint_interval_seconds = 0.0;
  essence.threads = 0;
  essence.ablate = {};
  essence.leakage = {};
  return sha256_hex(recipe_to_toml(essence));
}

}  // namespace qamro::training
