// Runs a fuzz target once over every file named, and over every file of every folder named. For
// compilers without libFuzzer: the kept inputs stay a test everywhere. No file at all is a failure.
#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> files_of(std::span<char* const> arguments) {
    std::vector<fs::path> files;
    for (fs::path const named : arguments) {
        if (!fs::is_directory(named)) {
            files.push_back(named);
            continue;
        }
        for (auto const& entry : fs::directory_iterator(named)) {
            if (entry.is_regular_file()) { files.push_back(entry.path()); }
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

void replay(fs::path const& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) { throw fs::filesystem_error("cannot be read", file, std::make_error_code(std::errc::io_error)); }
    std::vector<char> const text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    std::vector<std::uint8_t> const input(text.begin(), text.end());
    LLVMFuzzerTestOneInput(input.data(), input.size());
}

}  // namespace

int main(int count, char** arguments) {
    try {
        auto const files = files_of(std::span(arguments, static_cast<std::size_t>(count)).subspan(1));
        for (fs::path const& file : files) {
            // Said beforehand, so that a crash names its file.
            std::printf("%s\n", file.filename().c_str());
            std::fflush(stdout);
            replay(file);
        }
        std::printf("%zu inputs replayed\n", files.size());
        return files.empty() ? 1 : 0;
    } catch (std::exception const& failure) {
        std::fprintf(stderr, "replay: %s\n", failure.what());
        return 1;
    }
}
