# cmake -DOUTPUT=assets.cpp -Dpage=FILE "-Dstyles=FILE;FILE" … -P EmbedText.cmake: writes a C++ file in which each of
# page, styles, script and chart_js is the text of its files, one after the other. Raw strings keep every byte.
set(cpp "#include <string_view>\n\nnamespace qamro::report::assets {\n\n")
foreach(name IN ITEMS page styles script chart_js)
  string(APPEND cpp "extern const std::string_view ${name};\nconst std::string_view ${name} =\n    \"\"")
  foreach(path IN LISTS ${name})
    file(READ "${path}" text)
    string(APPEND cpp "\n    R\"qamro(${text})qamro\"")
  endforeach()
  string(APPEND cpp ";\n\n")
endforeach()
string(APPEND cpp "}  // namespace qamro::report::assets\n")
file(WRITE "${OUTPUT}" "${cpp}")
