// write_load_sample DIR: for each verdict a load run can have, its reports in a folder of that name; and in
// `virtual` those of a run in virtual time.
#include "reports/load_sample.h"
#include "reports/write/write.h"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

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
    using namespace drydock::report;
    std::vector<std::pair<std::string, RunRecord>> samples{{"virtual", test::virtual_load_sample()}};
    samples.front().second.cases.front().load->shards = {{0, 2}};  // one part of a run
    for (Verdict const verdict : load_verdicts()) {
        samples.emplace_back(to_text(verdict), test::load_sample(verdict));
    }
    for (auto const& [name, run] : samples) {
        std::filesystem::path const folder = std::filesystem::path(argv[1]) / name;
        std::filesystem::create_directories(folder);
        is_good = write(folder / "run.json", write_json(run)) && is_good;
        is_good = write(folder / "report.html", write_html(run)) && is_good;
        is_good = write(folder / "junit.xml", write_junit(run)) && is_good;
        is_good = write(folder / "summary.md", write_markdown(run)) && is_good;
    }
    return is_good ? 0 : 6;
}
