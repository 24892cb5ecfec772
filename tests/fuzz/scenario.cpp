// The scenario language on arbitrary text: it never crashes, the same text says the same, and every
// diagnostic points at a place inside the file as an editor counts lines and characters.
#include "reports/write/page.h"
#include "rig/scenario/catalogue.h"
#include "rig/scenario/check.h"
#include "rig/scenario/diagnostics.h"
#include "rig/scenario/loader.h"
#include "rig/verbs/table.h"
#include "server/base/check.h"
#include "tests/fuzz/fuzz.h"

#include <algorithm>
#include <string>

namespace {

using namespace drydock;
using namespace drydock::rig;

struct Words {
    std::vector<VerbSpec> verbs = verb_specs();
    Known known;

    Words() {
        known.verbs = verbs;
        for (auto const& row : load_catalogue(report::catalogue_text())) { known.requirements.push_back(row.id); }
        known.benches = {"virtual", "loopback", "loopback-tls"};
    }
};

// Characters of each line; the place just after the last one counts as inside.
std::vector<std::size_t> line_lengths(std::string_view text) {
    std::vector<std::size_t> lengths{0};
    for (char const c : text) {
        bool const begins_character = (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
        if (c == '\n') {
            lengths.push_back(0);
        } else if (begins_character) {
            ++lengths.back();
        }
    }
    return lengths;
}

void judge_places(std::vector<Diagnostic> const& diagnostics, std::vector<std::size_t> const& lengths) {
    for (Diagnostic const& one : diagnostics) {
        DRYDOCK_CHECK(!one.message.empty());
        DRYDOCK_CHECK(one.at.line >= 1);
        DRYDOCK_CHECK(one.at.line <= lengths.size());
        DRYDOCK_CHECK(one.at.column >= 1);
        DRYDOCK_CHECK(one.at.column <= lengths[one.at.line - 1] + 1);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static Words const words;
    std::string_view const text = as_text(fuzz::bytes_of(data, size));
    auto const lengths = line_lengths(text);
    LoadResult const loaded = load_scenario("fuzz.scenario.yaml", text);
    judge_places(loaded.diagnostics, lengths);
    auto const checked = check(loaded.scenario, words.known);
    judge_places(checked, lengths);
    std::string const printed = print(loaded.diagnostics, text) + print(checked, text);
    bool const is_good = loaded.diagnostics.empty() && checked.empty();
    DRYDOCK_CHECK(printed.empty() == is_good);
    LoadResult const again = load_scenario("fuzz.scenario.yaml", text);
    DRYDOCK_CHECK(print(again.diagnostics, text) + print(check(again.scenario, words.known), text) == printed);
    return 0;
}
