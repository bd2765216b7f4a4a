# The torch wheel as two imported targets. Torch's own CMake package demands a CUDA toolkit even to use the CPU
# half of the wheel, so the two libraries that qamro links are named here directly: torch::cpu and torch::c10.
# libtorch_cuda is loaded at run time, and only for --device cuda.
if(NOT QAMRO_TORCH_DIR)
  file(GLOB _qamro_torch_candidates ${PROJECT_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
  list(LENGTH _qamro_torch_candidates _count)
  if(_count GREATER 0)
    list(GET _qamro_torch_candidates 0 QAMRO_TORCH_DIR)
  endif()
endif()
set(QAMRO_TORCH_DIR "${QAMRO_TORCH_DIR}" CACHE PATH "Folder of the installed torch wheel (…/site-packages/torch)")
if(NOT EXISTS "${QAMRO_TORCH_DIR}/lib/libtorch_cpu.so")
  message(FATAL_ERROR "no torch wheel: expected libtorch_cpu.so under '${QAMRO_TORCH_DIR}/lib'. "
                      "Run 'make setup', or pass -DQAMRO_TORCH_DIR=…/site-packages/torch")
endif()

include(qamroTorch)
add_library(torch::c10 SHARED IMPORTED)
set_target_properties(torch::c10 PROPERTIES IMPORTED_LOCATION "${QAMRO_TORCH_DIR}/lib/libc10.so")
add_library(torch::cpu SHARED IMPORTED)
# The wheel's include folder brings an fmt of its own, without its compiled half: header-only it costs every file 6 s.
# Debian's comes first, through a folder that holds nothing else (no torch header that is included here uses fmt).
find_package(fmt REQUIRED)
get_target_property(_qamro_fmt fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
list(GET _qamro_fmt 0 _qamro_fmt)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/fmt_first)
file(CREATE_LINK ${_qamro_fmt}/fmt ${PROJECT_BINARY_DIR}/fmt_first/fmt SYMBOLIC)
set_target_properties(torch::cpu PROPERTIES
  IMPORTED_LOCATION "${QAMRO_TORCH_DIR}/lib/libtorch_cpu.so"
  INTERFACE_INCLUDE_DIRECTORIES
    "${PROJECT_BINARY_DIR}/fmt_first;${QAMRO_TORCH_DIR}/include;${QAMRO_TORCH_DIR}/include/torch/csrc/api/include"
  INTERFACE_COMPILE_OPTIONS "${QAMRO_TORCH_OPTIONS}"
  INTERFACE_LINK_LIBRARIES "torch::c10;fmt::fmt")
# libtorch_cpu names libcudart and libcupti; their wheels lie beside torch's.
get_filename_component(_qamro_site_packages "${QAMRO_TORCH_DIR}" DIRECTORY)
file(GLOB _qamro_nvidia ${_qamro_site_packages}/nvidia/cu*/lib)
foreach(_dir IN LISTS _qamro_nvidia)
  target_link_options(torch::cpu INTERFACE "LINKER:-rpath-link,${_dir}")
endforeach()

# What most torch-using files include, compiled once. ATen only: with torch/nn.h and torch/optim.h in it, the header
# is 723 MB and 4.5 s to load for every file; so it is 393 MB and 1.2 s, and the few files of modules pay for theirs.
file(WRITE ${PROJECT_BINARY_DIR}/torch_pch.cpp.in "// built for its precompiled header\n")
function(_qamro_torch_header NAME)
  configure_file(${PROJECT_BINARY_DIR}/torch_pch.cpp.in ${PROJECT_BINARY_DIR}/${NAME}.cpp COPYONLY)
  add_library(${NAME} OBJECT ${PROJECT_BINARY_DIR}/${NAME}.cpp)
  target_compile_options(${NAME} PRIVATE ${ARGN})
  target_link_libraries(${NAME} PRIVATE qamro_options torch::cpu nlohmann_json::nlohmann_json)
  target_precompile_headers(${NAME} PRIVATE
    <ATen/ATen.h> <fmt/format.h> <fmt/ranges.h> <nlohmann/json.hpp>
    <algorithm> <cstdint> <filesystem> <functional> <map> <memory> <optional> <span> <string> <vector>)
endfunction()
_qamro_torch_header(qamro_torch_pch)
# A precompiled header serves one set of options alone (g++ 13 and newer refuse another -O), so tests have their own.
if(QAMRO_BUILD_TESTS AND QAMRO_TEST_OPTIONS)
  _qamro_torch_header(qamro_torch_test_pch ${QAMRO_TEST_OPTIONS})
endif()
