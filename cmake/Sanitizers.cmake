# FLORIN_SANITIZE=address;undefined or thread instruments every target alike.
if(FLORIN_SANITIZE)
  list(JOIN FLORIN_SANITIZE "," florin_sanitizers)
  add_compile_options(-fsanitize=${florin_sanitizers} -fno-omit-frame-pointer
                      -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${florin_sanitizers})
endif()
