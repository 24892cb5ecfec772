#include "rig/benchmark/auth_report.h"

#include <boost/json.hpp>

#include <stdexcept>

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

Sampled sampled_from(json::object const& one) {
    Sampled sampled;
    sampled.name = one.at("case").as_string();
    sampled.server = one.at("server").as_string();
    sampled.tokens = one.at("tokens").to_number<std::uint64_t>();
    auto const measure = measure_from(one.at("measure").as_string());
    if (!measure) { throw std::invalid_argument("it holds a measure this drydock does not know"); }
    sampled.measure = *measure;
    sampled.is_share = one.at("of_limit").as_bool();
    for (json::value const& value : one.at("values").as_array()) {
        sampled.values.push_back(value.to_number<double>());
    }
    return sampled;
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
        for (json::value const& one : all.at("samples").as_array()) {
            kept.sampled.push_back(sampled_from(one.as_object()));
        }
        return kept;
    } catch (std::invalid_argument const&) { throw; } catch (std::exception const& e) {
        throw std::invalid_argument(std::string("a field is missing or of the wrong kind: ") + e.what());
    }
}

}  // namespace drydock::rig
