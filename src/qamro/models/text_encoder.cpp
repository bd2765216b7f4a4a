#include "qamro/models/text_encoder.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include "qamro/core/error.h"

namespace qamro::models {

namespace {

void encode(const TextEncoder& encoder, EncodedPrompts::value_type& entry) {
  try {
    entry.second.vector = encoder.encode(entry.first);
  } catch (const InvalidInput& error) {
    entry.second.error = error.what();
  }
}

}  // namespace

EncodedPrompts encode_prompts(const TextEncoder& encoder, const std::vector<data::Clip>& clips, int threads) {
  EncodedPrompts prompts;
  for (const data::Clip& clip : clips)
    if (clip.error.empty() && clip.prompt) prompts.emplace(*clip.prompt, EncodedPrompt());
  std::vector<EncodedPrompts::value_type*> entries;
  for (auto& entry : prompts) entries.push_back(&entry);
  if (entries.empty()) return prompts;

  const int count = static_cast<int>(std::min<std::ptrdiff_t>(std::max(1, threads), std::ssize(entries)));
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr failure;
  const auto work = [&] {
    at::set_num_threads(std::max(1, threads / count));  // no result depends on the number of threads
    try {
      for (std::size_t i = next++; i < entries.size(); i = next++) encode(encoder, *entries[i]);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
      next = entries.size();
    }
  };
  std::vector<std::thread> workers;
  for (int i = 0; i < count; ++i) workers.emplace_back(work);
  for (std::thread& worker : workers) worker.join();
  if (failure) std::rethrow_exception(failure);
  return prompts;
}

}  // namespace qamro::models
