// A whole cloud in virtual time and a desk before it: one request after the other, as anybody.
#pragma once

#include "rig/bench/bench.h"
#include "server/base/spawn.h"
#include "sim/phone/http_client.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace drydock::test {

inline constexpr char const* k_password = "a long password";

class ApiDesk {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    ApiDesk() : bench_(rig::make_virtual_bench({})) {
        root = sign_in("admin@localhost", bench_->setup_password().reveal());
    }

    [[nodiscard]] rig::Bench& bench() { return *bench_; }

    // An empty session is a stranger.
    HttpAnswer ask(std::string const& session, std::string method, std::string path, std::string body = {},
                   Headers headers = {}) {
        rig::Target const target = bench_->target();
        HttpClient client(bench_->loop(), bench_->dialer(), target.address, target.tls, target.tls_host);
        HttpRequest request(std::move(method), std::move(path));
        request.headers = std::move(headers);
        if (!session.empty()) { request.headers.emplace_back("Authorization", "Bearer " + session); }
        if (!body.empty()) { request.content_type = "application/json"; }
        request.body = std::move(body);
        bool is_done = false;
        HttpAnswer answer;
        spawn(bench_->loop().executor, "desk", send(client, std::move(request), answer, is_done));
        REQUIRE(bench_->run_while([&is_done] { return !is_done; }));
        return answer;
    }

    // What must go well: the JSON of the answer.
    boost::json::object must(std::string const& session, std::string method, std::string path,
                             boost::json::object const& body = {}) {
        std::string const text = body.empty() ? std::string() : boost::json::serialize(body);
        HttpAnswer const answer = ask(session, std::move(method), "/api/v1" + path, text);
        INFO(answer.body);
        REQUIRE(answer.status / 100 == 2);
        return answer.body.empty() ? boost::json::object() : boost::json::parse(answer.body).as_object();
    }

    std::string sign_in(std::string const& email, std::string const& password = k_password) {
        auto const answer =
            must({}, "POST", "/sessions", {{"email", email}, {"password", password}, {"deliver", "bearer"}});
        return std::string(answer.at("session").as_string());
    }

    // Ids of what was made.
    std::uint64_t organization(std::string const& session, std::string const& name, std::string const& plan) {
        return must(session, "POST", "/organizations", {{"name", name}, {"plan", plan}})
            .at("id")
            .to_number<std::uint64_t>();
    }
    std::uint64_t user(std::string const& session, std::uint64_t where, std::string const& name,
                       std::string const& role) {
        boost::json::object const body{{"email", name + "@example.org"},
                                       {"name", name},
                                       {"role", role},
                                       {"password", k_password},
                                       {"organization", where}};
        return must(session, "POST", "/users", body).at("id").to_number<std::uint64_t>();
    }
    std::string session_of(std::string const& name) { return sign_in(name + "@example.org"); }

    // The code of a refusal.
    static std::string code_of(HttpAnswer const& answer) {
        if (answer.status < 400) { return "none"; }
        return std::string(boost::json::parse(answer.body).at("error").at("code").as_string());
    }

    std::string root;

private:
    static boost::asio::awaitable<void> send(HttpClient& client, HttpRequest request, HttpAnswer& answer,
                                             bool& is_done) {
        auto const got = co_await client.send(std::move(request));
        if (got) { answer = *got; }
        is_done = true;
    }

    std::unique_ptr<rig::Bench> bench_;
};

// A maker with a template, his customers and a stranger beside him, and their sessions.
struct Town {
    explicit Town(ApiDesk& its_desk, std::string const& plan = "business") : desk(its_desk) {
        maker_home = desk.organization(desk.root, "maker", plan);
        desk.user(desk.root, maker_home, "maker", "admin");
        maker = desk.session_of("maker");
        template_id = desk.must(maker, "POST", "/templates", {{"name", "box"}}).at("id").to_number<std::uint64_t>();
        customer_home = desk.organization(maker, "customer", plan);
        anna_id = desk.user(maker, customer_home, "anna", "user");
        anna = desk.session_of("anna");
    }

    std::uint64_t mint() {
        auto const made = desk.must(maker, "POST", "/tokens", {{"template", template_id}, {"count", 1}});
        return made.at("tokens").as_array().at(0).to_number<std::uint64_t>();
    }
    std::string path_of(std::uint64_t token) const { return "/tokens/" + std::to_string(token); }
    std::string code_of(std::uint64_t token) {
        return std::string(desk.must(maker, "GET", path_of(token) + "/secret").at("qr_text").as_string());
    }
    std::string auth_of(std::uint64_t token) {
        return std::string(desk.must(maker, "GET", path_of(token) + "/secret").at("auth_token").as_string());
    }
    std::string printed_of(std::uint64_t token) {
        return std::string(desk.must(maker, "GET", path_of(token)).at("printed").as_string());
    }
    HttpAnswer claim(std::string const& session, std::string const& code) {
        return desk.ask(session, "POST", "/api/v1/claims", boost::json::serialize(boost::json::object{{"code", code}}));
    }
    HttpAnswer remove(std::string const& session, std::uint64_t token, std::string const& printed,
                      ApiDesk::Headers headers = {}) {
        boost::json::object const body{{"confirm", printed}, {"claimed_included", true}};
        return desk.ask(session, "DELETE", "/api/v1" + path_of(token), boost::json::serialize(body),
                        std::move(headers));
    }

    ApiDesk& desk;
    std::uint64_t maker_home = 0;
    std::uint64_t customer_home = 0;
    std::uint64_t template_id = 0;
    std::uint64_t anna_id = 0;
    std::string maker;
    std::string anna;
};

}  // namespace drydock::test
