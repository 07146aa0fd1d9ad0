# Flags for our own targets. They are never exported: a user's code is held to the user's rules.
add_library(socketserver_flags INTERFACE)
target_compile_options(socketserver_flags INTERFACE
  -Wall -Wextra -Wpedantic
  -Wshadow                          # a member and a parameter of one name are a bug in waiting
  -Wconversion -Wsign-conversion    # lengths from the network must not change silently
  -Wnon-virtual-dtor -Woverloaded-virtual  # the hooks are virtual: one that hides instead of overriding is silent
  -Wundef
  -Wformat=2
  # g++ 12 raises a false alarm over std::string's own operator+ (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  $<$<BOOL:${SOCKETSERVER_WERROR}>:-Werror>)
