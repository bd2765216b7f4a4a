// Readers of tables and of rows of JSON.
#include <sstream>

#include "fuzz/fuzz_target.h"
#include "qamro/core/error.h"
#include "qamro/data/manifest.h"
#include "qamro/data/prompts.h"
#include "qamro/data/ratings.h"
#include "qamro/io/csv.h"
#include "qamro/io/json_reader.h"
#include "qamro/io/jsonl.h"

namespace qamro::testing {
namespace {

// The rows until the end; one that is refused is left out, and reading continues.
template <typename Row, typename Reader>
std::vector<Row> rows_read_by(Reader& reader) {
  std::vector<Row> rows;
  Row row;
  for (bool more = true; more;) {
    try {
      more = reader.next(row);
      if (more) rows.push_back(row);
    } catch (const InvalidInput&) {
    }
  }
  return rows;
}

// What CsvWriter writes, CsvReader reads, whatever is in the fields.
void check_csv_copy(const std::vector<io::CsvRow>& rows, char delimiter) {
  std::stringstream text;
  io::CsvWriter writer(text, delimiter);
  writer.write({"header"});  // takes the place where a byte order mark means something
  for (const io::CsvRow& row : rows) writer.write(row.fields);
  io::CsvReader reader(text, "copy.csv", {.delimiter = delimiter, .equal_columns = false});
  const auto copies = rows_read_by<io::CsvRow>(reader);
  require(copies.size() == rows.size(), "every row is written");
  for (std::size_t i = 0; i < rows.size(); ++i) require(copies[i].fields == rows[i].fields, "same fields");
}

}  // namespace

void fuzz_json(const FuzzInput& input) {
  std::istringstream stream{std::string(input.bytes())};
  io::JsonlReader reader(stream, "rows.jsonl");
  for (const io::JsonlRow& row : rows_read_by<io::JsonlRow>(reader))
    row.value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  const bool is_parsed = io::parsed_json(input.bytes(), {.unique_names = true}).has_value();
  const nlohmann::ordered_json value = io::read_json(input.file("settings.json"));
  require(nlohmann::ordered_json::parse(value.dump()) == value || !is_parsed, "it is printed as it was read");
  const io::JsonSettings settings(value, "settings.json");
  for (const auto& [key, item] : value.items()) {
    const char* name = key.c_str();
    const auto ask = [&](auto otherwise) {
      try {
        settings.optional(name, otherwise);
      } catch (const CheckpointError&) {
      }
    };
    ask(false), ask(std::int64_t{0}), ask(0.0), ask(std::string());
  }
}

void fuzz_csv(const FuzzInput& input) {
  std::string text(input.bytes());
  const char delimiter = io::find_delimiter(text);
  for (const bool is_strict : {false, true}) {
    std::istringstream stream(text);
    io::CsvReader reader(stream, "table.csv",
                         {.delimiter = delimiter, .header = is_strict, .equal_columns = is_strict});
    const auto rows = rows_read_by<io::CsvRow>(reader);
    if (!is_strict) check_csv_copy(rows, delimiter);
  }
}

void fuzz_ratings(const FuzzInput& input) {
  const data::RatingTable table = data::read_ratings(input.file("ratings.csv"));
  for (const data::RatingRow& row : table.rows) {
    require(row.values.size() == table.axes.size(), "one value for each axis");
    require(row.texts.size() == table.text_columns.size(), "one text for each column");
  }
  data::join_ratings(table, table);
  data::merge_ratings({table, table});
}

// No input makes read_manifest() throw: even an Error is a finding.
void fuzz_manifest(const FuzzInput& input) {
  std::istringstream stream{std::string(input.bytes())};
  const bool is_json = input.bytes().starts_with('{');
  try {
    const auto file = input.file(is_json ? "clips.jsonl" : "clips.csv");
    require(!data::read_manifest({file.string()}, stream).empty(),
            "a broken manifest is a clip with an error");
    if (input.bytes().size() % 2 == 0)
      require(!data::read_manifest({"-"}, stream).empty(), "broken input is a clip with an error");
  } catch (const Error& error) {
    require(false, error.what());
  }
}

void fuzz_prompts(const FuzzInput& input) {
  const data::Prompts prompts = data::read_prompts(input.file("prompt_info.txt"));
  const data::PromptFinder finder(prompts);
  for (const auto& [id, text] : prompts) {
    require(!text.empty(), "a prompt has a text");
    if (finder.find("folder/" + id + ".wav") == nullptr) finder.why_none("folder/" + id + ".wav");
  }
}

}  // namespace qamro::testing
