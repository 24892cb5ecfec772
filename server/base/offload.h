// The seam for work that would stall the loop: argon2, QR pictures, large files.
// ThreadOffload runs it on threads of its own, InlineOffload (virtual time) at once.
#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <functional>
#include <memory>

namespace drydock {

class Offload {
public:
    Offload() = default;
    Offload(Offload const&) = delete;
    Offload& operator=(Offload const&) = delete;
    virtual ~Offload() = default;
    // Runs `work` away from the loop, then `then` on the loop, never inside this call.
    // False when the queue is full: nothing was or will be called.
    [[nodiscard]] virtual bool run(std::function<void()> work, std::function<void()> then) = 0;
};

class InlineOffload final : public Offload {
public:
    explicit InlineOffload(boost::asio::any_io_executor loop) : loop_(std::move(loop)) {}
    [[nodiscard]] bool run(std::function<void()> work, std::function<void()> then) override;

private:
    boost::asio::any_io_executor loop_;
};

// The destructor waits for the running piece of work and drops the waiting ones.
class ThreadOffload final : public Offload {
public:
    ThreadOffload(boost::asio::any_io_executor loop, std::size_t threads, std::size_t queue_max);
    ~ThreadOffload() override;
    [[nodiscard]] bool run(std::function<void()> work, std::function<void()> then) override;

private:
    struct Pool;
    std::unique_ptr<Pool> pool_;
};

}  // namespace drydock
