#include "rig/record/generator_judge.h"

#include "sim/fleet/words.h"

#include <fmt/format.h>

namespace drydock::rig {

namespace {

// A few are the background of any machine.
constexpr std::uint64_t k_lost_ignored = 10;

bool is_too_much(std::uint64_t lost, std::uint64_t connects) {
    return lost > k_lost_ignored && static_cast<double>(lost) > k_lost_share_max * static_cast<double>(connects);
}

}  // namespace

GeneratorJudgement judge(GeneratorFacts const& facts) {
    GeneratorJudgement judgement;
    if (!facts.has_sockets) { return judgement; }
    auto const fail = [&](std::string sentence) {
        judgement.is_good = false;
        if (judgement.sentence.empty()) { judgement.sentence = std::move(sentence); }
    };
    judgement.facts["listen overflows"] = std::to_string(facts.listen_overflows);
    judgement.facts["repeated connects"] = std::to_string(facts.repeated_connects);
    judgement.facts["busiest worker"] = load::print_share(facts.busiest) + " of a core";
    judgement.facts["saturated seconds"] = fmt::format("{} of {}", facts.saturated_looks, facts.looks);
    bool const is_saturated =
        static_cast<double>(facts.saturated_looks) > k_saturated_share_max * static_cast<double>(facts.looks);
    if (is_saturated) {
        fail(fmt::format("the generator had a core full in {} of {} seconds: use more workers or machines",
                         facts.saturated_looks, facts.looks));
    }
    judgement.facts["no descriptor or port left"] = std::to_string(facts.machine_full);
    if (facts.machine_full != 0) {
        fail(
            fmt::format("the generator's machine had no descriptor or port left {} times: use more workers or machines",
                        facts.machine_full));
    }
    if (is_too_much(facts.listen_overflows, facts.connects)) {
        fail(fmt::format("the kernel overflowed a listening queue {} times: its times are a second or more",
                         facts.listen_overflows));
    }
    if (is_too_much(facts.repeated_connects, facts.connects)) {
        fail(fmt::format("the kernel had to repeat {} connects of {}: their times say nothing about the server",
                         facts.repeated_connects, facts.connects));
    }
    return judgement;
}

}  // namespace drydock::rig
