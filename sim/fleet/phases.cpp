#include "sim/fleet/phases.h"

#include <algorithm>

namespace drydock::load {

namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

// Reads one phase after the other and notes everything that is wrong with it. What cannot be read
// is left out of the sums, so that one mistake does not bring a second complaint.
class Planner {
public:
    explicit Planner(std::uint64_t population) : population_(population) {}

    void add(PhaseSpec const& spec) {
        field_ = "phases[" + std::to_string(index_++) + "]";
        check_name(spec);
        check_kinds(spec);
        auto const over = over_of(spec);
        if (!over) { return; }
        auto arrive = arrivals_of(spec, *over);
        if (!arrive) { return; }
        check_population(spec.name, arrive->count());
        auto leave = leavings_of(spec, *over, arrive->count());
        if (!leave) { return; }
        Phase phase{spec.name, begin_, begin_ + *over, std::move(*arrive), std::move(*leave), arrivals_, leavings_};
        begin_ = phase.end;
        arrivals_ += phase.arrive.count();
        leavings_ += phase.leave.count();
        phases_.push_back(std::move(phase));
    }
    void complain(std::string_view part, std::string sentence) {
        problems_.push_back(Problem{field_ + std::string(part), std::move(sentence)});
    }
    [[nodiscard]] Problems const& problems() const { return problems_; }
    [[nodiscard]] std::vector<Phase> const& phases() const { return phases_; }
    [[nodiscard]] std::uint64_t arrivals() const { return arrivals_; }
    [[nodiscard]] std::uint64_t leavings() const { return leavings_; }

private:
    void check_name(PhaseSpec const& spec) {
        auto const& names = names_;
        if (!is_plain_name(spec.name)) {
            complain(".name", "a phase needs a name of up to 64 of a-z, 0-9, '_', '-' and '.', the first a letter");
        } else if (std::find(names.begin(), names.end(), spec.name) != names.end()) {
            complain(".name", "two phases are called " + quoted(spec.name) + ": give one of them another name");
        }
        names_.push_back(spec.name);
    }

    void check_kinds(PhaseSpec const& spec) {
        if (spec.is_hold && spec.arrive) { complain(".hold", "nobody arrives in a hold: take out hold or arrive"); }
        if (spec.is_hold && !spec.leave.empty()) {
            complain(".hold", "nobody leaves in a hold: take out hold or leave");
        }
        if (spec.leave == "all" && spec.arrive) {
            complain(".leave", "a phase in which all leave at its beginning cannot have arrivals: make it two phases");
        }
    }

    std::optional<Duration> time_of(std::string const& text, std::string_view part) {
        auto const over = read_duration(text);
        if (!over) {
            complain(part, text.empty() ? "say how long it lasts, like 30s or 5m"
                                        : quoted(text) + " is not a time: write a number and ms, s, m, h or d");
            return std::nullopt;
        }
        if (*over <= Duration::zero()) {
            complain(part, quoted(text) + " is not above zero: time only goes forward");
            return std::nullopt;
        }
        if (*over > Arrivals::k_over_max - begin_) {
            complain(part, "the run would last longer than seven days: make " + quoted(text) + " shorter");
            return std::nullopt;
        }
        return over;
    }

    std::optional<Rate> rate_of(std::string const& text, std::string_view part) {
        auto const rate = read_rate(text);
        if (!rate) {
            complain(part, quoted(text) + " is not a rate: write a number and /s, /min or /h");
            return std::nullopt;
        }
        if (*rate < Rate{} || *rate > Arrivals::k_rate_max) {
            complain(part, quoted(text) + " is not between 0/s and 1000000/s");
            return std::nullopt;
        }
        return rate;
    }

    std::optional<Duration> over_of(PhaseSpec const& spec) {
        if (!spec.arrive || spec.arrive->steps.empty()) { return time_of(spec.over, ".for"); }
        Duration sum{};
        for (std::size_t i = 0; i < spec.arrive->steps.size(); ++i) {
            auto const over = time_of(spec.arrive->steps[i].over, ".arrive.steps[" + std::to_string(i) + "].for");
            if (!over) { return std::nullopt; }
            sum += *over;
            if (sum > Arrivals::k_over_max - begin_) {
                complain(".arrive.steps", "the run would last longer than seven days: make the steps shorter");
                return std::nullopt;
            }
        }
        if (spec.over.empty()) { return sum; }
        auto const said = time_of(spec.over, ".for");
        if (said && *said != sum) {
            complain(".for",
                     quoted(spec.over) + " is not the sum of its steps, which is " + print(sum) + ": leave it out");
        }
        return said;
    }

