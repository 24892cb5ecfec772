// write_load_sample DIR: for each verdict a load run can have, its reports in a folder of that name.
#include "reports/load_sample.h"
#include "reports/write/write.h"

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace {

bool write(std::filesystem::path const& path, std::string const& text) {
    std::ofstream file(path);
    file << text;
    file.close();
    if (!file) { std::fprintf(stderr, "write_load_sample: cannot write %s\n", path.c_str()); }
    return !file.fail();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: write_load_sample DIR\n");
        return 4;
    }
    bool is_good = true;
    for (std::string const verdict : {"passed", "non_strict", "failed", "invalid"}) {
        std::filesystem::path const folder = std::filesystem::path(argv[1]) / verdict;
        std::filesystem::create_directories(folder);
        auto const run = drydock::report::test::load_sample(verdict);
        is_good = write(folder / "run.json", drydock::report::write_json(run)) && is_good;
        is_good = write(folder / "report.html", drydock::report::write_html(run)) && is_good;
        is_good = write(folder / "junit.xml", drydock::report::write_junit(run)) && is_good;
        is_good = write(folder / "summary.md", drydock::report::write_markdown(run)) && is_good;
    }
    return is_good ? 0 : 6;
}
