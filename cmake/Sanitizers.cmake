# QAMRO_SANITIZE=address,undefined instruments every target; torch itself stays as it is in the wheel.
set(QAMRO_SANITIZE "" CACHE STRING "Comma-separated sanitizers, e.g. address,undefined")
if(QAMRO_SANITIZE)
  target_compile_options(qamro_options INTERFACE -fsanitize=${QAMRO_SANITIZE} -fno-omit-frame-pointer
                                                 -fno-sanitize-recover=all -D_GLIBCXX_ASSERTIONS)
  # GCC's own manual warns of false alarms here: std::regex and fmt raise them in instrumented code.
  target_compile_options(qamro_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  target_link_options(qamro_options INTERFACE -fsanitize=${QAMRO_SANITIZE})
endif()
