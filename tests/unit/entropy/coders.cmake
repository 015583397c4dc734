# SPDX-License-Identifier: Apache-2.0
# Tests of the coders and the integer networks.
dew_test(coders_test SOURCES range_coder_test.cpp binary_coder_test.cpp mixture_test.cpp intnet_test.cpp rans_test.cpp format_coders_test.cpp coders_golden_test.cpp)
set(DEW_CODER_SOURCES distribution.cpp intnet.cpp mixer.cpp rans.cpp)
# The same golden bits without optimisation.
list(TRANSFORM DEW_CODER_SOURCES PREPEND ${CMAKE_SOURCE_DIR}/entropy/ OUTPUT_VARIABLE coder_sources)
dew_test(coders_unoptimised_test SOURCES coders_golden_test.cpp ${coder_sources})
target_compile_options(coders_unoptimised_test PRIVATE -O0)
target_compile_definitions(coders_unoptimised_test PRIVATE CODERS_SUITE=CodersUnoptimised)