    std::optional<Arrivals> arrivals_of(PhaseSpec const& phase, Duration over) {
        if (!phase.arrive) { return Arrivals::hold(over); }
        ArriveSpec const& spec = *phase.arrive;
        int const kinds = (spec.from.empty() ? 0 : 1) + (spec.burst.empty() ? 0 : 1) + (spec.steps.empty() ? 0 : 1);
        if (kinds != 1) {
            complain(".arrive", kinds == 0 ? "say who arrives: from, from and to, steps, or burst"
                                           : "from, steps and burst exclude each other: keep one");
            return std::nullopt;
        }
        if (!spec.to.empty() && spec.from.empty()) { complain(".arrive.to", "a ramp needs from beside to"); }
        if (!spec.spacing.empty() && spec.spacing != "even" && spec.spacing != "poisson") {
            complain(".arrive.spacing", quoted(spec.spacing) + " is not a spacing: write even or poisson");
        }
        Spacing const spacing = spec.spacing == "poisson" ? Spacing::poisson : Spacing::even;
        if (!spec.burst.empty()) { return burst_of(spec, over); }
        if (!spec.steps.empty()) { return steps_of(spec, spacing); }
        auto const from = rate_of(spec.from, ".arrive.from");
        auto const to = spec.to.empty() ? from : rate_of(spec.to, ".arrive.to");
        if (!from || !to) { return std::nullopt; }
        return somebody(Arrivals::ramp({*from, *to, over}, spacing));
    }

    std::optional<Arrivals> burst_of(ArriveSpec const& spec, Duration over) {
        auto const count = read_count(spec.burst);
        if (!count || *count == 0) {
            complain(".arrive.burst", quoted(spec.burst) + " is not a number of devices: write a whole number from 1");
            return std::nullopt;
        }
        if (!spec.spacing.empty()) { complain(".arrive.spacing", "a burst arrives at once: it has no spacing"); }
        return Arrivals::burst(*count, over);
    }

    std::optional<Arrivals> steps_of(ArriveSpec const& spec, Spacing spacing) {
        std::vector<Segment> segments;
        for (std::size_t i = 0; i < spec.steps.size(); ++i) {
            auto const rate = rate_of(spec.steps[i].rate, ".arrive.steps[" + std::to_string(i) + "].rate");
            if (!rate) { return std::nullopt; }
            // The times were looked at when their sum was taken.
            segments.push_back(Segment{*rate, *rate, read_duration(spec.steps[i].over).value_or(Duration::zero())});
        }
        return somebody(Arrivals::steps(segments, spacing));
    }

    // A phase whose rates bring nobody is a mistake in the unit more often than a wish.
    Arrivals somebody(Arrivals arrivals) {
        if (arrivals.count() == 0) {
            complain(".arrive",
                     "at this rate nobody arrives in " + print(arrivals.over()) + ": raise it, or write hold");
        }
        return arrivals;
    }

    void check_population(std::string const& name, std::uint64_t count) {
        if (arrivals_ > population_ || count <= population_ - arrivals_) { return; }
        complain(".arrive", std::to_string(arrivals_ + count) + " devices would have arrived by the end of " +
                                quoted(name) + ", and the population has " + std::to_string(population_) +
                                ": raise its count, or lower a rate");
    }

    std::optional<Arrivals> leavings_of(PhaseSpec const& spec, Duration over, std::uint64_t arriving) {
        std::uint64_t const present = arrivals_ - leavings_;
        if (spec.leave.empty()) { return Arrivals::hold(over); }
        if (spec.leave == "all") {
            if (present == 0) {
                complain(".leave", "nobody is there to leave at the beginning of " + quoted(spec.name));
            }
            return Arrivals::burst(present, over);
        }
        auto const rate = rate_of(spec.leave, ".leave");
        if (!rate) { return std::nullopt; }
        auto leave = Arrivals::constant(*rate, over);
        if (leave.count() == 0) {
            complain(".leave", "at this rate nobody leaves in " + print(over) + ": raise it, or take it out");
        }
        if (leave.count() > present + arriving) {
            complain(".leave", std::to_string(leave.count()) + " devices would leave in " + quoted(spec.name) +
                                   ", and " + std::to_string(present + arriving) +
                                   " are there: lower the rate, or write all");
        }
        return leave;
    }

