# SPDX-License-Identifier: Apache-2.0
dew_test(viewer_inspect_test SOURCES inspect_test.cpp pick_test.cpp LIBS dew::viewer)
