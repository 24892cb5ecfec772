#include "server/store/checkpointer.h"

#include "server/base/niceness.h"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace drydock {

namespace {

constexpr int k_pages_worth_moving = 1'000;
// 128 MiB: now the writer moves them, and everybody waits for it.
constexpr int k_pages_max = 16'384;
constexpr int k_niceness = 10;

}  // namespace

struct Checkpointer::Shared {
    Shared(std::string const& file, sqlite::Connection& its_writing)
        : connection(file, sqlite::Connection::Mode::read_write), writing(its_writing) {
        connection.must_run("PRAGMA synchronous = FULL");
    }

    // On the writer's thread, after each commit.
    void on_pages(int pages) {
        if (pages >= k_pages_max) { return writing.move_log(); }
        if (pages < k_pages_worth_moving) { return; }
        {
            std::lock_guard const lock(mutex);
            is_wanted = true;
        }
        wake.notify_one();
    }

    void serve() {
        be_nicer_by(k_niceness);
        for (;;) {
            {
                std::unique_lock lock(mutex);
                wake.wait(lock, [this] { return is_ending || is_wanted; });
                if (is_ending) { return; }
                is_wanted = false;
            }
            connection.move_log();
        }
    }

    sqlite::Connection connection;
    sqlite::Connection& writing;
    std::mutex mutex;
    std::condition_variable wake;
    bool is_wanted = false;
    bool is_ending = false;
    std::thread thread;  // tidy: thread because no loop waits for it
};

Checkpointer::Checkpointer(std::string const& file, sqlite::Connection& writing)
    : shared_(std::make_unique<Shared>(file, writing)) {
    writing.on_log([shared = shared_.get()](int pages) { shared->on_pages(pages); });
    auto const serve = [shared = shared_.get()] { shared->serve(); };
    shared_->thread = std::thread(serve);  // tidy: thread because no loop waits for it
}

Checkpointer::~Checkpointer() {
    shared_->writing.on_log({});
    {
        std::lock_guard const lock(shared_->mutex);
        shared_->is_ending = true;
    }
    shared_->wake.notify_one();
    shared_->thread.join();
}

}  // namespace drydock
