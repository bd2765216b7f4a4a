# `cmake --install` puts a whole qamro under a prefix, which may be moved afterwards (docs/adr/0014-installed-library.md):
#   bin/qamro, completions for bash, zsh and fish, share/qamro/models
#   lib/libqamro.so, include/qamro (PUBLIC_HEADERS of each folder), lib/cmake/qamro
#   lib/qamro: the libraries of the torch wheel that both of them run on
include(CMakePackageConfigHelpers)
qamro_torch_version("${QAMRO_TORCH_DIR}" QAMRO_TORCH_VERSION)
set(QAMRO_SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})  # before 1.0 every minor version may change

# The folders with public functions, whole, and of the others what these need.
set(_public qamro_core qamro_audio qamro_data qamro_metrics qamro_ranking_kernel qamro_losses qamro_models qamro_scoring)
set(_objects ${_public})
list(TRANSFORM _objects REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")
add_library(qamro_shared SHARED ${_objects})
target_link_libraries(qamro_shared PRIVATE qamro_options ${_public})
# Thrust's and CUDA's own symbols, which nvcc does not hide.
target_link_options(qamro_shared PRIVATE LINKER:--exclude-libs,libqamro_ranking_cuda.a:libcudart_static.a)
set_target_properties(qamro_shared PROPERTIES
  OUTPUT_NAME qamro VERSION ${PROJECT_VERSION} SOVERSION ${QAMRO_SOVERSION}
  LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR} INSTALL_RPATH "$ORIGIN/qamro")

file(RELATIVE_PATH _lib ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
set_target_properties(qamro PROPERTIES INSTALL_RPATH "$ORIGIN/${_lib}/qamro")
install(TARGETS qamro qamro_shared RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(CODE "set(QAMRO_TORCH_LIBRARY \"${QAMRO_TORCH_DIR}/lib/libtorch_cpu.so\")
  set(QAMRO_TORCH_DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/qamro\")")
install(SCRIPT ${CMAKE_CURRENT_LIST_DIR}/InstallTorch.cmake)

set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/qamro)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/qamroConfig.cmake.in ${PROJECT_BINARY_DIR}/qamroConfig.cmake
  INSTALL_DESTINATION ${_package} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/qamroConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/qamroConfig.cmake ${PROJECT_BINARY_DIR}/qamroConfigVersion.cmake
              ${CMAKE_CURRENT_LIST_DIR}/qamroTorch.cmake DESTINATION ${_package})

# Distill-MOS' weights are not in git: `make setup` takes them out of its wheel.
install(DIRECTORY models/ DESTINATION ${CMAKE_INSTALL_DATADIR}/qamro/models PATTERN "*.pt" EXCLUDE PATTERN "*.aside" EXCLUDE)
install(FILES models/distill-mos/distill_mos_v7.pt DESTINATION ${CMAKE_INSTALL_DATADIR}/qamro/models/distill-mos)
install(FILES LICENSE NOTICE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# The command writes its own completions.
if(NOT CMAKE_CROSSCOMPILING)
  foreach(_completion IN ITEMS bash=bash-completion/completions/qamro zsh=zsh/site-functions/_qamro
                               fish=fish/vendor_completions.d/qamro.fish)
    string(REGEX MATCH "^([a-z]+)=(.+)/([^/]+)$" _ ${_completion})
    set(_file ${PROJECT_BINARY_DIR}/completions/${CMAKE_MATCH_1}/${CMAKE_MATCH_3})
    install(CODE "file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/completions/${CMAKE_MATCH_1})
      execute_process(COMMAND \"$<TARGET_FILE:qamro>\" completion ${CMAKE_MATCH_1} OUTPUT_FILE \"${_file}\"
                      COMMAND_ERROR_IS_FATAL ANY)")
    install(FILES ${_file} DESTINATION ${CMAKE_INSTALL_DATADIR}/${CMAKE_MATCH_2})
  endforeach()
endif()
