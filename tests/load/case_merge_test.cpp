#include "rig/record/load_merge.h"

#include <catch2/catch.hpp>

#include <string>

using namespace drydock;
using namespace drydock::rig;

TEST_CASE("cases of another scenario, bench or seed are no shards of one run", "[load][merge]") {
    report::CaseRecord first;
    first.id = "load.one";
    first.bench = "loopback";
    first.seed = 7;
    auto const refusal_of = [&first](report::CaseRecord const& other) -> std::string {
        try {
            check_same_case(first, other, 2);
        } catch (CannotMerge const& e) { return e.what(); }
        return "";
    };
    std::string const before = "record 2 is of another run than record 1: ";

    report::CaseRecord other = first;
    CHECK(refusal_of(other).empty());
    other.seed = 8;
    CHECK(refusal_of(other) == before + "seed 8, not 7");
    other.bench = "virtual";
    CHECK(refusal_of(other) == before + "bench virtual, not loopback");
    other.id = "load.two";
    CHECK(refusal_of(other) == before + "load.two, not load.one");
    other.title = "the same over TLS";
    CHECK(refusal_of(other) == before + "'the same over TLS', not ''");
}
