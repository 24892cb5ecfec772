// How a load run looks while it is played: one line in place on a terminal, a plain line now and then
// anywhere else.
#pragma once

#include "rig/load/load_run.h"

#include <string>

namespace drydock::rig {

// "[hold 1:23/4:00] online 4987/5000 …"; ends with the time that is left.
[[nodiscard]] std::string progress_text(LoadProgress const& progress);

class LoadProgressLine {
public:
    enum class Form { in_place, plain, none };

    explicit LoadProgressLine(Form form) : form_(form) {}
    ~LoadProgressLine();
    LoadProgressLine(LoadProgressLine const&) = delete;
    LoadProgressLine& operator=(LoadProgressLine const&) = delete;

    // On standard error.
    void step(std::string const& text);
    void show(LoadProgress const& progress);

private:
    void end_line();

    Form form_;
    Duration shown_{};
    bool is_open_ = false;  // the cursor stands behind a line
};

// In place on a terminal, plain otherwise; none when quiet.
[[nodiscard]] LoadProgressLine::Form progress_form(bool is_quiet);

}  // namespace drydock::rig
