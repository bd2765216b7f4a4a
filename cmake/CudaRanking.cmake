# The ranking loss on a GPU (src/qamro/losses/cuda), where there is a CUDA toolkit. It needs no GPU to compile.
#   QAMRO_CUDA              AUTO: if nvcc is found; ON: fail without it; OFF
#   QAMRO_CUDA_FOUND        whether the target qamro_ranking_cuda exists
#   QAMRO_CCCL_INCLUDE_DIR  Thrust's headers (CCCL), with which the same kernels are tested on the CPU
set(QAMRO_CUDA AUTO CACHE STRING "The ranking loss on a GPU: AUTO (if nvcc is found), ON or OFF")
set_property(CACHE QAMRO_CUDA PROPERTY STRINGS AUTO ON OFF)
set(QAMRO_CUDA_FOUND OFF)

if(QAMRO_CUDA)  # AUTO is true, too
  include(CheckLanguage)
  if(NOT CMAKE_CUDA_COMPILER)
    find_program(QAMRO_NVCC nvcc PATHS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin)
    if(QAMRO_NVCC)
      set(CMAKE_CUDA_COMPILER ${QAMRO_NVCC})
    endif()
  endif()
  # Turing, Ampere (whose code Ada runs, too), Hopper; what comes later translates Hopper's PTX when it starts.
  if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 90)
  endif()
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    enable_language(CUDA)
    if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12)
      message(STATUS "qamro: expected nvcc 12 or newer, got ${CMAKE_CUDA_COMPILER_VERSION}")
    else()
      set(QAMRO_CUDA_FOUND ON)
    endif()
    if(QAMRO_CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
      set(CMAKE_CUDA_COMPILER_LAUNCHER ${QAMRO_CCACHE})
    endif()
  endif()
  if(NOT QAMRO_CUDA_FOUND AND NOT QAMRO_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "QAMRO_CUDA=${QAMRO_CUDA}: expected a CUDA compiler of version 12 or newer, found none. "
                        "Pass -DCMAKE_CUDA_COMPILER=…/nvcc, or -DQAMRO_CUDA=OFF")
  endif()
endif()
if(NOT QAMRO_CUDA_FOUND)
  message(STATUS "qamro: no CUDA compiler (QAMRO_CUDA=${QAMRO_CUDA}): the ranking loss is for the CPU only")
endif()

get_filename_component(_qamro_cuda_bin "${CMAKE_CUDA_COMPILER}" DIRECTORY)
find_path(QAMRO_CCCL_INCLUDE_DIR thrust/version.h
          HINTS ${_qamro_cuda_bin}/../include $ENV{CUDA_HOME}/include /usr/local/cuda/include
          PATH_SUFFIXES cccl)
# Thrust 2, as CUDA 12 brings it. A distribution's older one is passed over.
if(QAMRO_CCCL_INCLUDE_DIR)
  file(STRINGS ${QAMRO_CCCL_INCLUDE_DIR}/thrust/version.h _qamro_thrust REGEX "define THRUST_VERSION +[0-9]+")
  string(REGEX MATCH "[0-9]+" _qamro_thrust "${_qamro_thrust}")
  if(_qamro_thrust VERSION_LESS 200000)
    set(QAMRO_CCCL_INCLUDE_DIR OFF)
  endif()
endif()

# Includes and warnings of everything that nvcc compiles. --fmad=false: a fused multiply-add rounds a hinge near 0
# otherwise than the CPU does, so that another pair would be active.
function(qamro_compile_cuda NAME)
  target_include_directories(${NAME} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  # Not 20, which Debian 12's CMake does not know for CUDA.
  set_target_properties(${NAME} PROPERTIES CUDA_STANDARD 17 CUDA_STANDARD_REQUIRED ON CUDA_EXTENSIONS OFF)
  target_compile_options(${NAME} PRIVATE
    $<$<COMPILE_LANGUAGE:CUDA>:--extended-lambda --fmad=false -Xcompiler=-ffp-contract=off,-Wall,-Wextra,-Wshadow>)
  if(QAMRO_WARNINGS_AS_ERRORS)
    target_compile_options(${NAME} PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:-Werror=all-warnings>)
  endif()
endfunction()
