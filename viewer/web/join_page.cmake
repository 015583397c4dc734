# SPDX-License-Identifier: Apache-2.0
# Joins style, scripts and module to one page without files: cmake -DPARTS=FOLDER -DMODULE=dew.wasm[.gz] -DOUTPUT=page.html -P join_page.cmake
# Scripts are modules that import by name from one another. Joined in the order below they need no imports; so names at the top of a
# module must differ from those of all others.
set(order module shaders gl points meshes splats renderer state histogram panels input files main)

set(script "")
foreach(name IN LISTS order)
  file(READ ${PARTS}/${name}.mjs text)
  string(REGEX REPLACE "(^|\n)import [^\n]*" "\\1" text "${text}")
  string(REGEX REPLACE "\nexport " "\n" text "${text}")
  string(APPEND script "${text}\n")
endforeach()
file(READ ${PARTS}/page.css style)
file(READ ${PARTS}/page.html page)

# A stored module is compressed already.
set(compress gzip -9 -n -c)
if(MODULE MATCHES "\\.gz$")
  set(compress cat)
endif()
execute_process(COMMAND ${compress} ${MODULE} COMMAND base64 -w 0 OUTPUT_VARIABLE module RESULTS_VARIABLE failed)
if(NOT failed STREQUAL "0;0" OR module STREQUAL "")
  message(FATAL_ERROR "cannot compress ${MODULE}: ${failed}")
endif()

string(REPLACE "/* dew: style */" "${style}" page "${page}")
string(REPLACE "/* dew: script */" "${script}" page "${page}")
string(REPLACE "<!-- dew: module -->" "${module}" page "${page}")
file(WRITE ${OUTPUT} "${page}")
