# qamro_library(NAME [TORCH] SOURCES … [DEPENDS …] [PRIVATE_DEPENDS …]) and qamro_test(NAME [TORCH] [TIERS FILTER]
# SOURCES … DEPENDS …): one static library and one test program a folder. TORCH links the wheel and uses the
# precompiled header. TIERS runs the tests of that filter once more for each tier of instructions that the processor
# has (QAMRO_CPU). qamro_use_torch(NAME [HEADER]): HEADER is the target of the precompiled header with NAME's options.
function(qamro_use_torch NAME)
  set(_header qamro_torch_pch ${ARGN})
  list(GET _header -1 _header)
  target_link_libraries(${NAME} PUBLIC torch::cpu)
  target_precompile_headers(${NAME} REUSE_FROM ${_header})
  get_target_property(_type ${NAME} TYPE)
  if(_type STREQUAL "EXECUTABLE")  # as the precompiled header: CMake would say -fPIE here and -fPIC there
    set_target_properties(${NAME} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${NAME} PRIVATE -fPIC)
  endif()
endfunction()

function(_qamro_common NAME IS_TORCH)
  target_link_libraries(${NAME} PRIVATE qamro_options)
  if(IS_TORCH)
    qamro_use_torch(${NAME} ${ARGN})
  endif()
endfunction()

function(qamro_library NAME)
  cmake_parse_arguments(ARG "TORCH" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(${NAME} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE ${ARG_PRIVATE_DEPENDS})
  _qamro_common(${NAME} "${ARG_TORCH}")
endfunction()

function(qamro_test NAME)
  cmake_parse_arguments(ARG "TORCH" "TIERS" "SOURCES;DEPENDS" ${ARGN})
  if(NOT TARGET qamro_test_main)
    add_library(qamro_test_main STATIC "${PROJECT_SOURCE_DIR}/tests/main.cpp")
    target_link_libraries(qamro_test_main PRIVATE qamro_options PUBLIC qamro_core GTest::gmock)
  endif()
  add_executable(${NAME} ${ARG_SOURCES})
  target_include_directories(${NAME} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPENDS} qamro_test_main GTest::gmock)
  target_compile_definitions(${NAME} PRIVATE QAMRO_TEST_DIR="${PROJECT_SOURCE_DIR}/tests"
                                             QAMRO_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  set(_header qamro_torch_pch)
  if(QAMRO_TEST_OPTIONS)
    target_compile_options(${NAME} PRIVATE ${QAMRO_TEST_OPTIONS})
    set(_header qamro_torch_test_pch)
  endif()
  _qamro_common(${NAME} "${ARG_TORCH}" ${_header})
  gtest_discover_tests(${NAME} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${NAME}." PROPERTIES TIMEOUT 600)
  if(ARG_TIERS)
    foreach(tier IN ITEMS portable avx2 avx512 avx512-vnni avx512-bf16 amx-bf16 amx-int8)  # core/processor.h
      add_test(NAME ${NAME}@${tier} COMMAND ${NAME} --gtest_brief=1 --gtest_filter=${ARG_TIERS})
      set_tests_properties(${NAME}@${tier} PROPERTIES ENVIRONMENT QAMRO_CPU=${tier} SKIP_RETURN_CODE 77
                                                     PROCESSORS 2 TIMEOUT 900)
    endforeach()
  endif()
endfunction()
