# QAMRO_WARNINGS_AS_ERRORS, of the C++ project and of the Python package. A new compiler warns of what the old one let
# pass, and that must not stop who only wants to use qamro: OFF, unless a developer (or .ci/run) says QAMRO_DEVELOPER=1.
# A user's own CI is no developer's, so CI=true alone changes nothing.
set(_qamro_is_developer OFF)
if("$ENV{QAMRO_DEVELOPER}" STREQUAL "1")
  set(_qamro_is_developer ON)
endif()
option(QAMRO_WARNINGS_AS_ERRORS "Treat compiler warnings as errors" ${_qamro_is_developer})
