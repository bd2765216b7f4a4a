#pragma once

// toml++, whose every check of itself falls away, whatever the compiler and the build. As it comes, its
// parser takes some of them for granted with clang (`[}` is then undefined behaviour) and aborts with
// assertions on, although what is there behind them refuses the text in words. Include it here only: all
// files must see it the same.
#include <toml++/impl/preprocessor.h>

#undef TOML_ASSERT
#define TOML_ASSERT(condition) static_assert(true)
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT_ASSUME(condition) static_assert(true)
#undef TOML_ASSUME
#define TOML_ASSUME(...) static_assert(true)

#include <toml++/toml.h>
