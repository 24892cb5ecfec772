#include "server/base/offload.h"

#include "server/base/niceness.h"

#include <boost/asio/post.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace drydock {

namespace {

constexpr int k_niceness = 5;

}  // namespace

bool InlineOffload::run(std::function<void()> work, std::function<void()> then) {
    work();
    boost::asio::post(loop_, std::move(then));
    return true;
}

struct ThreadOffload::Pool {
    struct Piece {
        std::function<void()> work;
        std::function<void()> then;
        // Keeps the loop running until `then` was posted.
        boost::asio::any_io_executor loop;
    };

    boost::asio::any_io_executor loop;
    std::size_t queue_max;
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Piece> queue;
    bool stopping = false;
    std::vector<std::jthread> threads;

    void serve() {
        for (;;) {
            std::unique_lock lock(mutex);
            wake.wait(lock, [this] { return stopping || !queue.empty(); });
            if (stopping) { return; }
            Piece piece = std::move(queue.front());
            queue.pop_front();
            lock.unlock();
            piece.work();
            boost::asio::post(piece.loop, std::move(piece.then));
        }
    }
};

ThreadOffload::ThreadOffload(boost::asio::any_io_executor loop, std::size_t threads, std::size_t queue_max)
    : pool_(std::make_unique<Pool>()) {
    pool_->loop = std::move(loop);
    pool_->queue_max = queue_max;
    for (std::size_t i = 0; i < threads; ++i) {
        pool_->threads.emplace_back([pool = pool_.get()] {
            be_nicer_by(k_niceness);
            pool->serve();
        });
    }
}

ThreadOffload::~ThreadOffload() {
    {
        std::lock_guard lock(pool_->mutex);
        pool_->stopping = true;
    }
    pool_->wake.notify_all();
    pool_->threads.clear();
}

bool ThreadOffload::run(std::function<void()> work, std::function<void()> then) {
    {
        std::lock_guard lock(pool_->mutex);
        if (pool_->queue.size() >= pool_->queue_max) { return false; }
        pool_->queue.push_back({std::move(work), std::move(then),
                                boost::asio::prefer(pool_->loop, boost::asio::execution::outstanding_work.tracked)});
    }
    pool_->wake.notify_one();
    return true;
}

}  // namespace drydock
