// A cloud in a world of its own, with a door for TLS, whose bounds a test chooses.
#pragma once

#include "server/app/cloud.h"
#include "server/base/spawn.h"
#include "server/store/sqlite_store.h"
#include "sim/link/memory_network.h"
#include "sim/phone/http_client.h"
#include "sim/world/world.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace drydock::test {

inline constexpr char const* k_root_password = "a long password";

class SmallCloud {
public:
    explicit SmallCloud(CloudOptions options = {})
        : certificate_(make_world_certificate()),
          store(SqliteStore::open(world.loop(), ":memory:", SqliteStore::Commits::inline_)),
          cloud(world.loop(), network, *store, vault, events, with_doors(std::move(options))),
          trust(TlsContext::client_from_text(certificate_.authority, TlsContext::Verify::yes)) {}
    ~SmallCloud() { cloud.stop(); }

    // What start() told.
    result<void> start() {
        std::optional<result<void>> told;
        cloud.start([&told](result<void> started) { told.emplace(started); });
        REQUIRE(world.run_while([&told] { return !told.has_value(); }));
        return *told;
    }

    void pass(Duration time) { world.run_until(world.now() + time); }
    [[nodiscard]] Address plain() const { return {"cloud", 8080}; }
    [[nodiscard]] Address secure() const { return {"cloud", 9443}; }

    // One figure of the page of figures, asked for over a connection of its own.
    double figure(std::string const& name) {
        HttpAnswer const answer = ask(HttpRequest("GET", "/metrics"));
        auto const at = answer.body.find("\n" + name + " ");
        INFO(name << " in " << answer.body);
        REQUIRE(at != std::string::npos);
        return std::stod(answer.body.substr(at + name.size() + 2));
    }

    HttpAnswer ask(HttpRequest request) {
        HttpClient client(world.loop(), network, plain(), nullptr, "");
        bool is_done = false;
        HttpAnswer answer;
        spawn(world.loop().executor, "ask", send(client, std::move(request), answer, is_done));
        REQUIRE(world.run_while([&is_done] { return !is_done; }));
        return answer;
    }

    // Status 0: no answer.
    static boost::asio::awaitable<void> send(HttpClient& client, HttpRequest request, HttpAnswer& answer,
                                             bool& is_done) {
        auto const got = co_await client.send(std::move(request));
        if (got) { answer = *got; }
        is_done = true;
    }

private:
    CloudOptions with_doors(CloudOptions options) const {
        options.plain = plain();
        options.secure = secure();
        options.tls = TlsContext::server_from_text(certificate_.certificate, certificate_.key);
        options.setup_password = Secret(k_root_password);
        options.http.password_cost = PasswordCost{8, 1, 1};
        return options;
    }

    TlsTexts certificate_;

public:
    World world{Seed{1}};
    MemoryNetwork network{world};
    Vault vault{std::array<std::byte, 32>{std::byte{1}}};
    EventLog events{world.loop().clock};
    std::unique_ptr<SqliteStore> store;
    Cloud cloud;
    std::shared_ptr<TlsContext> trust;
};

}  // namespace drydock::test
