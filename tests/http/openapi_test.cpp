#include "rig/bench/bench.h"
#include "server/base/spawn.h"
#include "server/http/api.h"
#include "sim/phone/http_client.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <memory>
#include <set>
#include <string>
#include <utility>

using namespace drydock;

namespace {

// What a stranger without a session hears from a whole cloud in virtual time.
class Stranger {
public:
    Stranger() : bench_(rig::make_virtual_bench({})) {
        rig::Target const target = bench_->target();
        client_ =
            std::make_unique<HttpClient>(bench_->loop(), bench_->dialer(), target.address, target.tls, target.tls_host);
    }

    HttpAnswer ask(std::string method, std::string path) {
        bool is_done = false;
        HttpAnswer answer;
        spawn(bench_->loop().executor, "stranger",
              send(HttpRequest(std::move(method), std::move(path)), answer, is_done));
        REQUIRE(bench_->run_while([&is_done] { return !is_done; }));
        return answer;
    }

private:
    boost::asio::awaitable<void> send(HttpRequest request, HttpAnswer& answer, bool& is_done) {
        auto const got = co_await client_->send(std::move(request));
        if (got) { answer = *got; }
        is_done = true;
    }

    std::unique_ptr<rig::Bench> bench_;
    std::unique_ptr<HttpClient> client_;
};

boost::json::object description_from(Stranger& stranger) {
    HttpAnswer const answer = stranger.ask("GET", "/api/v1/openapi.json");
    REQUIRE(answer.status == 200);
    return boost::json::parse(answer.body).as_object();
}

std::string upper(std::string_view text) {
    std::string out;
    for (char c : text) { out += static_cast<char>(std::toupper(static_cast<unsigned char>(c))); }
    return out;
}

std::string with_ids(std::string_view pattern) {
    std::string out;
    bool is_inside = false;
    for (char c : pattern) {
        if (c == '{') { out += '1'; }
        is_inside = (is_inside || c == '{') && c != '}';
        if (!is_inside && c != '}') { out += c; }
    }
    return out;
}

// Whether the path fits the template: "/tokens/import" also fits "/tokens/{id}".
bool fits(std::string_view pattern, std::string_view path) {
    while (!pattern.empty() && !path.empty()) {
        auto const pattern_end = std::min(pattern.find('/', 1), pattern.size());
        auto const path_end = std::min(path.find('/', 1), path.size());
        if (!pattern.starts_with("/{") && pattern.substr(0, pattern_end) != path.substr(0, path_end)) { return false; }
        pattern.remove_prefix(pattern_end);
        path.remove_prefix(path_end);
    }
    return pattern.empty() && path.empty();
}

bool is_described(boost::json::object const& document, std::string_view method, std::string_view path) {
    auto const& paths = document.at("paths").as_object();
    return std::any_of(paths.begin(), paths.end(), [&](auto const& one) {
        return fits(one.key(), path) && one.value().as_object().contains(method);
    });
}

}  // namespace

TEST_CASE("the served description and the routes name the same operations", "[http][API-01]") {
    Stranger stranger;
    std::set<std::string> routed;
    for (Route const& route : routes()) {
        routed.insert(std::string(route.method) + " " + std::string(k_api_prefix) + std::string(route.path));
    }
    std::set<std::string> described;
    auto const document = description_from(stranger);
    for (auto const& path : document.at("paths").as_object()) {
        for (auto const& operation : path.value().as_object()) {
            described.insert(upper(operation.key()) + " " + std::string(path.key()));
        }
    }
    CHECK(described == routed);
    CHECK(described.size() > 20);
}

TEST_CASE("what is described is served, and no other method of a described path is", "[http][API-01]") {
    Stranger stranger;
    auto const document = description_from(stranger);
    for (auto const& path : document.at("paths").as_object()) {
        for (auto const* method : {"get", "post", "put", "patch", "delete"}) {
            auto const& operations = path.value().as_object();
            INFO(upper(method) << " " << std::string_view(path.key()));
            std::string const concrete = with_ids(path.key());
            unsigned const status = stranger.ask(upper(method), concrete).status;
            CHECK((status == 405) != is_described(document, method, concrete));
            if (!operations.contains(method)) { continue; }
            auto const& operation = operations.at(method).as_object();
            bool const is_open = operation.contains("security") && operation.at("security").as_array().empty();
            CHECK((is_open || status == 401));
            CHECK(status != 404);
            CHECK(status < 500);
        }
    }
    CHECK(stranger.ask("GET", "/api/v1/nothing-described").status == 404);
}

namespace {

boost::json::object operation_in(boost::json::object const& document, std::string_view method, std::string_view path) {
    return document.at("paths").as_object().at("/api/v1" + std::string(path)).as_object().at(method).as_object();
}

std::set<std::string> parameters_in(boost::json::object const& operation) {
    std::set<std::string> names;
    for (auto const& one : operation.at("parameters").as_array()) {
        names.insert(std::string(one.as_object().at("name").as_string()));
    }
    return names;
}

}  // namespace

TEST_CASE("the description says how lists are paged, what If-Match is for and what figures look like",
          "[http][API-01][API-04][API-06]") {
    Stranger stranger;
    auto const document = description_from(stranger);
    for (auto const* path : {"/tokens", "/devices", "/users", "/templates", "/organizations"}) {
        INFO(path);
        auto const names = parameters_in(operation_in(document, "get", path));
        CHECK(names.contains("after"));
        CHECK(names.contains("limit"));
    }
    auto const disclaim = operation_in(document, "post", "/tokens/{token}/disclaim");
    CHECK(parameters_in(disclaim).contains("If-Match"));
    CHECK(disclaim.at("responses").as_object().contains("410"));
    CHECK(disclaim.at("responses").as_object().contains("412"));
    CHECK(disclaim.at("x-drydock-verb").as_string() == "disclaim");
    CHECK(parameters_in(operation_in(document, "post", "/tokens")).contains("Idempotency-Key"));
    CHECK_FALSE(parameters_in(operation_in(document, "post", "/claims")).contains("If-Match"));
    auto const metrics = operation_in(document, "get", "/metrics");
    auto const& content = metrics.at("responses").as_object().at("2XX").as_object().at("content").as_object();
    CHECK(content.begin()->key() == "application/openmetrics-text; version=1.0.0; charset=utf-8");
}
