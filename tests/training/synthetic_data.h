#pragma once

#include <filesystem>
#include <string>

#include "io/temporary_folder.h"
#include "qamro/training/dataset.h"
#include "qamro/training/recipe.h"

namespace qamro::training {

using testing::TemporaryFolder;

// `sentences` × 4 systems. The label is a linear function of the embedding (size 6), on a scale of 1 to 5.
Dataset linear_dataset(std::int64_t sentences);

// Small heads that learn linear_dataset in a second.
Recipe small_recipe();

std::string read_file(const std::filesystem::path& path);
void write_file(const std::filesystem::path& path, const std::string& text);

// The message of the InvalidInput or CheckpointError that `action` throws; "" if it throws nothing.
template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace qamro::training
