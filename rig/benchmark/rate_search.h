// The search for the highest rate that meets a condition, on a machine that is not always equally
// quiet: brackets it, halves the bracket, and then asks both ends once more. An end that does not
// hold was a bad or a good moment: the search goes on from there. Each rate is judged by the majority
// of two or three tries, an end by that of three to five. In whatever unit it is told. A plain object
// without I/O.
#pragma once

#include <optional>

namespace drydock::rig {

class RateSearch {
public:
    enum class Outcome { met, missed };

    // `about`: where to begin, such as what a closed loop reached; below `least` nothing is looked for.
    RateSearch(double about, double least);

    // The rate to try; nothing when the bracket is narrow enough, or no rate meets the condition.
    [[nodiscard]] std::optional<double> next() const;
    void tell(Outcome outcome);

    // The highest rate that met the condition (0: none) and the lowest that missed it (0: none yet).
    [[nodiscard]] double low() const { return low_; }
    [[nodiscard]] double high() const { return high_; }

private:
    enum class Stage { searching, asking_high_again, asking_low_again, done };

    void settle(Outcome outcome);
    void narrow(Outcome outcome);
    void step();
    [[nodiscard]] bool is_narrow() const;

    double least_;
    double low_ = 0;
    double high_ = 0;
    double rate_;
    double step_;
    Stage stage_ = Stage::searching;
    unsigned met_ = 0;
    unsigned missed_ = 0;
    unsigned settled_ = 0;
};

}  // namespace drydock::rig
