#pragma once

#include <gtest/gtest.h>

#include <string>

#include "qamro/audio/decoder.h"
#include "qamro/core/error.h"

namespace qamro::test {

// Expects that reading throws a DecodeError which names the path and contains `part`.
inline void expect_refused(const std::string& path, const std::string& part,
                           const audio::Segment& segment = {},
                           audio::MonoPolicy policy = audio::MonoPolicy::mean) {
  try {
    audio::read_mono(path, segment, policy);
    ADD_FAILURE() << path << ": expected DecodeError with '" << part << "'";
  } catch (const DecodeError& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
  }
}

}  // namespace qamro::test
