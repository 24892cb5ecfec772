#include "server/base/check.h"
#include "server/net/tls.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <climits>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>

namespace drydock {

namespace {

// The BIO between OpenSSL and the inner stream: no buffer of its own.
int bio_write(BIO* bio, char const* data, int length) {
    BIO_clear_retry_flags(bio);
    auto* inner = static_cast<Stream*>(BIO_get_data(bio));
    auto const put = inner->write_some(as_bytes({data, static_cast<std::size_t>(length)}));
    if (put) { return static_cast<int>(*put); }
    if (is_would_block(put.error())) { BIO_set_retry_write(bio); }
    return -1;
}

int bio_read(BIO* bio, char* data, int length) {
    BIO_clear_retry_flags(bio);
    auto* inner = static_cast<Stream*>(BIO_get_data(bio));
    auto const got = inner->read_some(std::as_writable_bytes(std::span(data, static_cast<std::size_t>(length))));
    if (got) { return static_cast<int>(*got); }
    if (is_would_block(got.error())) {
        BIO_set_retry_read(bio);
        return -1;
    }
    return got.error() == boost::asio::error::eof ? 0 : -1;
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int bio_create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

BIO_METHOD* bio_method() {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "drydock stream");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        BIO_meth_set_create(made, bio_create);
        return made;
    }();
    return method;
}

class TlsStream final : public Stream {
public:
    enum class Side { server, client };

    TlsStream(std::shared_ptr<TlsContext> context, StreamPtr inner, Side side, std::string const& host)
        : context_(std::move(context)),
          inner_(std::move(inner)),
          ssl_(SSL_new(static_cast<SSL_CTX*>(context_->native()))) {
        DRYDOCK_CHECK(ssl_ != nullptr);
        BIO* bio = BIO_new(bio_method());
        BIO_set_data(bio, inner_.get());
        SSL_set_bio(ssl_, bio, bio);
        if (side == Side::server) {
            SSL_set_accept_state(ssl_);
        } else {
            SSL_ctrl(ssl_, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
            SSL_set1_host(ssl_, host.c_str());
            SSL_set_connect_state(ssl_);
        }
    }
    ~TlsStream() override { SSL_free(ssl_); }

    result<std::size_t> read_some(std::span<std::byte> into) override {
        std::size_t got = 0;
        ERR_clear_error();
        int const done = SSL_read_ex(ssl_, into.data(), into.size(), &got);
        if (done == 1) { return got; }
        return judge(done, read_wants_write_);
    }

    result<std::size_t> write_some(BytesView from) override {
        std::size_t put = 0;
        ERR_clear_error();
        int const done = SSL_write_ex(ssl_, from.data(), from.size(), &put);
        if (done == 1) { return put; }
        bool ignored = false;
        auto const failed = judge(done, ignored);
        write_wants_read_ = !ignored && is_would_block(failed);
        return failed;
    }

    void wait_readable(ReadyHandler handler) override {
        if (SSL_pending(ssl_) > 0) {
            boost::asio::post(inner_->executor(),
                              [call = std::move(handler)]() mutable { std::move(call)(error_code()); });
            return;
        }
        if (read_wants_write_) { return inner_->wait_writable(std::move(handler)); }
        inner_->wait_readable(std::move(handler));
    }

    void wait_writable(ReadyHandler handler) override {
        if (write_wants_read_) { return inner_->wait_readable(std::move(handler)); }
        inner_->wait_writable(std::move(handler));
    }

    void shutdown_send() override {
        ERR_clear_error();
        // One close-notify if there is room for it; the FIN follows either way.
        if (SSL_is_init_finished(ssl_) == 1) { static_cast<void>(SSL_shutdown(ssl_)); }
        inner_->shutdown_send();
    }
    void close() override { inner_->close(); }
    [[nodiscard]] Address peer() const override { return inner_->peer(); }
    [[nodiscard]] boost::asio::any_io_executor executor() override { return inner_->executor(); }

private:
    error_code judge(int done, bool& wants_write) {
        wants_write = false;
        switch (SSL_get_error(ssl_, done)) {
            case SSL_ERROR_WANT_READ: return boost::asio::error::would_block;
            case SSL_ERROR_WANT_WRITE: wants_write = true; return boost::asio::error::would_block;
            case SSL_ERROR_ZERO_RETURN: return boost::asio::error::eof;
            case SSL_ERROR_SYSCALL: return boost::asio::error::connection_reset;
            default:
                return boost::asio::error::connection_aborted;  // a peer that does not speak TLS, or is not trusted
        }
    }

    std::shared_ptr<TlsContext> context_;
    StreamPtr inner_;
    SSL* ssl_;
    bool read_wants_write_ = false;
    bool write_wants_read_ = false;
};

}  // namespace

StreamPtr tls_accept(std::shared_ptr<TlsContext> context, StreamPtr inner) {
    return std::make_unique<TlsStream>(std::move(context), std::move(inner), TlsStream::Side::server, "");
}

StreamPtr tls_connect(std::shared_ptr<TlsContext> context, StreamPtr inner, std::string const& host) {
    return std::make_unique<TlsStream>(std::move(context), std::move(inner), TlsStream::Side::client, host);
}

}  // namespace drydock
