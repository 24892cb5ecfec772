// Sessions that outlive the server that began them, and certificates that were looked into before.
#include "server/net/tls.h"

#include "server/base/real_loop.h"
#include "server/net/tcp.h"

#include <catch2/catch.hpp>
#include <openssl/ssl.h>

#include <array>
#include <memory>

using namespace drydock;

namespace {

constexpr WallTime k_today{std::chrono::milliseconds(1'700'000'000'000)};

// Says one byte to whoever comes, so that the session's ticket is read with it.
struct Host {
    explicit Host(StreamPtr its_stream) : stream(std::move(its_stream)) { push(); }
    void push() {
        std::array<std::byte, 1> const word{};
        auto const put = stream->write_some(word);
        if (!put && is_would_block(put.error())) { stream->wait_writable(on_ready<&Host::push>(*this)); }
    }
    StreamPtr stream;
};

struct Visitor {
    explicit Visitor(StreamPtr its_stream) : stream(std::move(its_stream)) { read(); }
    void read() {
        std::array<std::byte, 8> chunk{};
        auto const got = stream->read_some(chunk);
        if (!got && is_would_block(got.error())) { return stream->wait_readable(on_ready<&Visitor::read>(*this)); }
        is_let_in = got.has_value();
        is_over = true;
    }
    StreamPtr stream;
    bool is_let_in = false;
    bool is_over = false;
};

struct Site {
    // One connection from its beginning to its end. True when the visitor was let in.
    bool visit(std::shared_ptr<TlsContext> const& host_side, std::shared_ptr<TlsContext> const& guest_side,
               TlsMemory* memory = nullptr, std::string const& host_name = "localhost") {
        auto const listener = network.listen({"127.0.0.1", 0}).value();
        std::unique_ptr<Host> host;
        std::unique_ptr<Visitor> visitor;
        listener->start([&](StreamPtr stream, Arrival) {
            host = std::make_unique<Host>(tls_accept(host_side, std::move(stream)));
        });
        network.connect(listener->address(), [&](result<StreamPtr> stream) {
            visitor = std::make_unique<Visitor>(tls_connect(guest_side, std::move(*stream), host_name, memory));
        });
        while (!visitor || !visitor->is_over) { REQUIRE(real.reactor().run_one() == 1); }
        return visitor->is_let_in;
    }

    [[nodiscard]] std::shared_ptr<TlsContext> server(std::shared_ptr<TicketKeys const> keys) const {
        return TlsContext::server_from_text(texts.certificate, texts.key, std::move(keys));
    }

    RealLoop real;
    TcpNetwork network{real};
    TlsTexts texts = make_world_certificate();
    std::shared_ptr<TlsContext> client = TlsContext::client_from_text(texts.authority, TlsContext::Verify::yes);
    SystemEntropy entropy;
};

}  // namespace

TEST_CASE("a session goes on with the next server that has the same ticket keys, and with no other", "[net]") {
    Site site;
    TicketKeys const keys(site.entropy, k_today);
    auto const again = [&] { return std::make_shared<TicketKeys>(std::move(*TicketKeys::from_text(keys.text()))); };
    TlsMemory memory;
    REQUIRE(site.visit(site.server(again()), site.client, &memory));
    CHECK(memory.has_session());
    CHECK(memory.resumptions() == 0);
    REQUIRE(site.visit(site.server(again()), site.client, &memory));
    CHECK(memory.resumptions() == 1);
    REQUIRE(site.visit(site.server(std::make_shared<TicketKeys>(site.entropy, k_today)), site.client, &memory));
    CHECK(memory.resumptions() == 1);
}

TEST_CASE("a ticket of the key before still opens, and the session moves on to the new key", "[net]") {
    Site site;
    auto const keys = std::make_shared<TicketKeys>(site.entropy, k_today);
    auto const server = site.server(keys);
    TlsMemory memory;
    REQUIRE(site.visit(server, site.client, &memory));
    for (int day = 1; day <= 4; ++day) {
        REQUIRE(keys->renew(site.entropy, k_today + day * k_ticket_life));
        REQUIRE(site.visit(server, site.client, &memory));
        CHECK(memory.resumptions() == static_cast<std::uint32_t>(day));
    }
}

TEST_CASE("a session of TLS 1.2 goes on with its first ticket until the key of that is forgotten", "[net]") {
    Site site;
    REQUIRE(SSL_CTX_set_max_proto_version(static_cast<SSL_CTX*>(site.client->native()), TLS1_2_VERSION) == 1);
    auto const keys = std::make_shared<TicketKeys>(site.entropy, k_today);
    auto const server = site.server(keys);
    TlsMemory memory;
    REQUIRE(site.visit(server, site.client, &memory));
    void const* const first = memory.native();
    REQUIRE(first != nullptr);
    REQUIRE(keys->renew(site.entropy, k_today + k_ticket_life));
    REQUIRE(site.visit(server, site.client, &memory));
    CHECK(memory.native() == first);  // resumed: a whole handshake hands out a ticket
    REQUIRE(keys->renew(site.entropy, k_today + 3 * k_ticket_life));
    REQUIRE(site.visit(server, site.client, &memory));
    CHECK(memory.native() != first);
}

TEST_CASE("a session ends with the certificate that began it", "[net]") {
    Site site;
    auto const keys = std::make_shared<TicketKeys>(site.entropy, k_today);
    TlsMemory memory;
    REQUIRE(site.visit(site.server(keys), site.client, &memory));
    REQUIRE(site.visit(site.server(keys), site.client, &memory));
    CHECK(memory.resumptions() == 1);
    TlsTexts const renewed = make_world_certificate();
    auto const server = TlsContext::server_from_text(renewed.certificate, renewed.key, keys);
    CHECK_FALSE(site.visit(server, site.client, &memory));  // of another authority: seen, and refused
}

TEST_CASE("a certificate that was found good vouches for no other certificate and no other host", "[net]") {
    Site site;
    Site const other;
    auto const server = site.server(nullptr);
    REQUIRE(site.visit(server, site.client));
    CHECK(site.visit(server, site.client));
    CHECK_FALSE(site.visit(other.server(nullptr), site.client));
    CHECK_FALSE(site.visit(server, site.client, nullptr, "example.com"));
    CHECK(site.visit(server, site.client, nullptr, "127.0.0.1"));
    CHECK_FALSE(site.visit(server, site.client, nullptr, "192.0.2.1"));
    CHECK(site.visit(server, site.client));
}
