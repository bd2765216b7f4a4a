#pragma once

// Marks a function or a lambda for the GPU under nvcc and for the CPU under any compiler.
#if defined(__CUDACC__)
#define QAMRO_HOST_DEVICE __host__ __device__
#else
#define QAMRO_HOST_DEVICE
#endif
