#include "rig/benchmark/auth_report.h"

#include <boost/json.hpp>

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace drydock::rig {

namespace {

namespace json = boost::json;

constexpr std::string_view k_format = "drydock-benchmark-1";

double milliseconds(Duration duration) { return std::chrono::duration<double, std::milli>(duration).count(); }

json::object run_json(AuthRun const& run) {
    json::object one;
    one["rate"] = run.rate;
    one["p50_ms"] = milliseconds(run.p50);
    one["p99_ms"] = milliseconds(run.p99);
    one["longest_ms"] = milliseconds(run.longest);
    one["since_due_p99_ms"] = milliseconds(run.since_due_p99);
    one["server_cpu_us"] = run.server_cpu_us;
    one["client_cpu_us"] = run.client_cpu_us;
    one["flood_cpu_us"] = run.flood_cpu_us;
    one["seconds"] = run.seconds;
    one["server_bytes"] = run.server_bytes;
    one["client_bytes"] = run.client_bytes;
    one["wrong"] = run.wrong;
    one["failed"] = run.failed;
    one["first_failure"] = run.first_failure;
    one["late_p99_ms"] = milliseconds(run.late_p99);
    one["listen_overflows"] = run.listen_overflows;
    one["syn_retransmits"] = run.syn_retransmits;
    one["resumed"] = run.resumed;
    one["minted"] = run.minted;
    one["claimed"] = run.claimed;
    return one;
}

json::object heading(AuthReport const& report) {
    json::object all;
    all["format"] = k_format;
    all["version"] = DRYDOCK_VERSION;
    all["machine"] = report.machine;
    all["compiler"] = report.compiler;
    all["commit"] = report.commit;
    json::array samples;
    for (Sampled const& sampled : samples_of(report)) {
        json::object one;
        one["case"] = sampled.name;
        one["server"] = sampled.server;
        one["tokens"] = sampled.tokens;
        one["measure"] = to_text(sampled.measure);
        one["of_limit"] = sampled.is_share;
        one["values"] = json::value_from(sampled.values);
        samples.push_back(std::move(one));
    }
    all["samples"] = std::move(samples);
    return all;
}

// Apart from what the JSON library throws, which says nothing of the place.
struct Refusal : std::invalid_argument {
    using invalid_argument::invalid_argument;
};

[[noreturn]] void refuse(std::string const& what) { throw Refusal(what); }

constexpr double k_figure_max = 1e15;  // far beyond what is measured, in any unit

double figure_from(json::value const& value) {
    error_code no_number;
    double const figure = value.to_number<double>(no_number);
    if (no_number || !(figure >= 0 && figure <= k_figure_max)) {
        refuse("values: a run is " + json::serialize(value) + ", no figure");
    }
    return figure;
}

Sampled sampled_from(json::object const& one) {
    Sampled sampled;
    sampled.name = one.at("case").as_string();
    sampled.server = one.at("server").as_string();
    sampled.tokens = one.at("tokens").to_number<std::uint64_t>();
    std::string const measure(one.at("measure").as_string());
    auto const known = measure_from(measure);
    if (!known) { refuse("measure: this drydock does not know '" + measure + "'"); }
    sampled.measure = *known;
    sampled.is_share = one.at("of_limit").as_bool();
    for (json::value const& value : one.at("values").as_array()) { sampled.values.push_back(figure_from(value)); }
    return sampled;
}

std::vector<Sampled> samples_from(json::array const& samples) {
    std::vector<Sampled> all;
    for (json::value const& one : samples) {
        std::string const place = "samples[" + std::to_string(all.size()) + "]";
        try {
            all.push_back(sampled_from(one.as_object()));
        } catch (Refusal const& e) { refuse(place + "." + e.what()); } catch (std::exception const&) {
            refuse(place +
                   ": a field is missing or of the wrong kind (case, server, tokens, measure, of_limit, values)");
        }
        auto const is_same = [&all](Sampled const& before) { return before.is_same_thing(all.back()); };
        auto const first = std::find_if(all.begin(), all.end(), is_same);
        if (first != std::prev(all.end())) {
            refuse(place + ": the same figure as samples[" + std::to_string(first - all.begin()) + "]");
        }
    }
    return all;
}

}  // namespace

std::string baseline_json(AuthReport const& report) { return json::serialize(heading(report)); }

std::string auth_json(AuthReport const& report) {
    json::object all = heading(report);
    all["was_interrupted"] = report.was_interrupted;
    all["in_flight"] = report.in_flight;
    json::array stocks;
    for (AuthStock const& stock : report.stocks) {
        stocks.push_back(json::object{
            {"tokens", stock.tokens}, {"fill_seconds", stock.fill_seconds}, {"start_seconds", stock.start_seconds}});
    }
    all["stocks"] = std::move(stocks);
    json::array results;
    for (AuthResult const& result : report.results) {
        json::array runs;
        for (AuthRun const& run : result.runs) { runs.push_back(run_json(run)); }
        json::object entry;
        entry["case"] = result.name;
        entry["server"] = result.server;
        entry["tokens"] = result.tokens;
        entry["runs"] = std::move(runs);
        results.push_back(std::move(entry));
    }
    all["results"] = std::move(results);
    return json::serialize(all);
}

Kept kept_from_json(std::string const& text) {
    if (text.empty()) { throw std::invalid_argument("it is empty"); }
    error_code no_json;
    json::value const value = json::parse(text, no_json);
    if (no_json || !value.is_object()) { throw std::invalid_argument("it is no JSON object"); }
    json::object const& all = value.as_object();
    auto const* format = all.if_contains("format");
    if (format == nullptr || !format->is_string() || format->as_string() != k_format) {
        throw std::invalid_argument("it is no result of 'drydock benchmark auth' (format " + std::string(k_format) +
                                    ")");
    }
    try {
        Kept kept;
        kept.machine = all.at("machine").as_string();
        kept.compiler = all.at("compiler").as_string();
        kept.commit = all.at("commit").as_string();
        kept.sampled = samples_from(all.at("samples").as_array());
        return kept;
    } catch (Refusal const&) { throw; } catch (std::exception const&) {
        refuse("a field is missing or of the wrong kind (machine, compiler, commit, samples)");
    }
}

}  // namespace drydock::rig
