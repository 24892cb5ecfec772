#include "sim/link/pipe.h"

#include "sim/link/flight.h"

#include <boost/asio/error.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>

#include <algorithm>

namespace drydock {

namespace {

namespace asio = boost::asio;

constexpr std::size_t k_pipe_bytes_max = 64UL * 1024;
constexpr std::size_t k_server_side = 0;

// One direction, named by the end that reads it.
struct Half {
    Flight flight;
    OnReady reader;
    OnReady writer;  // of the other end
    TimePoint armed = TimePoint::max();
    Clock::TimerId timer = 0;
    bool is_soon = false;    // looked at in a later turn of this instant
    bool is_closed = false;  // by the end that reads
    bool is_ended = false;   // by the end that writes
};

// Lives as long as one of its ends, or something that will be told to one.
struct Pipe : boost::intrusive_ref_counter<Pipe, boost::thread_unsafe_counter> {
    using Pointer = boost::intrusive_ptr<Pipe>;

    Pipe(std::shared_ptr<PipeNet> its_net, std::pair<std::string, std::uint16_t> const& its_server,
         std::uint16_t its_port)
        : net(std::move(its_net)), server(its_server), from_port(its_port) {}

    [[nodiscard]] Clock& clock() const { return net->world.loop().clock; }
    [[nodiscard]] bool has_room(std::size_t way) const { return halves[way].flight.bytes() < k_pipe_bytes_max; }
    // When the writer into this way is told something.
    [[nodiscard]] TimePoint writable_at(std::size_t way) const {
        return has_room(way) ? clock().now() : halves[1 - way].flight.broken_at();
    }
    [[nodiscard]] bool is_broken_for(std::size_t side) const {
        return halves[side].flight.broken_at() <= clock().now();
    }

    void send(std::size_t way, BytesView bytes, Flight::Kind kind = Flight::Kind::bytes) {
        TimePoint const when = clock().now() + net->draw_delay();
        if (halves[way].is_closed) { return; }
        halves[way].flight.push(when, bytes, kind);
        arm(way);
        if (kind == Flight::Kind::broken) { arm(1 - way); }
    }

    // Never calls anybody; a look that comes early, or in vain, does no harm.
    void arm(std::size_t way) {
        Half& half = halves[way];
        TimePoint when = half.reader ? half.flight.first_at() : TimePoint::max();
        if (half.writer) { when = std::min(when, writable_at(way)); }
        if (half.is_soon || when == TimePoint::max()) { return; }
        if (when <= clock().now()) {
            half.is_soon = true;
            net->world.get_executor().execute([self = Pointer(this), way] {
                self->halves[way].is_soon = false;
                self->look(way);
            });
        } else if (half.timer == 0 || when < half.armed) {
            if (half.timer != 0) { clock().cancel(half.timer); }
            half.armed = when;
            half.timer = clock().call_at(when, [self = Pointer(this), way] {
                self->halves[way].timer = 0;
                self->look(way);
            });
        }
    }

    // Tells at most one, who may close anything.
    void look(std::size_t way) {
        Half& half = halves[way];
        TimePoint const now = clock().now();
        OnReady call;
        if (half.reader && half.flight.first_at() <= now) {
            call = std::exchange(half.reader, {});
        } else if (half.writer && writable_at(way) <= now) {
            call = std::exchange(half.writer, {});
        }
        arm(way);
        if (call) { call(); }
    }

    void close(std::size_t side) {
        Half& incoming = halves[side];
        Half& outgoing = halves[1 - side];
        incoming.is_closed = true;
        incoming.reader = {};
        outgoing.writer = {};
        incoming.flight.clear();
        end(side);
        // Who goes on writing to a closed end is told so, as by a reset.
        send(1 - side, {}, Flight::Kind::broken);
        arm(side);
    }

    void end(std::size_t side) {
        if (!std::exchange(halves[1 - side].is_ended, true)) { send(1 - side, {}, Flight::Kind::end); }
    }

    std::shared_ptr<PipeNet> net;
    std::pair<std::string, std::uint16_t> const& server;
    std::uint16_t from_port;
    Half halves[2];
};

class PipeStream final : public Stream {
public:
    PipeStream(Pipe::Pointer pipe, std::size_t side) : pipe_(std::move(pipe)), side_(side) {}
    ~PipeStream() override { close(); }

    result<std::size_t> read_some(std::span<std::byte> into) override {
        if (is_closed()) { return error_code(asio::error::bad_descriptor); }
        Flight& flight = pipe_->halves[side_].flight;
        if (std::size_t const count = flight.read(pipe_->clock().now(), into)) {
            pipe_->arm(side_);
            return count;
        }
        if (flight.first_at() > pipe_->clock().now()) { return error_code(asio::error::would_block); }
        if (flight.first_kind() == Flight::Kind::broken) { return error_code(asio::error::connection_reset); }
        return error_code(asio::error::eof);
    }

    result<std::size_t> write_some(BytesView from) override {
        if (is_closed() || pipe_->halves[1 - side_].is_ended) { return error_code(asio::error::bad_descriptor); }
        if (pipe_->is_broken_for(side_)) { return error_code(asio::error::connection_reset); }
        if (!pipe_->has_room(1 - side_)) { return error_code(asio::error::would_block); }
        std::size_t const count = std::min(from.size(), k_pipe_bytes_max - pipe_->halves[1 - side_].flight.bytes());
        if (count > 0) { pipe_->send(1 - side_, from.first(count)); }
        return count;
    }

    void wait_readable(OnReady then) override {
        if (is_closed()) { return; }
        pipe_->halves[side_].reader = then;
        pipe_->arm(side_);
    }
    void wait_writable(OnReady then) override {
        if (is_closed()) { return; }
        pipe_->halves[1 - side_].writer = then;
        pipe_->arm(1 - side_);
    }

    void shutdown_send() override {
        if (!is_closed()) { pipe_->end(side_); }
    }
    void close() override {
        if (!is_closed()) { pipe_->close(side_); }
    }

    [[nodiscard]] bool has_ended() const override {
        return pipe_->halves[side_].flight.ended_at() <= pipe_->clock().now();
    }
    [[nodiscard]] Address peer() const override {
        if (side_ == k_server_side) { return {"fleet", pipe_->from_port}; }
        return {pipe_->server.first, pipe_->server.second};
    }
    [[nodiscard]] asio::any_io_executor executor() override { return pipe_->net->world.get_executor(); }

private:
    [[nodiscard]] bool is_closed() const { return pipe_->halves[side_].is_closed; }

    Pipe::Pointer pipe_;
    std::size_t side_;
};

}  // namespace

Duration PipeNet::draw_delay() {
    auto const jitter = static_cast<std::uint64_t>(delay.jitter.count());
    return delay.one_way + Duration(jitter == 0 ? 0 : static_cast<std::int64_t>(random.below(jitter)));
}

PipeEnds make_pipe(std::shared_ptr<PipeNet> net, Address const& server, std::uint16_t from_port) {
    auto const& name = *net->servers.emplace(server.host, server.port).first;
    Pipe::Pointer const pipe(new Pipe(std::move(net), name, from_port));
    return {std::make_unique<PipeStream>(pipe, k_server_side), std::make_unique<PipeStream>(pipe, 1 - k_server_side)};
}

}  // namespace drydock
