// The whole server on real sockets, and known devices that connect, log in, hear 200 and close: all of
// them at once, round after round, in one process and on one thread, so that every count repeats.
#pragma once

#include "server/app/cloud.h"
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "server/store/sqlite_store.h"
#include "server/wire/frame.h"
#include "tests/benchmark/filled_store.h"

#include <arpa/inet.h>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

namespace drydock::bench {

class PlainLogins {
public:
    explicit PlainLogins(std::size_t at_once) : logins_(at_once), sockets_(at_once, -1) {
        fill(*store_, vault_, real_.loop().entropy, at_once,
             [this](bool const& is_done) { run_while([&is_done] { return !is_done; }); });
        events_.keep_none();
        CloudOptions options;
        options.plain = Address{"127.0.0.1", 0};
        options.setup_password = Secret("a benchmark's password");
        options.http.password_cost = PasswordCost{8, 1, 1};
        cloud_.emplace(real_.loop(), network_, *store_, vault_, events_, options);
        bool is_open = false;
        cloud_->start([&is_open](result<void> started) { is_open = started.has_value(); });
        run_while([&is_open] { return !is_open; });
        server_.sin_family = AF_INET;
        server_.sin_port = htons(cloud_->plain().port);
        server_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        for (std::size_t number = 0; number < at_once; ++number) {
            wire::append_frame(logins_[number], wire::Command::login, 1, token_number(number).reveal());
        }
    }
    ~PlainLogins() { cloud_->stop(); }
    PlainLogins(PlainLogins const&) = delete;
    PlainLogins& operator=(PlainLogins const&) = delete;

    // Throws std::runtime_error when the system or the server refuses.
    void round() {
        // Connects, logins and answers of one round wait in the kernel.
        for (std::size_t i = 0; i < sockets_.size(); ++i) { sockets_[i] = dial_with(logins_[i]); }
        run_while([this] { return cloud_->online_devices() < sockets_.size(); });
        for (int& socket : sockets_) {
            std::array<std::byte, 16> answer{};
            auto const got = ::recv(socket, answer.data(), answer.size(), 0);
            ::close(std::exchange(socket, -1));
            if (got != static_cast<ssize_t>(wire::k_header_bytes)) { throw std::runtime_error("no answer"); }
        }
        run_while([this] { return cloud_->online_devices() > 0; });
    }

private:
    template <class More>
    void run_while(More more) {
        real_.reactor().restart();
        while (more()) { real_.reactor().run_one(); }
    }

    [[nodiscard]] int dial_with(Bytes const& login) const {
        int const made = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (made < 0 || ::connect(made, reinterpret_cast<sockaddr const*>(&server_), sizeof server_) != 0 ||
            ::send(made, login.data(), login.size(), MSG_NOSIGNAL) < 0) {
            throw std::runtime_error("cannot connect (open files: see ulimit -n)");
        }
        return made;
    }

    RealLoop real_;
    Vault vault_{std::array<std::byte, 32>{std::byte{5}}};
    std::unique_ptr<SqliteStore> store_ = SqliteStore::open(real_.loop(), ":memory:", SqliteStore::Commits::inline_);
    TcpNetwork network_{real_, TcpNetwork::LetIn::with_first_bytes};
    EventLog events_{real_.loop().clock};
    std::optional<Cloud> cloud_;
    sockaddr_in server_{};
    std::vector<Bytes> logins_;
    std::vector<int> sockets_;
};

}  // namespace drydock::bench
