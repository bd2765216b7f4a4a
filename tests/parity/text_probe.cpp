// Returns token ids for tests/parity/test_text.py.
//   {"folder": FOLDER, "text": TEXT, "longest": NUMBER}
// is answered with {"ids": [...]} or {"error": "..."}.
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "qamro/core/error.h"
#include "qamro/text/roberta_tokenizer.h"

namespace {

using Json = nlohmann::json;
using qamro::text::RobertaTokenizer;

Json answer(const Json& request) {
  static std::map<std::string, RobertaTokenizer> tokenizers;
  const std::string folder = request.at("folder");
  const auto tokenizer = tokenizers.try_emplace(folder, folder).first;
  return {{"ids", tokenizer->second.encode(request.at("text").get<std::string>(),
                                           request.value("longest", RobertaTokenizer::kLongest))}};
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    Json result;
    try {
      result = answer(Json::parse(line));
    } catch (const qamro::Error& error) {
      result = {{"error", error.what()}};
    }
    std::cout << result << std::endl;
  }
}
