# SPDX-License-Identifier: Apache-2.0
# Highway and xxHash for WebAssembly: their headers suffice, but the folder in which they lie holds the C headers of the machine that
# builds, so they are linked into a folder of their own.
set(headers ${CMAKE_BINARY_DIR}/header_libraries)
file(MAKE_DIRECTORY ${headers})
find_path(DEW_XXHASH_INCLUDE_DIR xxhash.h PATHS /usr/local/include /usr/include REQUIRED)
file(CREATE_LINK ${DEW_XXHASH_INCLUDE_DIR}/xxhash.h ${headers}/xxhash.h SYMBOLIC)
target_include_directories(dew_flags SYSTEM INTERFACE ${headers})
find_path(DEW_HIGHWAY_INCLUDE_DIR hwy/highway.h PATHS /usr/local/include /usr/include)
if(DEW_HIGHWAY_INCLUDE_DIR)
  file(CREATE_LINK ${DEW_HIGHWAY_INCLUDE_DIR}/hwy ${headers}/hwy SYMBOLIC)
  file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/hwy-config.cmake
    "if(NOT TARGET hwy::hwy)\n  add_library(hwy::hwy INTERFACE IMPORTED)\nendif()\n")
  file(WRITE ${CMAKE_FIND_PACKAGE_REDIRECTS_DIR}/hwy-config-version.cmake "set(PACKAGE_VERSION 1.0)\nset(PACKAGE_VERSION_COMPATIBLE TRUE)\n")
endif()
