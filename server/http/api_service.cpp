// Health, and the API's own description.
#include "server/http/api.h"
#include "server/http/bootstrap.h"
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

json::object answer_of(std::string_view description) {
    json::object answer;
    answer["description"] = description;
    return answer;
}

json::array parameters_of(std::string_view path) {
    json::array parameters;
    for (auto at = path.find('{'); at != std::string_view::npos; at = path.find('{', at + 1)) {
        json::object parameter;
        parameter["name"] = path.substr(at + 1, path.find('}', at) - at - 1);
        parameter["in"] = "path";
        parameter["required"] = true;
        parameter["schema"] = json::object{{"type", "integer"}, {"minimum", 1}};
        parameters.push_back(std::move(parameter));
    }
    return parameters;
}

json::object operation_of(Route const& route) {
    json::object operation;
    operation["summary"] = route.summary;
    operation["parameters"] = parameters_of(route.path);
    if (!route.needs_session) { operation["security"] = json::array(); }
    if (route.verb) { operation["x-drydock-verb"] = to_text(*route.verb); }
    if (route.method == "POST" || route.method == "PATCH") {
        std::string_view const type = route.path == "/tokens/import" ? "text/csv" : "application/json";
        json::object content;
        content[type] = json::object();
        operation["requestBody"] = json::object{{"content", std::move(content)}};
    }
    json::object responses;
    responses["2XX"] = answer_of("Done");
    responses["4XX"] = json::object{{"$ref", "#/components/responses/Problem"}};
    responses["503"] = json::object{{"$ref", "#/components/responses/Problem"}};
    operation["responses"] = std::move(responses);
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
        {"GET", "/health", std::nullopt, false, &health, "Whether the cloud can serve"},
        {"GET", "/openapi.json", std::nullopt, false, &describe, "This description"},
    };
}

}  // namespace drydock
