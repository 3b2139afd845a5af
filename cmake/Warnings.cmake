# Warnings are errors, for every compiler the project supports (g++ 12, clang 19).
add_library(florin_warnings INTERFACE)
target_compile_options(florin_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Werror
  -fno-math-errno -fstack-protector-strong -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports false positives in inlined std::vector and std::string code at -O2.
  target_compile_options(florin_warnings INTERFACE
    -Wno-error=maybe-uninitialized -Wno-error=stringop-overflow -Wno-error=array-bounds
    -Wno-error=restrict)
endif()
