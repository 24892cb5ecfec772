#include "sim/flood/flood.h"

#include "server/wire/frame.h"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <thread>

#include <sys/socket.h>
#include <unistd.h>

namespace drydock::load {

namespace {

constexpr std::string_view k_token = "0123456789abcdef0123456789abcdef";
constexpr int k_thinks_ms = 10;

Login a_login() {
    Login login;
    wire::append_frame(login.frame, wire::Command::login, 1, k_token);
    wire::append_response(login.right_answer, 1, wire::Status::ok);
    return login;
}

// Serves one visitor after the other and thinks long about each.
class SlowServer {
public:
    SlowServer() {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        auto* const address = reinterpret_cast<sockaddr*>(&at);
        REQUIRE(::bind(door_, address, size) == 0);
        REQUIRE(::listen(door_, SOMAXCONN) == 0);
        REQUIRE(::getsockname(door_, address, &size) == 0);
        port_ = ntohs(at.sin_port);
        // tidy: thread because the flood blocks the one of the test
        thread_ = std::thread([this] { serve(); });
    }
    ~SlowServer() {
        ::shutdown(door_, SHUT_RDWR);
        thread_.join();
        ::close(door_);
    }
    SlowServer(SlowServer const&) = delete;
    SlowServer& operator=(SlowServer const&) = delete;

    [[nodiscard]] Address address() const { return {"127.0.0.1", port_}; }

private:
    void serve() const {
        std::array<char, 256> heard{};
        for (int visitor = ::accept(door_, nullptr, nullptr); visitor >= 0;
             visitor = ::accept(door_, nullptr, nullptr)) {
            if (::recv(visitor, heard.data(), heard.size(), 0) > 0) {
                static_cast<void>(::poll(nullptr, 0, k_thinks_ms));
                static_cast<void>(::send(visitor, answer_.data(), answer_.size(), MSG_NOSIGNAL));
            }
            ::close(visitor);
        }
    }

    Bytes const answer_ = a_login().right_answer;
    int door_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    std::uint16_t port_ = 0;
    std::thread thread_;  // tidy: thread because the flood blocks the one of the test
};

}  // namespace

TEST_CASE("A server that cannot keep up costs latency, and is not taken for a late generator") {
    SlowServer const server;
    FloodOptions options;
    options.target = server.address();
    options.in_flight = 1;
    options.rate = 1'000;  // ten times what the server can
    options.warm_up = {};
    options.lasts = std::chrono::milliseconds(500);
    FloodResult const result = flood(options, {a_login()}, [](Instant) {});
    CHECK(result.wrong == 0);
    CHECK(result.failed() == 0);
    REQUIRE(result.done > 1);
    // What was due queued up meanwhile, so that latencies grow with the run.
    CHECK(result.latency.max() > std::chrono::milliseconds(10 * k_thinks_ms));
    CHECK(result.late.percentile(50) < result.latency.percentile(50) / 10);
}

}  // namespace drydock::load
