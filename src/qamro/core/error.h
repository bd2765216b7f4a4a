#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "qamro/core/export.h"

namespace qamro {

// Everything the library throws on purpose. The message says what is wrong as "what: expected X, got Y
// (where)". The library never prints and never exits; the command line turns these into exit codes.
class QAMRO_API Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An invalid argument, option, recipe key, manifest row or shape.
class QAMRO_API InvalidInput : public Error {
 public:
  using Error::Error;
};

// An audio file that cannot be read as audio, or whose samples cannot be scored.
class QAMRO_API DecodeError : public Error {
 public:
  using Error::Error;
};

// A model or tensor file that is broken, hostile, or not what its reader expects.
class QAMRO_API CheckpointError : public Error {
 public:
  using Error::Error;
};

// The operating system refused to open, read, write or rename a file.
class QAMRO_API FileError : public Error {
 public:
  using Error::Error;
};

// A server or the connection to it failed: not reachable, an unexpected answer, or a transfer cut off.
class QAMRO_API NetworkError : public Error {
 public:
  using Error::Error;
};

// "path: message of errno", for a FileError.
std::string describe_errno(const std::string& path, int error_number);

// The first five of many names, for a message: "a, b, c, d, e, ...". All of them if there are no more.
std::string first_names(const std::vector<std::string>& names, std::string_view between = ", ");

}  // namespace qamro
