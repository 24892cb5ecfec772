#include "reports/write/page.h"
#include "reports/write/text.h"
#include "reports/write/write.h"

#include <fmt/format.h>

namespace drydock::report {

namespace {

std::string load_summary(LoadRecord const& load) {
    std::string out =
        fmt::format("<tr><td colspan=4>{}: {}</td></tr>\n", to_text(load.verdict), as_markup(load.sentence));
    for (LoadThreshold const& one : load.thresholds) {
        out += fmt::format("<tr><td>{}</td><td>{}</td><td colspan=2>{}</td></tr>\n", as_markup(outcome_of(one)),
                           as_markup(one.text), as_markup(one.observed));
    }
    return out;
}

// What a reader without scripts gets: some mail and CI viewers switch them off.
std::string summary(RunRecord const& run) {
    std::string out = fmt::format("<h1>Drydock report: {}</h1>\n<p>{}</p>\n", to_text(run.verdict),
                                  as_markup(run.started + ", " + run.command));
    if (std::string const part = part_to_merge(run); !part.empty()) { out += "<p>" + as_markup(part) + "</p>\n"; }
    out += "<table>\n";
    for (CaseRecord const& one : run.cases) {
        out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", to_text(one.verdict),
                           as_markup(one.id), as_markup(one.bench), as_markup(one.title));
        if (!one.message.empty()) { out += fmt::format("<tr><td colspan=4>{}</td></tr>\n", as_markup(one.message)); }
        if (one.load) { out += load_summary(*one.load); }
        for (StepRecord const& step : one.steps) {
            if (step.verdict == Verdict::pass) { continue; }
            out += fmt::format("<tr><td colspan=4>{}:{} {}: {}</td></tr>\n", as_markup(step.file), step.line,
                               as_markup(step.id), as_markup(step.message));
        }
    }
    out += "</table>\n<table>\n";
    for (RequirementVerdict const& judged : run.requirements) {
        Requirement const& requirement = judged.requirement;
        out += fmt::format("<tr><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", as_markup(requirement.id),
                           to_text(judged.verdict), as_markup(requirement.level), as_markup(requirement.text));
    }
    return out + "</table>\n";
}

// Inside a script element only '<' can end it; JSON may write it as an escape.
std::string for_script(std::string_view json) {
    std::string out;
    for (char c : json) {
        if (c == '<') {
            out += "\\u003c";
        } else {
            out += c;
        }
    }
    return out;
}

}  // namespace

std::string write_html(RunRecord const& run) {
    std::string const text[] = {std::string(page_style()), summary(run), for_script(write_json(run)),
                                std::string(page_script())};
    constexpr std::string_view marks[] = {"@STYLE@", "@SUMMARY@", "@RECORD@", "@SCRIPT@"};
    // The marks stand in this order, and each is looked for behind what was filled in: a record that
    // holds a mark changes nothing.
    std::string page(page_template());
    std::size_t from = 0;
    for (std::size_t i = 0; i < std::size(marks); ++i) {
        auto const at = page.find(marks[i], from);
        page.replace(at, marks[i].size(), text[i]);
        from = at + text[i].size();
    }
    return page;
}

}  // namespace drydock::report
