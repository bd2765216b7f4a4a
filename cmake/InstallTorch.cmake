# Runs at `cmake --install`: copies QAMRO_TORCH_LIBRARY and what it needs of its wheel and of the wheels beside it (libc10,
# libgomp, two of NVIDIA's) to QAMRO_TORCH_DESTINATION, 460 MB. A torch finds its libraries beside itself.
get_filename_component(_wheels "${QAMRO_TORCH_LIBRARY}/../../.." ABSOLUTE)
string(REGEX REPLACE "([][+.*()^$?|\\\\])" "\\\\\\1" _pattern "${_wheels}")
file(GET_RUNTIME_DEPENDENCIES LIBRARIES "${QAMRO_TORCH_LIBRARY}"
     RESOLVED_DEPENDENCIES_VAR _needed UNRESOLVED_DEPENDENCIES_VAR _missing
     POST_INCLUDE_REGEXES "^${_pattern}/" POST_EXCLUDE_REGEXES ".")
if(_missing)
  message(FATAL_ERROR "${QAMRO_TORCH_LIBRARY} needs ${_missing}, which is not installed; run 'make setup'")
endif()
file(INSTALL ${QAMRO_TORCH_LIBRARY} ${_needed} DESTINATION "${QAMRO_TORCH_DESTINATION}" TYPE SHARED_LIBRARY
     FOLLOW_SYMLINK_CHAIN)
