# QAMRO_TORCH_DIR: the folder of an installed torch, of which headers and the library's name are used. Sought with the
# interpreter that runs pip: pip's isolated builds hide the environment's packages from `import`, but not from this.
if(NOT QAMRO_TORCH_DIR AND DEFINED ENV{QAMRO_TORCH_DIR})
  set(QAMRO_TORCH_DIR $ENV{QAMRO_TORCH_DIR})
endif()
if(NOT QAMRO_TORCH_DIR)
  find_package(Python REQUIRED COMPONENTS Interpreter)
  execute_process(
    COMMAND ${Python_EXECUTABLE} -c "
import importlib.util, os, site, sysconfig
found = importlib.util.find_spec('torch')
folders = [os.path.dirname(found.origin)] if found and found.origin else []
folders += [os.path.join(f, 'torch') for f in (sysconfig.get_path('purelib'), *site.getsitepackages())]
folders += [os.path.join(os.environ[v], 'lib', f'python{sysconfig.get_python_version()}', 'site-packages', 'torch')
            for v in ('VIRTUAL_ENV', 'CONDA_PREFIX') if v in os.environ]
print(next((f for f in folders if os.path.exists(os.path.join(f, 'include', 'torch', 'csrc', 'stable'))), ''))"
    OUTPUT_VARIABLE QAMRO_TORCH_DIR OUTPUT_STRIP_TRAILING_WHITESPACE)
endif()
set(QAMRO_TORCH_DIR "${QAMRO_TORCH_DIR}" CACHE PATH "Folder of the installed torch wheel (…/site-packages/torch)")
if(NOT EXISTS "${QAMRO_TORCH_DIR}/include/torch/csrc/stable/library.h")
  message(FATAL_ERROR "qamro needs torch 2.11 or newer to build: expected torch/csrc/stable/library.h under "
                      "'${QAMRO_TORCH_DIR}/include'. Install torch first, then: pip install --no-build-isolation . "
                      "(or set the environment variable QAMRO_TORCH_DIR=…/site-packages/torch)")
endif()
message(STATUS "torch: ${QAMRO_TORCH_DIR}")
