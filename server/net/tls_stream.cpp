#include "server/base/check.h"
#include "server/net/tls.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <climits>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <memory>
#include <utility>

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

    TlsStream(std::shared_ptr<TlsContext> context, StreamPtr inner, Side side, std::string const& host,
              TlsMemory* memory)
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
            if (memory == nullptr) { return; }
            SSL_set_app_data(ssl_, memory);
            if (memory->has_session()) { SSL_set_session(ssl_, static_cast<SSL_SESSION*>(memory->native())); }
        }
    }
    ~TlsStream() override {
        // Without these marks the session counts as broken, and a client could not resume it.
        SSL_set_shutdown(ssl_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(ssl_);
    }

    // Takes whole records as long as there is room: afterwards either the room is used up or the
    // engine waits for the peer, so that nothing decrypted is left behind unnoticed.
    result<std::size_t> read_some(std::span<std::byte> into) override {
        std::size_t total = 0;
        while (total < into.size()) {
            std::size_t got = 0;
            ERR_clear_error();
            int const done = SSL_read_ex(ssl_, into.data() + total, into.size() - total, &got);
            if (done != 1) {
                if (total > 0) { break; }  // the next read tells
                return judge(done, read_wants_write_);
            }
            total += got;
        }
        read_wants_write_ = false;
        has_more_ = total == into.size() && SSL_has_pending(ssl_) == 1;
        return total;
    }

    result<std::size_t> write_some(BytesView from) override {
        std::size_t put = 0;
        ERR_clear_error();
        int const done = SSL_write_ex(ssl_, from.data(), from.size(), &put);
        if (done == 1) { return put; }
        bool wants_write = false;
        auto const failed = judge(done, wants_write);
        write_wants_read_ = !wants_write && is_would_block(failed);
        return failed;
    }

    void wait_readable(OnReady then) override {
        reader_ = then;
        if (std::exchange(has_more_, false)) { return read_soon(); }
        arm();
    }
    void wait_writable(OnReady then) override {
        writer_ = then;
        arm();
    }

    void shutdown_send() override {
        ERR_clear_error();
        // One close-notify if there is room for it; the FIN follows either way.
        if (SSL_is_init_finished(ssl_) == 1) { static_cast<void>(SSL_shutdown(ssl_)); }
        inner_->shutdown_send();
    }
    void close() override {
        reader_ = {};
        writer_ = {};
        inner_->close();
    }
    [[nodiscard]] Address peer() const override { return inner_->peer(); }
    [[nodiscard]] boost::asio::any_io_executor executor() override { return inner_->executor(); }

private:
    // A read may wait for the peer to take bytes, and a write for the peer to speak (handshake).
    void arm() {
        if ((reader_ && !read_wants_write_) || (writer_ && write_wants_read_)) {
            inner_->wait_readable(on_ready<&TlsStream::on_inner_readable>(*this));
        }
        if ((reader_ && read_wants_write_) || (writer_ && !write_wants_read_)) {
            inner_->wait_writable(on_ready<&TlsStream::on_inner_writable>(*this));
        }
    }

    void on_inner_readable() {
        bool const also_writer = writer_ && write_wants_read_;
        tell(reader_ && !read_wants_write_ ? std::exchange(reader_, {}) : OnReady{},
             also_writer ? std::exchange(writer_, {}) : OnReady{});
    }
    void on_inner_writable() {
        bool const also_reader = reader_ && read_wants_write_;
        tell(writer_ && !write_wants_read_ ? std::exchange(writer_, {}) : OnReady{},
             also_reader ? std::exchange(reader_, {}) : OnReady{});
    }

    // The first call may end this stream; then the second is not made.
    void tell(OnReady first, OnReady second) {
        if (!first || !second) {
            if (first) { first(); }
            if (second) { second(); }
            return;
        }
        std::weak_ptr<TlsStream*> const alive = self();
        first();
        if (!alive.expired()) { second(); }
    }

    void read_soon() {
        boost::asio::post(inner_->executor(), [alive = std::weak_ptr(self())] {
            auto const stream = alive.lock();
            if (stream && (*stream)->reader_) { std::exchange((*stream)->reader_, {})(); }
        });
    }

    // Made when first needed, which is seldom: most streams never need to know whether they live.
    std::shared_ptr<TlsStream*> const& self() {
        if (!self_) { self_ = std::make_shared<TlsStream*>(this); }
        return self_;
    }

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
    OnReady reader_;
    OnReady writer_;
    std::shared_ptr<TlsStream*> self_;
    bool has_more_ = false;
    bool read_wants_write_ = false;
    bool write_wants_read_ = false;
};

}  // namespace

StreamPtr tls_accept(std::shared_ptr<TlsContext> context, StreamPtr inner) {
    return std::make_unique<TlsStream>(std::move(context), std::move(inner), TlsStream::Side::server, "", nullptr);
}

StreamPtr tls_connect(std::shared_ptr<TlsContext> context, StreamPtr inner, std::string const& host,
                      TlsMemory* memory) {
    return std::make_unique<TlsStream>(std::move(context), std::move(inner), TlsStream::Side::client, host, memory);
}

}  // namespace drydock
