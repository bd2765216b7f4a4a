# Language level, warnings and the compiler cache, for every target of the project.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
# libqamro.so shows only what core/export.h marks.
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

# Tests run once: what compiles them soonest. They check the bounds of what the standard library's templates do in them.
set(QAMRO_TEST_OPTIONS -D_GLIBCXX_ASSERTIONS)
if(CMAKE_BUILD_TYPE STREQUAL "Release")
  list(APPEND QAMRO_TEST_OPTIONS -O1)
endif()

# Torch's headers cost each file seconds, whatever it does: the sources of a folder compiled together build the project
# three times sooner. Names in anonymous namespaces are therefore unique within a folder. The debug preset compiles
# every file alone (which finds missing includes) and rebuilds sooner after an edit.
option(QAMRO_UNITY "Compile the sources of a folder together" OFF)
set(CMAKE_UNITY_BUILD ${QAMRO_UNITY})
set(CMAKE_UNITY_BUILD_BATCH_SIZE 12)

include(${CMAKE_CURRENT_LIST_DIR}/WarningsAsErrors.cmake)
add_library(qamro_options INTERFACE)
target_compile_options(qamro_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Woverloaded-virtual)
# A product and a sum are rounded once or twice, as the source says, never as the compiler likes: by default g++ fuses
# them wherever the processor can, clang within an expression, so that bits would hang on compiler, inlining and the
# instruction set that a function was cloned for. Where fused ones are wanted they are written (nn/few_rows_linear.cpp,
# nn/row_kernels_of.h).
target_compile_options(qamro_options INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)
# g++ 12 warns of overlapping copies in "s" + std::to_string(x), where there are none (GCC bug 105651).
target_compile_options(qamro_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")  # g++ notes wherever g++ 9 would have passed a pair otherwise
  target_compile_options(qamro_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-psabi>)
endif()
if(QAMRO_UNITY)  # it asks which file is the main one, and none of them is
  target_compile_options(qamro_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
endif()
if(QAMRO_WARNINGS_AS_ERRORS)
  target_compile_options(qamro_options INTERFACE -Werror)
endif()
target_include_directories(qamro_options INTERFACE ${PROJECT_SOURCE_DIR}/src)

# ccache can only reuse results that were built with a precompiled header if it is told to trust it.
find_program(QAMRO_CCACHE ccache)
if(QAMRO_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_NOHASHDIR=true CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${QAMRO_CCACHE})
  target_compile_options(qamro_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()
