# SPDX-License-Identifier: Apache-2.0
# Tests of the coders and the integer networks.
dew_test(coders_test SOURCES range_coder_test.cpp binary_coder_test.cpp mixture_test.cpp intnet_test.cpp coders_golden_test.cpp)
# The same golden bits without optimisation.
dew_test(coders_unoptimised_test SOURCES coders_golden_test.cpp ${CMAKE_SOURCE_DIR}/entropy/mixer.cpp ${CMAKE_SOURCE_DIR}/entropy/mixture.cpp)
target_compile_options(coders_unoptimised_test PRIVATE -O0)
target_compile_definitions(coders_unoptimised_test PRIVATE CODERS_SUITE=CodersUnoptimised)
