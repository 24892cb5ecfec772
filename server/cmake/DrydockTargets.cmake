# The libraries Drydock stands on, and the functions every room uses.

find_package(Boost 1.81 REQUIRED COMPONENTS system filesystem json)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PNG REQUIRED)
find_package(ZXing REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(QRENCODE REQUIRED IMPORTED_TARGET libqrencode)
pkg_check_modules(ARGON2 REQUIRED IMPORTED_TARGET libargon2)

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

# What every target of ours is compiled with.
add_library(drydock_options INTERFACE)
target_compile_features(drydock_options INTERFACE cxx_std_20)
target_compile_definitions(
    drydock_options
    INTERFACE BOOST_ASIO_SEPARATE_COMPILATION
              BOOST_BEAST_SEPARATE_COMPILATION
              BOOST_ASIO_NO_DEPRECATED
              BOOST_ASIO_DISABLE_BOOST_COROUTINE
              DRYDOCK_VERSION="${PROJECT_VERSION}")
target_compile_options(
    drydock_options
    INTERFACE -Wall
              -Wextra
              -Wpedantic
              -Wshadow
              -Wconversion
              -Wsign-conversion
              -Wold-style-cast
              -Wcast-align
              -Woverloaded-virtual
              -Wextra-semi
              -Wimplicit-fallthrough
              -fstack-protector-strong
              # g++ 12 takes Asio's own frame allocator for a mismatch when it inlines it.
              $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>
              $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond;-Wduplicated-branches;-Wlogical-op;-Wuseless-cast>
              $<$<CXX_COMPILER_ID:GNU>:-fcoroutines>
              $<$<BOOL:${DRYDOCK_WERROR}>:-Werror>)
if(DRYDOCK_SANITIZE)
    target_compile_options(
        drydock_options INTERFACE -fsanitize=${DRYDOCK_SANITIZE} -fno-omit-frame-pointer
                                  -fno-sanitize-recover=all)
    target_link_options(drydock_options INTERFACE -fsanitize=${DRYDOCK_SANITIZE})
    # Freed coroutine frames and connections stay visible to AddressSanitizer.
    target_compile_definitions(
        drydock_options INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING DRYDOCK_NO_SPARE_BLOCKS)
endif()
if(DRYDOCK_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        message(FATAL_ERROR "DRYDOCK_FUZZ needs clang: configure with --preset fuzz")
    endif()
    # Every room is watched for coverage; only the fuzz targets get libFuzzer's main.
    target_compile_options(
        drydock_options INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-omit-frame-pointer
                                  -fno-sanitize-recover=all)
    target_link_options(drydock_options INTERFACE -fsanitize=address,undefined)
    target_compile_definitions(drydock_options INTERFACE DRYDOCK_NO_SPARE_BLOCKS)
endif()
target_include_directories(drydock_options INTERFACE ${CMAKE_SOURCE_DIR})
target_include_directories(drydock_options SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_link_libraries(drydock_options INTERFACE Boost::system Threads::Threads)

# drydock_library(NAME SOURCES ... [USES rooms...] [PRIVATE third party...])
function(drydock_library NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE" ${ARGN})
    add_library(${NAME} STATIC ${ARG_SOURCES})
    target_link_libraries(${NAME} PUBLIC drydock_options ${ARG_USES} PRIVATE ${ARG_PRIVATE})
endfunction()

# drydock_executable(NAME SOURCES ... [USES rooms...] [PRIVATE third party...])
function(drydock_executable NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE" ${ARGN})
    add_executable(${NAME} ${ARG_SOURCES})
    target_link_libraries(${NAME} PRIVATE drydock_options ${ARG_USES} ${ARG_PRIVATE})
    set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
endfunction()

# drydock_test(NAME SOURCES ... [USES rooms...] [PRIVATE third party...] [LABELS labels...])
# One Catch2 binary and one ctest entry.
function(drydock_test NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE;LABELS" ${ARGN})
    add_executable(${NAME} ${ARG_SOURCES})
    target_link_libraries(${NAME} PRIVATE drydock_options drydock_test_main ${ARG_USES} ${ARG_PRIVATE})
    set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    add_test(NAME ${NAME} COMMAND ${NAME} --order rand --rng-seed time --warn NoAssertions)
    set_tests_properties(${NAME} PROPERTIES TIMEOUT 300)
    if(ARG_LABELS)
        set_tests_properties(${NAME} PROPERTIES LABELS "${ARG_LABELS}")
    endif()
endfunction()

# drydock_fuzz(NAME SOURCES ... [USES rooms...] [PRIVATE third party...])
# The binary fuzz_NAME and one ctest entry, NAME_replay, over fixtures/fuzz/NAME. Without
# DRYDOCK_FUZZ any compiler builds it: it then only runs the kept inputs again.
function(drydock_fuzz NAME)
    cmake_parse_arguments(ARG "" "" "SOURCES;USES;PRIVATE" ${ARGN})
    set(corpus ${CMAKE_SOURCE_DIR}/fixtures/fuzz/${NAME})
    add_executable(fuzz_${NAME} ${ARG_SOURCES})
    target_link_libraries(fuzz_${NAME} PRIVATE drydock_options ${ARG_USES} ${ARG_PRIVATE})
    set_target_properties(fuzz_${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
    if(NOT TARGET fuzz_targets)
        add_custom_target(fuzz_targets)
    endif()
    add_dependencies(fuzz_targets fuzz_${NAME})
    if(DRYDOCK_FUZZ)
        target_link_options(fuzz_${NAME} PRIVATE -fsanitize=fuzzer)
        add_test(NAME ${NAME}_replay COMMAND fuzz_${NAME} -runs=0 ${corpus})
    else()
        target_link_libraries(fuzz_${NAME} PRIVATE drydock_replay_main)
        add_test(NAME ${NAME}_replay COMMAND fuzz_${NAME} ${corpus})
    endif()
    set_tests_properties(${NAME}_replay PROPERTIES TIMEOUT 120)
endfunction()
