// Whoever connects and sends bytes of his own making, on any network and loop.
#pragma once

#include "server/base/bytes.h"
#include "server/base/loop.h"
#include "server/net/stream.h"
#include "server/net/tls.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace drydock::test {

class Guest {
public:
    // With a context he speaks TLS.
    Guest(Loop& loop, Dialer& dialer, Address const& to, std::shared_ptr<TlsContext> tls = nullptr)
        : loop_(loop), tls_(std::move(tls)), self_(std::make_shared<Guest*>(this)) {
        dialer.connect(to, [self = self_](result<StreamPtr> connected) {
            if (*self != nullptr) { (*self)->on_connected(std::move(connected)); }
        });
    }
    ~Guest() { *self_ = nullptr; }
    Guest(Guest const&) = delete;
    Guest& operator=(Guest const&) = delete;

    void send(std::string_view text) {
        out_ += text;
        push();
    }
    // Sends the text one byte every so often, until it ends or the other side does.
    void drip(std::string text, Duration every) {
        if (text.empty() || ended_) { return; }
        send(text.substr(0, 1));
        loop_.clock.call_at(loop_.clock.now() + every, [self = self_, rest = text.substr(1), every] {
            if (*self != nullptr) { (*self)->drip(rest, every); }
        });
    }
    // He reads nothing from now on.
    void stop_reading() { reads_ = false; }

    [[nodiscard]] std::string const& heard() const { return heard_; }
    // When the other side ended the connection, or it could not be had.
    [[nodiscard]] std::optional<TimePoint> ended() const { return ended_; }
    [[nodiscard]] bool is_connected() const { return stream_ != nullptr; }

private:
    void on_connected(result<StreamPtr> connected) {
        if (!connected) {
            ended_ = loop_.clock.now();
            return;
        }
        stream_ = std::move(*connected);
        if (tls_) { stream_ = tls_connect(tls_, std::move(stream_), "localhost"); }
        push();
        stream_->wait_readable(on_ready<&Guest::on_readable>(*this));
    }

    void push() {
        while (stream_ && !out_.empty()) {
            auto const put = stream_->write_some(as_bytes(out_));
            if (!put && is_would_block(put.error())) { return stream_->wait_writable(on_ready<&Guest::push>(*this)); }
            if (!put) { return end(); }
            out_.erase(0, *put);
        }
    }

    void on_readable() {
        std::array<std::byte, 4096> chunk{};
        if (!reads_) { return; }
        auto const got = stream_->read_some(chunk);
        if (got) { heard_ += as_text(BytesView(chunk).first(*got)); }
        if (!got && !is_would_block(got.error())) { return end(); }
        stream_->wait_readable(on_ready<&Guest::on_readable>(*this));
    }

    void end() {
        if (!ended_) { ended_ = loop_.clock.now(); }
    }

    Loop& loop_;
    std::shared_ptr<TlsContext> tls_;
    StreamPtr stream_;
    std::string out_;
    std::string heard_;
    std::optional<TimePoint> ended_;
    bool reads_ = true;
    std::shared_ptr<Guest*> self_;
};

}  // namespace drydock::test
