# Finds torch's C++ libraries and headers. The build reads the version of its torch with this file, and the installed
# package finds its user's with it: qamro uses libtorch's C++ interface, which changes with every minor version.

# What code with torch's headers is compiled with. From 18 on, clang puts the constraints of a template into its symbol, as
# the standard ABI now asks; g++, which built torch's wheel, does not, so that at::Tensor::const_data_ptr<float>() would
# not be found.
set(QAMRO_TORCH_OPTIONS
    "$<$<AND:$<COMPILE_LANG_AND_ID:CXX,Clang>,$<VERSION_GREATER_EQUAL:$<CXX_COMPILER_VERSION>,18>>:-fclang-abi-compat=17>")

# The version of the torch in FOLDER (…/site-packages/torch, or an unpacked libtorch): "2.11", or "" if there is none.
function(qamro_torch_version FOLDER RESULT)
  set(_version "")
  foreach(_header IN ITEMS torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(NOT _version AND EXISTS "${FOLDER}/include/${_header}")
      file(STRINGS "${FOLDER}/include/${_header}" _lines REGEX "^#define TORCH_VERSION_M(AJOR|INOR) ")
      if(_lines MATCHES "VERSION_MAJOR ([0-9]+).*VERSION_MINOR ([0-9]+)")
        set(_version ${CMAKE_MATCH_1}.${CMAKE_MATCH_2})
      endif()
    endif()
  endforeach()
  set(${RESULT} "${_version}" PARENT_SCOPE)
endfunction()

# Where torch is: the first of -DQAMRO_TORCH_DIR, $QAMRO_TORCH_DIR, the Torch package that the project has found, and
# the torch of python3, which is looked up without importing it.
function(qamro_find_torch RESULT)
  set(_folder "${QAMRO_TORCH_DIR}")
  if(NOT _folder)
    set(_folder "$ENV{QAMRO_TORCH_DIR}")
  endif()
  if(NOT _folder)
    set(_folder "${TORCH_INSTALL_PREFIX}")
  endif()
  if(NOT _folder)
    find_program(QAMRO_PYTHON NAMES python3 python)
    mark_as_advanced(QAMRO_PYTHON)
    if(QAMRO_PYTHON)
      execute_process(
        COMMAND ${QAMRO_PYTHON} -c
                "import importlib.util as u; print(u.find_spec('torch').submodule_search_locations[0], end='')"
        WORKING_DIRECTORY / OUTPUT_VARIABLE _folder ERROR_QUIET)
    endif()
  endif()
  set(${RESULT} "${_folder}" PARENT_SCOPE)
endfunction()
