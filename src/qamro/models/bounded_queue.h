#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace qamro::models {

// A queue between decoding and encoding threads. It holds at most `capacity` items, so memory stays bounded
// however fast one side is.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // Waits for room. Returns false if the queue was closed; then the item was not taken.
  bool push(T item) {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || items_.size() < capacity_; });
    if (closed_) return false;
    items_.push_back(std::move(item));
    filled_.notify_one();
    return true;
  }

  // Waits for `max_size` items (at most the capacity). Returns fewer, or none, only if the queue is closed.
  std::vector<T> pop(std::size_t max_size) {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [&] { return closed_ || items_.size() >= max_size; });
    const auto end = items_.begin() + static_cast<std::ptrdiff_t>(std::min(max_size, items_.size()));
    std::vector<T> items(std::move_iterator(items_.begin()), std::move_iterator(end));
    items_.erase(items_.begin(), end);
    room_.notify_all();
    return items;
  }

  // Refuses new items; those already inside are still handed out.
  void close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

  // Closes the queue and drops the items inside.
  void abandon() {
    const std::lock_guard lock(mutex_);
    items_.clear();
    closed_ = true;
    filled_.notify_all();
    room_.notify_all();
  }

 private:
  std::size_t capacity_;
  std::deque<T> items_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable filled_;
  bool closed_ = false;
};

}  // namespace qamro::models
