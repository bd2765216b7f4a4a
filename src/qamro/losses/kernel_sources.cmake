# The losses without torch. python/CMakeLists.txt reads this list too: the Python package's library holds them.
set(QAMRO_RANKING_KERNEL_SOURCES
  argsort.cpp lambda_rank_axis.cpp listmle_axis.cpp listnet_axis.cpp listwise_axis.cpp option_checks.cpp
  permutahedron.cpp ranking_axis.cpp ranking_kernel.cpp ranking_options.cpp ranknet_axis.cpp
  spearman_axis.cpp)
