#include "server/net/any_stream.h"

#include "server/base/check.h"

#include <boost/asio/error.hpp>

namespace drydock {

namespace {

// Handlers move but are not assigned (Boost 1.81 recurses for ever).
template <class Handler>
Handler take(std::optional<Handler>& from) {
    Handler taken(std::move(*from));
    from.reset();
    return taken;
}

}  // namespace

void AnyStream::finish_later(Handler handler, error_code ec, std::size_t count) {
    boost::asio::post(stream_->executor(), boost::asio::append(std::move(handler), ec, count));
}

void AnyStream::begin_read(Handler handler, boost::asio::mutable_buffer into) {
    DRYDOCK_CHECK(!reading_);
    if (into.size() == 0) { return finish_later(std::move(handler), {}, 0); }
    auto const got = stream_->read_some({static_cast<std::byte*>(into.data()), into.size()});
    if (got) { return finish_later(std::move(handler), {}, *got); }
    if (!is_would_block(got.error())) { return finish_later(std::move(handler), got.error(), 0); }
    reading_.emplace(std::move(handler));
    into_ = into;
    stream_->wait_readable(on_ready<&AnyStream::on_readable>(*this));
}

void AnyStream::begin_write(Handler handler, boost::asio::const_buffer from) {
    DRYDOCK_CHECK(!writing_);
    if (from.size() == 0) { return finish_later(std::move(handler), {}, 0); }
    auto const put = stream_->write_some({static_cast<std::byte const*>(from.data()), from.size()});
    if (put) { return finish_later(std::move(handler), {}, *put); }
    if (!is_would_block(put.error())) { return finish_later(std::move(handler), put.error(), 0); }
    writing_.emplace(std::move(handler));
    from_ = from;
    stream_->wait_writable(on_ready<&AnyStream::on_writable>(*this));
}

// A handler may destroy this object: taken out first, called last.
void AnyStream::on_readable() {
    auto const got = stream_->read_some({static_cast<std::byte*>(into_.data()), into_.size()});
    if (!got && is_would_block(got.error())) {
        return stream_->wait_readable(on_ready<&AnyStream::on_readable>(*this));
    }
    Handler handler = take(reading_);
    std::move(handler)(got ? error_code() : got.error(), got ? *got : 0);
}

void AnyStream::on_writable() {
    auto const put = stream_->write_some({static_cast<std::byte const*>(from_.data()), from_.size()});
    if (!put && is_would_block(put.error())) {
        return stream_->wait_writable(on_ready<&AnyStream::on_writable>(*this));
    }
    Handler handler = take(writing_);
    std::move(handler)(put ? error_code() : put.error(), put ? *put : 0);
}

void AnyStream::close() {
    stream_->close();
    error_code const aborted = boost::asio::error::operation_aborted;
    if (reading_) { finish_later(take(reading_), aborted, 0); }
    if (writing_) { finish_later(take(writing_), aborted, 0); }
}

}  // namespace drydock
