#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "qamro/io/pickle_objects.h"
#include "qamro/io/zip_archive.h"

namespace qamro::io {

// The few functions that a pickle in a tensor file may name and call. Each throws CheckpointError without the
// file's name; the machine adds that and the place in the pickle.
class TensorRebuilder {
 public:
  // Storages are the records "<folder>/data/<key>".
  TensorRebuilder(const ZipArchive& archive, std::string folder);

  // True for the names that call() or persistent_load() know.
  static bool knows_global(const std::string& name);

  // What Python's REDUCE does: function(*arguments).
  ObjectId call(PickleObjects& objects, const std::string& function, const std::vector<ObjectId>& arguments);

  // ('storage', torch.FloatStorage, key, location, numel): torch/serialization.py, persistent_load().
  ObjectId persistent_load(PickleObjects& objects, const std::vector<ObjectId>& id);

 private:
  ObjectId rebuild_tensor(PickleObjects& objects, const std::vector<ObjectId>& arguments) const;
  StorageObject load_storage(const std::string& key, const ElementType& type, std::int64_t count);

  const ZipArchive& archive_;
  std::string folder_;
  std::map<std::string, StorageObject> storages_;
};

}  // namespace qamro::io