    std::uint64_t population_;
    std::size_t index_ = 0;
    std::string field_;
    std::vector<std::string> names_;
    Problems problems_;
    std::vector<Phase> phases_;
    Duration begin_{};
    std::uint64_t arrivals_ = 0;
    std::uint64_t leavings_ = 0;
};

}  // namespace

checked<Phases> Phases::plan(std::vector<PhaseSpec> const& specs, std::uint64_t population) {
    if (specs.empty()) { return Problems{{"phases", "a load run needs at least one phase"}}; }
    if (specs.size() > k_phases_max) { return Problems{{"phases", "a load run has at most 100 phases"}}; }
    if (population == 0 || population > Arrivals::k_count_max) {
        return Problems{{"population", "a load run needs a population of 1 to 100000000 devices"}};
    }
    Planner planner(population);
    for (PhaseSpec const& spec : specs) { planner.add(spec); }
    if (!planner.problems().empty()) { return planner.problems(); }
    if (planner.arrivals() == 0) {
        return Problems{{"phases", "nobody arrives in any phase: give one of them arrive"}};
    }
    Phases phases;
    phases.phases_ = planner.phases();
    phases.arrivals_ = planner.arrivals();
    phases.leavings_ = planner.leavings();
    return phases;
}

std::optional<std::size_t> Phases::index_at(Duration since_begin) const {
    if (since_begin < Duration::zero() || since_begin >= end()) { return std::nullopt; }
    auto const is_after = [](Duration time, Phase const& phase) { return time < phase.end; };
    auto const found = std::upper_bound(phases_.begin(), phases_.end(), since_begin, is_after);
    return static_cast<std::size_t>(found - phases_.begin());
}

checked<Duration> Phases::when(std::string_view anchor, std::string_view field) const {
    auto const refuse = [&](std::string sentence) { return Problems{{std::string(field), std::move(sentence)}}; };
    if (anchor.starts_with('-') || (!anchor.empty() && anchor.front() >= '0' && anchor.front() <= '9')) {
        auto const time = read_duration(anchor);
        if (!time) { return refuse(quoted(anchor) + " is not a time: write a number and ms, s, m, h or d"); }
        if (*time < Duration::zero() || *time >= end()) {
            return refuse(quoted(anchor) + " is outside the run, which lasts " + print(end()));
        }
        return *time;
    }
    auto const plus = anchor.find('+');
    std::string_view const name = anchor.substr(0, plus);
    auto const is_named = [&](Phase const& phase) { return phase.name == name; };
    auto const phase = std::find_if(phases_.begin(), phases_.end(), is_named);
    if (phase == phases_.end()) {
        std::vector<std::string_view> names;
        for (Phase const& known : phases_) { names.emplace_back(known.name); }
        return refuse("there is no phase " + quoted(name) + did_you_mean(name, names));
    }
    if (plus == std::string_view::npos) { return phase->begin; }
    auto const after = read_duration(anchor.substr(plus + 1));
    if (!after || *after < Duration::zero()) {
        return refuse(quoted(anchor.substr(plus + 1)) + " is not a time: write a number and ms, s, m, h or d");
    }
    if (*after >= phase->end - phase->begin) {
        return refuse(quoted(anchor) + " is after the end of " + quoted(name) + ", which lasts " +
                      print(phase->end - phase->begin));
    }
    return phase->begin + *after;
}

PlanStream::PlanStream(Phases const& phases, Flow flow, Seed seed, Shard shard)
    : phases_(phases.all()), flow_(flow), seed_(seed), shard_(shard) {
    open_phase();
}

void PlanStream::open_phase() {
    Phase const& phase = phases_[phase_];
    bool const is_arriving = flow_ == Flow::arrive;
    // Each phase draws for itself: to change one does not move the arrivals of the others.
    Random random = Random(seed_).fork((is_arriving ? "arrive " : "leave ") + phase.name);
    stream_.emplace(is_arriving ? phase.arrive : phase.leave, Seed{random.next()}, shard_,
                    is_arriving ? phase.first_arrival : phase.first_leaving);
}

std::optional<Due> PlanStream::next_due() {
    for (;;) {
        if (auto due = stream_->next_due()) {
            due->at += phases_[phase_].begin;
            return due;
        }
        if (phase_ + 1 == phases_.size()) { return std::nullopt; }
        ++phase_;
        open_phase();
    }
}

}  // namespace drydock::load
