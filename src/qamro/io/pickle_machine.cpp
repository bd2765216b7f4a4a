#include "qamro/io/pickle_machine.h"

#include <fmt/format.h>

#include <cstdint>
#include <unordered_map>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::io {
namespace {

constexpr std::size_t kMaxShown = 100;  // characters of a hostile name in a message

class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> pickle, TensorRebuilder& rebuilder)
      : input_(pickle), rebuilder_(rebuilder) {}

  // Offset of the current opcode.
  std::size_t opcode_offset() const { return opcode_offset_; }

  PickleValue run() {
    while (true) {
      opcode_offset_ = input_.position();
      const auto opcode = static_cast<PickleOpcode>(input_.number(1));
      if (opcode == PickleOpcode::kStop) return objects_.to_value(pop());
      if (!run_stack(opcode) && !run_literal(opcode) && !run_memo(opcode) && !run_container(opcode) &&
          !run_call(opcode))
        throw CheckpointError(
            fmt::format("refused opcode {}", refused_opcode_name(static_cast<std::uint8_t>(opcode))));
    }
  }

 private:
  // ---- the stack

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  ObjectId top() const {
    if (stack_.size() <= floor()) throw CheckpointError("the pickle's stack is empty");
    return stack_.back();
  }
  ObjectId pop() {
    const ObjectId id = top();
    stack_.pop_back();
    return id;
  }
  std::vector<ObjectId> pop_to_mark() {
    if (marks_.empty()) throw CheckpointError("the pickle's stack has no mark");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    std::vector<ObjectId> items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }
  bool push(PickleObject object) {
    stack_.push_back(objects_.add(std::move(object)));
    return true;
  }
  template <typename T>
  T& expect(ObjectId id, const char* what) {
    T* object = objects_.get_if<T>(id);
    if (object == nullptr)
      throw CheckpointError(fmt::format("expected a {}, got a {}", what, objects_.describe(id)));
    return *object;
  }

  // ---- the opcodes, by kind; false if the opcode is of another kind

  bool run_stack(PickleOpcode opcode) {
    switch (opcode) {
      case PickleOpcode::kMark:
        objects_.charge(2 * sizeof(std::size_t));
        marks_.push_back(stack_.size());
        return true;
      case PickleOpcode::kProtocol: {
        constexpr std::uint64_t kNewest = 5;
        if (const auto protocol = input_.number(1); protocol > kNewest)
          throw CheckpointError(
              fmt::format("expected a pickle protocol up to {}, got {}", kNewest, protocol));
        return true;
      }
      case PickleOpcode::kFrame:
        input_.number(8);  // only a hint for buffering
        return true;
      default:
        return false;
    }
  }

  bool run_literal(PickleOpcode opcode) {
    switch (opcode) {
      case PickleOpcode::kNone:
        return push(std::monostate());
      case PickleOpcode::kTrue:
        return push(true);
      case PickleOpcode::kFalse:
        return push(false);
      case PickleOpcode::kBinInt:
        return push(std::int64_t{static_cast<std::int32_t>(input_.number(4))});
      case PickleOpcode::kBinInt1:
        return push(static_cast<std::int64_t>(input_.number(1)));
      case PickleOpcode::kBinInt2:
        return push(static_cast<std::int64_t>(input_.number(2)));
      case PickleOpcode::kLong1:
        return push(input_.long_integer());
      case PickleOpcode::kBinFloat:
        return push(input_.big_endian_double());
      case PickleOpcode::kShortBinUnicode:
        return push(std::string(input_.take(input_.number(1))));
      case PickleOpcode::kBinUnicode:
        return push(std::string(input_.take(input_.number(4))));
      case PickleOpcode::kBinUnicode8:
        return push(std::string(input_.take(input_.number(8))));
      case PickleOpcode::kShortBinBytes:
        return push(PickleBytes{std::string(input_.take(input_.number(1)))});
      case PickleOpcode::kBinBytes:
        return push(PickleBytes{std::string(input_.take(input_.number(4)))});
      case PickleOpcode::kBinBytes8:
        return push(PickleBytes{std::string(input_.take(input_.number(8)))});
      default:
        return false;
    }
  }

  bool run_memo(PickleOpcode opcode) {
    switch (opcode) {
      case PickleOpcode::kBinPut:
        return put(input_.number(1));
      case PickleOpcode::kLongBinPut:
        return put(input_.number(4));
      case PickleOpcode::kMemoize:
        return put(memo_.size());
      case PickleOpcode::kBinGet:
        return get(input_.number(1));
      case PickleOpcode::kLongBinGet:
        return get(input_.number(4));
      default:
        return false;
    }
  }
  bool put(std::uint64_t index) {
    constexpr std::size_t kNodeBytes = 64;  // of the map
    objects_.charge(kNodeBytes);
    memo_[index] = top();
    return true;
  }
  bool get(std::uint64_t index) {
    const auto found = memo_.find(index);
    if (found == memo_.end()) throw CheckpointError(fmt::format("the pickle's memo has no {}", index));
    objects_.charge(2 * sizeof(ObjectId));
    stack_.push_back(found->second);
    return true;
  }

  bool run_container(PickleOpcode opcode) {
    switch (opcode) {
      case PickleOpcode::kEmptyTuple:
        return push(TupleObject());
      case PickleOpcode::kEmptyList:
        return push(ListObject());
      case PickleOpcode::kEmptyDict:
        return push(DictObject());
      case PickleOpcode::kTuple:
        return push(TupleObject{pop_to_mark()});
      case PickleOpcode::kTuple1:
        return push_tuple(1);
      case PickleOpcode::kTuple2:
        return push_tuple(2);
      case PickleOpcode::kTuple3:
        return push_tuple(3);
      case PickleOpcode::kAppend:
        return append({pop()});
      case PickleOpcode::kAppends:
        return append(pop_to_mark());
      case PickleOpcode::kSetItem: {
        const ObjectId value = pop();
        return set_items({pop(), value});
      }
      case PickleOpcode::kSetItems:
        return set_items(pop_to_mark());
      default:
        return false;
    }
  }
  bool push_tuple(std::size_t size) {
    TupleObject tuple;
    for (std::size_t i = 0; i < size; ++i) tuple.items.insert(tuple.items.begin(), pop());
    return push(std::move(tuple));
  }
  bool append(const std::vector<ObjectId>& items) {
    auto& list = expect<ListObject>(top(), "list");
    list.items.insert(list.items.end(), items.begin(), items.end());
    return true;
  }
  bool set_items(const std::vector<ObjectId>& items) {
    auto& dict = expect<DictObject>(top(), "dict");
    if (items.size() % 2 != 0) throw CheckpointError("expected keys and values in pairs");
    for (std::size_t i = 0; i < items.size(); i += 2) dict.items.emplace_back(items[i], items[i + 1]);
    return true;
  }

  bool run_call(PickleOpcode opcode) {
    switch (opcode) {
      case PickleOpcode::kGlobal: {
        const std::string module(input_.line());
        return push_global(module + "." + std::string(input_.line()));
      }
      case PickleOpcode::kStackGlobal: {
        const std::string name = expect<std::string>(pop(), "str");
        return push_global(expect<std::string>(pop(), "str") + "." + name);
      }
      case PickleOpcode::kReduce: {
        const ObjectId arguments = pop();
        const std::string function = expect<GlobalObject>(pop(), "function").name;
        // A copy, since objects move when one is added.
        const auto items = expect<TupleObject>(arguments, "tuple of arguments").items;
        objects_.charge(items.size() * sizeof(ObjectId));
        stack_.push_back(rebuilder_.call(objects_, function, items));
        return true;
      }
      case PickleOpcode::kBinPersistentId: {
        const auto items = expect<TupleObject>(pop(), "persistent id in a tuple").items;
        objects_.charge(items.size() * sizeof(ObjectId));
        stack_.push_back(rebuilder_.persistent_load(objects_, items));
        return true;
      }
      case PickleOpcode::kBuild: {  // an OrderedDict's attributes: _metadata of Module.state_dict()
        expect<DictObject>(pop(), "dict of attributes");
        if (!expect<DictObject>(top(), "OrderedDict").is_ordered)
          throw CheckpointError("refused opcode BUILD on a dict");
        return true;
      }
      default:
        return false;
    }
  }
  bool push_global(const std::string& name) {
    if (!TensorRebuilder::knows_global(name))
      throw CheckpointError(fmt::format("refused global '{}'", name.substr(0, kMaxShown)));
    return push(GlobalObject{name});
  }

  PickleInput input_;
  TensorRebuilder& rebuilder_;
  std::size_t opcode_offset_ = 0;
  PickleObjects objects_;
  std::vector<ObjectId> stack_;
  std::vector<std::size_t> marks_;
  std::unordered_map<std::uint64_t, ObjectId> memo_;
};

}  // namespace

PickleValue run_pickle(std::span<const std::byte> pickle, const std::string& file,
                       TensorRebuilder& rebuilder) {
  PickleMachine machine(pickle, rebuilder);
  try {
    return machine.run();
  } catch (const CheckpointError& error) {
    throw CheckpointError(fmt::format("{}: {} at byte {} (only tensors and plain containers are read)", file,
                                      error.what(), machine.opcode_offset()));
  }
}

}  // namespace qamro::io
