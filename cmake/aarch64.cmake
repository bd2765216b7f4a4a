# A toolchain file: builds for aarch64 on another machine, with Debian's g++-aarch64-linux-gnu, and runs what it built
# under qemu-user. tools/aarch64.sh fills QAMRO_SYSROOT with Debian's arm64 libraries and calls this.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
if(NOT QAMRO_SYSROOT)
  set(QAMRO_SYSROOT $ENV{QAMRO_SYSROOT})
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES QAMRO_SYSROOT)
set(CMAKE_SYSROOT ${QAMRO_SYSROOT})
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -L ${QAMRO_SYSROOT})

set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${QAMRO_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${QAMRO_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${QAMRO_SYSROOT}/usr/share/pkgconfig)
