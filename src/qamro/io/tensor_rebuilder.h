#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "qamro/io/pickle_value.h"
#include "qamro/io/state_dict.h"
#include "qamro/io/zip_archive.h"

namespace qamro::io {

// What a pickle machine has built so far. Objects refer to each other by number and lie side by side, so that
// destroying a chain of 100,000 lists, or a list that contains itself, cannot exhaust the stack.
using ObjectId = std::uint32_t;

struct ListObject {
  std::vector<ObjectId> items;
};
struct TupleObject {
  std::vector<ObjectId> items;
};
struct DictObject {
  std::vector<std::pair<ObjectId, ObjectId>> items;
  bool is_ordered = false;  // collections.OrderedDict
};
struct GlobalObject {
  std::string name;  // "torch._utils._rebuild_tensor_v2"
};
struct StorageObject {
  at::Tensor elements;  // one dimension
  const ElementType* type = nullptr;
};

using PickleObject =
    std::variant<std::monostate, bool, std::int64_t, double, std::string, PickleBytes, ListObject,
                 TupleObject, DictObject, GlobalObject, StorageObject, at::Tensor>;

class PickleObjects {
 public:
  // Throws CheckpointError once the pickle has asked for more than 64 MiB.
  ObjectId add(PickleObject object);
  // Counts bytes that an operation is about to take, against the same limit.
  void charge(std::size_t bytes);

  PickleObject& operator[](ObjectId id) { return objects_[id]; }
  const PickleObject& operator[](ObjectId id) const { return objects_[id]; }
  template <typename T>
  T* get_if(ObjectId id) {
    return std::get_if<T>(&objects_[id]);
  }
  // "list", "global 'os.system'" ...
  std::string describe(ObjectId id) const;

  // The object as a value of its own. Throws CheckpointError: nesting deeper than 100 (or an object that
  // contains itself), more than 500,000 items once shared ones are written out, a function or storage as a
  // value, a string key twice in a dict, a list, dict or tensor as a key.
  PickleValue to_value(ObjectId root) const;

 private:
  std::vector<PickleObject> objects_;
  std::size_t charged_ = 0;
};

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
