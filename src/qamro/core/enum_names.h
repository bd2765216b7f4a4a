#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace qamro {

// The names of an enum's values, as recipes, files and commands spell them, stand once: in a table beside the
// enum, in its namespace. The order of the table is that of messages that list the names.
//
//   constexpr auto enum_names(Colour) {
//     return names_table<Colour>({{Colour::kRed, "red"}, {Colour::kBlue, "blue"}});
//   }
template <typename Enum, std::size_t N>
constexpr std::array<std::pair<Enum, std::string_view>, N> names_table(
    const std::pair<Enum, std::string_view> (&names)[N]) {  // NOLINT(modernize-avoid-c-arrays): {…} deduces N
  return std::to_array(names);
}

template <typename Enum>
concept NamedEnum = requires(Enum value) {
  { enum_names(value)[0].first } -> std::convertible_to<Enum>;
};

// Throws std::out_of_range for a value without a name.
template <NamedEnum Enum>
constexpr std::string_view name_of(Enum value) {
  for (const auto& [named, name] : enum_names(value))
    if (named == value) return name;
  throw std::out_of_range("an enum's value without a name");
}

// Nothing if no value has that name.
template <NamedEnum Enum>
constexpr std::optional<Enum> value_named(std::string_view name) {
  for (const auto& [value, own_name] : enum_names(Enum()))
    if (own_name == name) return value;
  return std::nullopt;
}

// "red, blue"
template <NamedEnum Enum>
std::string list_of_names() {
  std::string list;
  for (const auto& entry : enum_names(Enum())) {
    if (!list.empty()) list += ", ";
    list += entry.second;
  }
  return list;
}

}  // namespace qamro
