// The search for the highest rate that meets a condition, on a machine that is not always equally
// quiet. Near that rate some tries meet the condition and some do not; the rate is where one in two
// does. It is first bracketed, each rate judged by the majority of two or three tries; then a walk
// goes up after each try that met the condition and down after each that missed, and so stays around
// the rate: its mean is the answer, and how far the means of its quarters lie apart the interval.
// In whatever unit it is told. A plain object without I/O.
#pragma once

#include <optional>
#include <vector>

namespace drydock::rig {

class RateSearch {
public:
    enum class Outcome { met, missed };

    // `about`: where to begin, such as what a closed loop reached; below `least` nothing is looked for.
    RateSearch(double about, double least);

    // The rate to try; nothing when the walk is at its end, or no rate meets the condition.
    [[nodiscard]] std::optional<double> next() const;
    void tell(Outcome outcome);

    // The rate; before the walk has begun, the highest that met the condition. 0: none.
    [[nodiscard]] double rate() const;
    // Of the interval; before the walk has begun, of the bracket. `high` is 0 when none missed yet.
    [[nodiscard]] double low() const;
    [[nodiscard]] double high() const;

private:
    void settle(Outcome outcome);
    [[nodiscard]] bool is_narrow() const;
    [[nodiscard]] double half_interval() const;

    double least_;
    double low_ = 0;
    double high_ = 0;
    double rate_;
    std::vector<double> walk_;  // the rates tried, without the first steps towards where it stays
    unsigned steps_walked_ = 0;
    bool is_walking_ = false;
    unsigned met_ = 0;
    unsigned missed_ = 0;
    unsigned settled_ = 0;
};

}  // namespace drydock::rig
