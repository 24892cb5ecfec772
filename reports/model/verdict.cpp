#include "reports/model/verdict.h"

#include <algorithm>

namespace drydock::report {

std::string_view to_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::not_applicable: return "NOT-APPLICABLE";
        case Verdict::not_covered: return "NOT-COVERED";
        case Verdict::pass: return "PASS";
        case Verdict::non_strict: return "NON-STRICT";
        case Verdict::inconclusive: return "INCONCLUSIVE";
        case Verdict::infrastructure: return "INFRASTRUCTURE";
        case Verdict::fail: return "FAIL";
    }
    return "FAIL";
}

Verdict worst(Verdict a, Verdict b) { return std::max(a, b); }

std::span<Verdict const> all_verdicts() {
    static constexpr Verdict k_all[] = {
        Verdict::not_applicable, Verdict::not_covered,    Verdict::pass, Verdict::non_strict,
        Verdict::inconclusive,   Verdict::infrastructure, Verdict::fail};
    return k_all;
}

std::span<Verdict const> load_verdicts() {
    static constexpr Verdict k_all[] = {Verdict::pass, Verdict::non_strict, Verdict::fail, Verdict::inconclusive};
    return k_all;
}

bool is_passed(Verdict verdict) { return verdict == Verdict::pass || verdict == Verdict::non_strict; }

}  // namespace drydock::report
