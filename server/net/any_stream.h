// A Stream as Boost.Beast and Boost.Asio want it: AsyncReadStream and AsyncWriteStream.
// For HTTP and other places with tens of connections; devices use the Stream itself. Stays where
// it was made: a wait points at it. Loop thread only.
#pragma once

#include "server/net/stream.h"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace drydock {

class AnyStream {
public:
    using executor_type = boost::asio::any_io_executor;

    explicit AnyStream(StreamPtr stream) : stream_(std::move(stream)) {}
    // Operations under way are forgotten, their handlers destroyed.
    ~AnyStream() = default;
    AnyStream(AnyStream const&) = delete;
    AnyStream& operator=(AnyStream const&) = delete;

    [[nodiscard]] executor_type get_executor() { return stream_->executor(); }
    [[nodiscard]] Address peer() const { return stream_->peer(); }
    void shutdown_send() { stream_->shutdown_send(); }
    // Operations under way end with operation_aborted.
    void close();

    // At most one of each kind at a time.
    template <class MutableBuffers, class Token>
    auto async_read_some(MutableBuffers const& buffers, Token&& token) {
        auto start = [this](auto handler, boost::asio::mutable_buffer into) {
            begin_read(Handler(std::move(handler)), into);
        };
        return boost::asio::async_initiate<Token, Signature>(start, token,
                                                             first_of<boost::asio::mutable_buffer>(buffers));
    }

    template <class ConstBuffers, class Token>
    auto async_write_some(ConstBuffers const& buffers, Token&& token) {
        auto start = [this](auto handler, boost::asio::const_buffer from) {
            begin_write(Handler(std::move(handler)), from);
        };
        return boost::asio::async_initiate<Token, Signature>(start, token, together(buffers));
    }

private:
    using Signature = void(error_code, std::size_t);
    using Handler = boost::asio::any_completion_handler<Signature>;
    static constexpr std::size_t k_together_bytes = 16 * 1024;

    template <class Buffer, class Buffers>
    static Buffer first_of(Buffers const& buffers) {
        for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
             ++it) {
            if (Buffer(*it).size() > 0) { return *it; }
        }
        return {};
    }

    // Many small buffers (the fields of an HTTP head) go out in one write: a peer never sees a
    // head cut between two fields, and each answer is one packet, not ten.
    template <class Buffers>
    boost::asio::const_buffer together(Buffers const& buffers) {
        auto const first = first_of<boost::asio::const_buffer>(buffers);
        if (first.size() >= k_together_bytes || first.size() == boost::asio::buffer_size(buffers)) { return first; }
        together_.resize(std::min(k_together_bytes, boost::asio::buffer_size(buffers)));
        std::size_t const size = boost::asio::buffer_copy(boost::asio::buffer(together_), buffers);
        return boost::asio::buffer(together_.data(), size);
    }

    void begin_read(Handler handler, boost::asio::mutable_buffer into);
    void begin_write(Handler handler, boost::asio::const_buffer from);
    void on_readable();
    void on_writable();
    void finish_later(Handler handler, error_code ec, std::size_t count);

    StreamPtr stream_;
    std::optional<Handler> reading_;
    std::optional<Handler> writing_;
    boost::asio::mutable_buffer into_;
    boost::asio::const_buffer from_;
    Bytes together_;
};

}  // namespace drydock
