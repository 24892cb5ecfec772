// A Stream as Boost.Beast and Boost.Asio want it: AsyncReadStream and AsyncWriteStream.
// For HTTP and other places with tens of connections; devices use the Stream itself.
#pragma once

#include "server/net/stream.h"

#include <boost/asio/append.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/post.hpp>

#include <array>

namespace drydock {

class AnyStream {
public:
    using executor_type = boost::asio::any_io_executor;

    explicit AnyStream(StreamPtr stream) : stream_(std::move(stream)) {}

    [[nodiscard]] executor_type get_executor() { return stream_->executor(); }
    [[nodiscard]] Stream& stream() { return *stream_; }
    [[nodiscard]] StreamPtr release() { return std::move(stream_); }

    template <class MutableBuffers, class Token>
    auto async_read_some(MutableBuffers const& buffers, Token&& token) {
        return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
            ReadOperation<MutableBuffers>{stream_.get(), buffers}, token, stream_->executor());
    }

    template <class ConstBuffers, class Token>
    auto async_write_some(ConstBuffers const& buffers, Token&& token) {
        return boost::asio::async_compose<Token, void(error_code, std::size_t)>(
            WriteOperation<ConstBuffers>{stream_.get(), buffers}, token, stream_->executor());
    }

private:
    template <class Buffers>
    struct ReadOperation {
        Stream* stream;
        Buffers buffers;
        bool posted = false;

        template <class Self>
        void operator()(Self& self, error_code ec = {}) {
            boost::asio::mutable_buffer const first = first_buffer();
            if (ec || first.size() == 0) { return finish(self, ec, 0); }
            auto const got = stream->read_some({static_cast<std::byte*>(first.data()), first.size()});
            if (got) { return finish(self, {}, *got); }
            if (!is_would_block(got.error())) { return finish(self, got.error(), 0); }
            posted = true;
            stream->wait_readable(std::move(self));
        }
        template <class Self>
        void operator()(Self& self, error_code ec, std::size_t count) {
            self.complete(ec, count);
        }
        boost::asio::mutable_buffer first_buffer() const {
            for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
                 ++it) {
                if (boost::asio::mutable_buffer(*it).size() > 0) { return *it; }
            }
            return {};
        }
        template <class Self>
        void finish(Self& self, error_code ec, std::size_t count) {
            if (posted) { return self.complete(ec, count); }
            boost::asio::post(stream->executor(), boost::asio::append(std::move(self), ec, count));
        }
    };

    template <class Buffers>
    struct WriteOperation {
        Stream* stream;
        Buffers buffers;
        bool posted = false;

        template <class Self>
        void operator()(Self& self, error_code ec = {}) {
            boost::asio::const_buffer const first = first_buffer();
            if (ec || first.size() == 0) { return finish(self, ec, 0); }
            auto const put = write_together(first);
            if (put) { return finish(self, {}, *put); }
            if (!is_would_block(put.error())) { return finish(self, put.error(), 0); }
            posted = true;
            stream->wait_writable(std::move(self));
        }
        template <class Self>
        void operator()(Self& self, error_code ec, std::size_t count) {
            self.complete(ec, count);
        }
        // Many small buffers (the fields of an HTTP head) go out in one write: a peer never sees a
        // head cut between two fields, and each answer is one packet, not ten.
        result<std::size_t> write_together(boost::asio::const_buffer first) {
            if (first.size() >= k_together_bytes) {
                return stream->write_some({static_cast<std::byte const*>(first.data()), first.size()});
            }
            std::array<std::byte, k_together_bytes> together;
            std::size_t const size = boost::asio::buffer_copy(boost::asio::buffer(together), buffers);
            return stream->write_some(BytesView(together).first(size));
        }
        boost::asio::const_buffer first_buffer() const {
            for (auto it = boost::asio::buffer_sequence_begin(buffers); it != boost::asio::buffer_sequence_end(buffers);
                 ++it) {
                if (boost::asio::const_buffer(*it).size() > 0) { return *it; }
            }
            return {};
        }
        template <class Self>
        void finish(Self& self, error_code ec, std::size_t count) {
            if (posted) { return self.complete(ec, count); }
            boost::asio::post(stream->executor(), boost::asio::append(std::move(self), ec, count));
        }
    };

    static constexpr std::size_t k_together_bytes = 16 * 1024;

    StreamPtr stream_;
};

}  // namespace drydock
