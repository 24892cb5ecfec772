#include "rig/load/line_channel.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>

#include <string>
#include <utility>

namespace drydock::rig {

namespace asio = boost::asio;

struct LineChannel::State : std::enable_shared_from_this<LineChannel::State> {
    State(Loop& loop, int read_from, int write_to)
        : reader(loop.executor, read_from), writer(loop.executor, write_to) {}

    void read() {
        asio::async_read_until(
            reader, asio::dynamic_buffer(buffer, k_line_bytes_max), '\n',
            [self = shared_from_this()](boost::system::error_code ec, std::size_t bytes) { self->on_line(ec, bytes); });
    }

    void on_line(boost::system::error_code ec, std::size_t bytes) {
        if (is_over) { return; }
        if (ec) { return end(); }
        boost::system::error_code bad;
        boost::json::value const value = boost::json::parse(std::string_view(buffer).substr(0, bytes - 1), bad);
        buffer.erase(0, bytes);
        if (bad || !value.is_object()) { return end(); }
        auto const call = on_message;  // it may end this channel
        call(value.as_object());
        if (!is_over) { read(); }
    }

    void end() {
        is_over = true;
        auto const call = std::exchange(on_end, nullptr);
        on_message = nullptr;
        if (call) { call(); }
    }

    void write() {
        if (is_writing || is_over || outgoing.empty()) { return; }
        is_writing = true;
        writing = std::exchange(outgoing, std::string());
        asio::async_write(writer, asio::buffer(writing),
                          [self = shared_from_this()](boost::system::error_code ec, std::size_t) {
                              self->is_writing = false;
                              self->writing.clear();
                              if (!ec) { self->write(); }  // a reader that is gone ends the reading side, too
                          });
    }

    asio::posix::stream_descriptor reader;
    asio::posix::stream_descriptor writer;
    std::string buffer;
    std::string outgoing;
    std::string writing;
    std::function<void(boost::json::object)> on_message;
    std::function<void()> on_end;
    bool is_writing = false;
    bool is_over = false;
};

LineChannel::LineChannel(Loop& loop, int read_from, int write_to)
    : state_(std::make_shared<State>(loop, read_from, write_to)) {}

LineChannel::~LineChannel() {
    state_->is_over = true;
    state_->on_message = nullptr;
    state_->on_end = nullptr;
    boost::system::error_code ignored;
    state_->reader.close(ignored);
    state_->writer.close(ignored);
}

void LineChannel::start(std::function<void(boost::json::object)> on_message, std::function<void()> on_end) {
    state_->on_message = std::move(on_message);
    state_->on_end = std::move(on_end);
    state_->read();
}

void LineChannel::send(boost::json::object const& message) {
    state_->outgoing += boost::json::serialize(message) + "\n";
    state_->write();
}

}  // namespace drydock::rig
