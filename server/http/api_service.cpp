// Health, figures, and the API's own description.
#include "server/http/api.h"
#include "server/http/bootstrap.h"
#include "server/http/open_metrics.h"
#include "server/http/problem.h"

#include <boost/json.hpp>

#include <string>

namespace drydock {

namespace {

namespace json = boost::json;
using boost::asio::awaitable;

awaitable<ApiResponse> health(Call& call) {
    auto const root = call.api.store.organization(k_root_organization);
    if (!root) { co_return problem(root.error()); }
    json::object out;
    out["status"] = "ok";
    co_return json_response(200, out);
}

awaitable<ApiResponse> metrics(Call& call) {
    OpenMetrics page;
    if (call.api.options.metrics) { call.api.options.metrics(page); }
    ApiResponse response;
    response.content_type = k_open_metrics_type;
    response.body = page.finish();
    co_return response;
}

json::object answer_of(std::string_view description) {
    json::object answer;
    answer["description"] = description;
    return answer;
}

json::object parameter_of(std::string_view name, std::string_view in, std::string_view description,
                          json::object schema) {
    json::object parameter;
    parameter["name"] = name;
    parameter["in"] = in;
    parameter["description"] = description;
    parameter["schema"] = std::move(schema);
    return parameter;
}

json::array parameters_of(Route const& route) {
    std::string_view const path = route.path;
    json::array parameters;
    for (auto at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
        json::object parameter;
        parameter["name"] = path.substr(at + 1, path.find('}', at) - at - 1);
        parameter["in"] = "path";
        parameter["required"] = true;
        parameter["schema"] = json::object{{"type", "integer"}, {"minimum", 1}};
        parameters.push_back(std::move(parameter));
    }
    json::object const text{{"type", "string"}};
    if (route.shape == Shape::list) {
        json::object const cursor{{"type", "integer"}, {"minimum", 0}};
        json::object const limit{
            {"type", "integer"}, {"minimum", 1}, {"maximum", k_page_max}, {"default", Page{}.limit}};
        parameters.push_back(parameter_of("after", "query", "The `next` of the page before", cursor));
        parameters.push_back(parameter_of("limit", "query", "How many at most", limit));
    }
    if (route.shape == Shape::change) {
        parameters.push_back(parameter_of(
            "If-Match", "header", "The quoted epoch that was looked at: 412 when the ownership changed since", text));
    }
    if (route.shape == Shape::batch || route.shape == Shape::csv) {
        parameters.push_back(parameter_of("Idempotency-Key", "header",
                                          "The same key gives the same batch for 24 hours, made once", text));
    }
    if (route.shape == Shape::csv) {
        parameters.push_back(parameter_of("template", "query", "The template's id", json::object{{"type", "integer"}}));
    }
    if (route.rule.kind == Rule::Kind::policy) {
        parameters.push_back(parameter_of("Drydock-Organization", "header",
                                          "An administrator acts in this organization below his own", text));
    }
    return parameters;
}

// The form of what a success answers; empty for none.
std::string_view type_of(Route const& route) {
    if (route.shape == Shape::picture) { return "image/png"; }
    if (route.shape == Shape::metrics) { return k_open_metrics_type; }
    return "application/json";
}

json::object responses_of(Route const& route) {
    json::object done = answer_of("Done");
    json::object schema;
    if (route.shape == Shape::list) {
        json::object const next{{"type", json::array{"integer", "null"}}};
        schema["type"] = "object";
        schema["required"] = json::array{"content", "next"};
        schema["properties"] = json::object{{"content", json::object{{"type", "array"}}}, {"next", next}};
    }
    json::object media;
    if (!schema.empty()) { media["schema"] = std::move(schema); }
    json::object content;
    content[type_of(route)] = std::move(media);
    done["content"] = std::move(content);
    json::object responses;
    responses["2XX"] = std::move(done);
    bool const is_about_a_token = route.path.starts_with("/tokens/{");
    if (is_about_a_token) { responses["410"] = json::object{{"$ref", "#/components/responses/Problem"}}; }
    if (route.shape == Shape::change) { responses["412"] = json::object{{"$ref", "#/components/responses/Problem"}}; }
    responses["4XX"] = json::object{{"$ref", "#/components/responses/Problem"}};
    responses["503"] = json::object{{"$ref", "#/components/responses/Problem"}};
    return responses;
}

json::object operation_of(Route const& route) {
    json::object operation;
    operation["summary"] = route.summary;
    operation["parameters"] = parameters_of(route);
    if (route.rule.kind == Rule::Kind::open) { operation["security"] = json::array(); }
    if (route.rule.kind == Rule::Kind::policy) { operation["x-drydock-verb"] = to_text(route.rule.verb); }
    if (route.method == "POST" || route.method == "PATCH") {
        std::string_view const type = route.shape == Shape::csv ? "text/csv" : "application/json";
        json::object content;
        content[type] = json::object();
        operation["requestBody"] = json::object{{"content", std::move(content)}};
    }
    operation["responses"] = responses_of(route);
    return operation;
}

std::string lower(std::string_view method) {
    std::string out;
    for (char c : method) { out += static_cast<char>(c + 32); }
    return out;
}

json::object problem_response() {
    json::object error;
    error["type"] = "object";
    error["required"] = json::array{"code", "message"};
    error["properties"] =
        json::object{{"code", json::object{{"type", "string"}}}, {"message", json::object{{"type", "string"}}}};
    json::object schema;
    schema["type"] = "object";
    schema["required"] = json::array{"error"};
    schema["properties"] = json::object{{"error", std::move(error)}};
    json::object response = answer_of("Refused: the code says why");
    response["content"] = json::object{{"application/json", json::object{{"schema", std::move(schema)}}}};
    return response;
}

awaitable<ApiResponse> describe(Call&) {
    json::object paths;
    for (Route const& route : routes()) {
        std::string const path = std::string(k_api_prefix) + std::string(route.path);
        if (!paths.contains(path)) { paths[path] = json::object(); }
        paths[path].as_object()[lower(route.method)] = operation_of(route);
    }
    json::object schemes;
    schemes["bearer"] = json::object{{"type", "http"}, {"scheme", "bearer"}};
    schemes["cookie"] = json::object{{"type", "apiKey"}, {"in", "cookie"}, {"name", "__Host-drydock"}};
    json::object components;
    components["securitySchemes"] = std::move(schemes);
    components["responses"] = json::object{{"Problem", problem_response()}};
    json::object document;
    document["openapi"] = "3.1.0";
    document["info"] = json::object{{"title", "Drydock reference cloud"}, {"version", DRYDOCK_VERSION}};
    document["security"] =
        json::array{json::object{{"bearer", json::array()}}, json::object{{"cookie", json::array()}}};
    document["paths"] = std::move(paths);
    document["components"] = std::move(components);
    co_return json_response(200, document);
}

}  // namespace

std::vector<Route> service_routes() {
    return {
        {"GET", "/health", k_open, &health, "Whether the cloud can serve"},
        {"GET", "/metrics", k_open, &metrics, "Figures in OpenMetrics form; also at /metrics", Shape::metrics},
        {"GET", "/openapi.json", k_open, &describe, "This description"},
    };
}

}  // namespace drydock
