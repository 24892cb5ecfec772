// The two ends of a connection as tests want them: they note what came, and when.
#pragma once

#include "server/base/loop.h"
#include "server/net/stream.h"

#include <boost/asio/error.hpp>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drydock::test {

class End {
public:
    enum class Reads { all, nothing, echo };

    End(Clock& clock, StreamPtr stream, Reads reads = Reads::all)
        : clock_(clock), stream_(std::move(stream)), reads_(reads) {
        if (reads_ != Reads::nothing) { listen(); }
    }

    [[nodiscard]] std::string const& text() const { return text_; }
    // When each piece came.
    [[nodiscard]] std::vector<TimePoint> const& times() const { return times_; }
    [[nodiscard]] error_code ended() const { return ended_; }
    [[nodiscard]] TimePoint ended_at() const { return ended_at_; }
    [[nodiscard]] Stream& stream() { return *stream_; }

    // How many bytes were taken.
    std::size_t write(std::string_view text) {
        auto const put = stream_->write_some(as_bytes(text));
        return put ? *put : 0;
    }
    void read_on() {
        reads_ = Reads::all;
        listen();
    }
    // Closes and forgets the stream.
    void hang_up() { stream_.reset(); }

    // What write() did not take at once goes out when there is room again.
    void write_all(std::string text) {
        unsent_ = std::move(text);
        flush();
    }

private:
    void listen() { stream_->wait_readable(on_ready<&End::on_readable>(*this)); }

    void on_readable() {
        std::array<std::byte, 4096> chunk{};
        for (;;) {
            auto const got = stream_->read_some(chunk);
            if (!got) {
                if (is_would_block(got.error())) { return listen(); }
                ended_ = got.error();
                ended_at_ = clock_.now();
                return;
            }
            std::string_view const piece = as_text(BytesView(chunk).first(*got));
            text_ += piece;
            times_.push_back(clock_.now());
            if (reads_ == Reads::echo) { write(piece); }
        }
    }

    void flush() {
        while (!unsent_.empty()) {
            auto const put = stream_->write_some(as_bytes(unsent_));
            if (!put) { return stream_->wait_writable(on_ready<&End::flush>(*this)); }
            unsent_.erase(0, *put);
        }
    }

    Clock& clock_;
    StreamPtr stream_;
    Reads reads_;
    std::string text_;
    std::string unsent_;
    std::vector<TimePoint> times_;
    error_code ended_;
    TimePoint ended_at_{};
};

// Takes every connection; the newest is the last.
class Server {
public:
    Server(Loop& loop, Network& network, Address at, End::Reads reads = End::Reads::all)
        : listener_(network.listen(std::move(at)).value()) {
        listener_->start([this, &loop, reads](StreamPtr stream, Arrival) {
            ends_.push_back(std::make_unique<End>(loop.clock, std::move(stream), reads));
            accepted_at_.push_back(loop.clock.now());
        });
    }

    [[nodiscard]] Address address() const { return listener_->address(); }
    [[nodiscard]] std::size_t count() const { return ends_.size(); }
    [[nodiscard]] End& end(std::size_t index = 0) { return *ends_.at(index); }
    [[nodiscard]] TimePoint accepted_at(std::size_t index = 0) const { return accepted_at_.at(index); }

private:
    std::unique_ptr<Listener> listener_;
    std::vector<std::unique_ptr<End>> ends_;
    std::vector<TimePoint> accepted_at_;
};

// A device's side: dials, and keeps the connection.
class Device {
public:
    Device(Loop& loop, Dialer& dialer) : loop_(loop), dialer_(dialer) {}

    void dial(Address to, End::Reads reads = End::Reads::all) {
        dialer_.connect(std::move(to), [this, reads](result<StreamPtr> connected) {
            told_at_.push_back(loop_.clock.now());
            outcomes_.push_back(connected ? error_code() : connected.error());
            if (connected) { end_ = std::make_unique<End>(loop_.clock, std::move(*connected), reads); }
        });
    }

    [[nodiscard]] bool is_connected() const { return end_ != nullptr; }
    [[nodiscard]] End& end() { return *end_; }
    void drop() { end_.reset(); }
    [[nodiscard]] std::vector<TimePoint> const& told_at() const { return told_at_; }
    [[nodiscard]] std::vector<error_code> const& outcomes() const { return outcomes_; }

private:
    Loop& loop_;
    Dialer& dialer_;
    std::unique_ptr<End> end_;
    std::vector<TimePoint> told_at_;
    std::vector<error_code> outcomes_;
};

}  // namespace drydock::test
