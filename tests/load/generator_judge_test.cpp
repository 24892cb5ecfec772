#include "rig/record/generator_judge.h"

#include <catch2/catch.hpp>

using namespace drydock::rig;

TEST_CASE("a generator is judged by its own core and by what the kernel lost", "[load][watch]") {
    GeneratorFacts good;
    good.has_sockets = true;
    good.connects = 20'000;
    good.looks = 100;
    good.saturated_looks = 10;
    good.repeated_connects = 20;
    CHECK(judge(good).is_good);
    CHECK(judge(good).facts.at("repeated connects") == "20");
    good.busiest = 0.997;
    CHECK(judge(good).facts.at("busiest worker") == "99.7 % of a core");
    good.busiest = 1;
    CHECK(judge(good).facts.at("busiest worker") == "100 % of a core");

    GeneratorFacts full = good;
    full.saturated_looks = 11;
    CHECK_FALSE(judge(full).is_good);
    CHECK(judge(full).sentence.find("11 of 100 seconds") != std::string::npos);

    GeneratorFacts lossy = good;
    lossy.repeated_connects = 21;
    CHECK_FALSE(judge(lossy).is_good);

    GeneratorFacts overflowing = good;
    overflowing.listen_overflows = 21;
    CHECK_FALSE(judge(overflowing).is_good);

    GeneratorFacts without_ports = good;
    without_ports.machine_full = 1;
    CHECK_FALSE(judge(without_ports).is_good);

    GeneratorFacts in_virtual_time = full;
    in_virtual_time.has_sockets = false;
    CHECK(judge(in_virtual_time).is_good);
}
