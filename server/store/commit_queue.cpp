#include "server/store/commit_queue.h"

#include <boost/asio/post.hpp>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <semaphore>
#include <thread>

namespace drydock {

namespace {

constexpr std::size_t k_batch_max = 256;
// A queue this long means a disk that does not keep up; new changes are refused as `unavailable`.
constexpr std::size_t k_queue_max = 65'536;
// What a busy loop may cost a batch of tokens at each of its pauses.
constexpr auto k_turn_max = std::chrono::milliseconds(5);

struct Item {
    Change change;
    Store::Committed then;
    WallTime now;
    boost::asio::any_io_executor loop;  // keeps the loop running until the outcome was posted
};

}  // namespace

struct CommitQueue::Shared {
    Shared(Loop& its_loop, sqlite::Connection& its_connection, OnDurable its_on_durable)
        : loop(its_loop),
          connection(its_connection),
          writer(its_connection, [this] { let_the_loop_turn(); }),
          on_durable(std::move(its_on_durable)) {}

    // A batch of ten thousand tokens takes a fifth of a second. Where the loop has no core of its own, the
    // batch goes on only after the loop has answered whoever waits, and what waits is answered in one turn:
    // the loop gets as much of the core as devices ask for. Niceness would do it, too, but what else the
    // machine does would then starve every claim.
    void let_the_loop_turn() {
        if (!is_threaded || is_ending) { return; }
        auto const turned = std::make_shared<std::binary_semaphore>(0);
        boost::asio::post(loop.executor, [turned] { turned->release(); });
        static_cast<void>(turned->try_acquire_for(k_turn_max));
    }

    // Nothing of the group is durable; a transaction that is gone already is no error here.
    void roll_back() { static_cast<void>(connection.run("ROLLBACK")); }

    struct Group {
        std::vector<Applied> applied;
        int code = 0;  // SQLite's, when the database failed
        bool has_traces = false;
    };
    Group write(std::deque<Item> const& batch, Applied (Writer::*way)(Change const&, WallTime)) {
        Group group;
        group.code = poisoned ? 1 : connection.run("BEGIN IMMEDIATE");
        for (Item const& item : batch) {
            if (group.code != 0 || group.has_traces) { return group; }
            group.applied.push_back((writer.*way)(item.change, item.now));
            group.code = group.applied.back().database_code;
            group.has_traces = group.applied.back().left_traces;
        }
        return group;
    }

    std::vector<Applied> commit(std::deque<Item>& batch) {
        std::uint64_t rows_before = connection.rows_written();
        Group group = write(batch, &Writer::attempt);
        if (group.code == 0 && group.has_traces) {
            // Seldom: most refusals come from a guard, before anything is written.
            roll_back();
            rows_before = connection.rows_written();
            group = write(batch, &Writer::apply);
        }
        if (group.code == 0) { group.code = connection.run("COMMIT"); }
        if (group.code != 0) {
            roll_back();
            if (sqlite::is_poison(group.code)) { poisoned = true; }
            group.applied.clear();
            for (std::size_t i = 0; i < batch.size(); ++i) {
                group.applied.push_back(Applied{make_error_code(cloud_errc::unavailable), {}, group.code, false});
            }
            failed += batch.size();
        } else {
            ++transactions;
            rows += connection.rows_written() - rows_before;
            for (Applied const& one : group.applied) { ++(one.outcome ? changes : refused); }
        }
        waiting -= batch.size();
        return std::move(group.applied);
    }

    // On the loop.
    static void tell(std::shared_ptr<Shared> const& self, Applied const& applied, Store::Committed const& then) {
        if (self->closed) { return; }
        if (applied.outcome) { self->on_durable(applied.logins); }
        then(applied.outcome);
    }

    static void serve(std::shared_ptr<Shared> self) {
        for (;;) {
            std::deque<Item> batch;
            {
                std::unique_lock lock(self->mutex);
                self->wake.wait(lock, [&] { return self->stopping || !self->queue.empty(); });
                if (self->queue.empty()) { return; }
                while (!self->queue.empty() && batch.size() < k_batch_max) {
                    batch.push_back(std::move(self->queue.front()));
                    self->queue.pop_front();
                }
            }
            std::vector<Applied> applied = self->commit(batch);
            for (std::size_t i = 0; i < batch.size(); ++i) {
                auto outcome = std::make_shared<Applied>(std::move(applied[i]));
                boost::asio::post(batch[i].loop,
                                  [self, outcome, then = std::move(batch[i].then)] { tell(self, *outcome, then); });
            }
        }
    }

    Loop& loop;
    sqlite::Connection& connection;
    Writer writer;
    OnDurable on_durable;
    std::atomic<bool> poisoned = false;
    std::atomic<bool> is_ending = false;  // nobody turns the loop any more
    // Counted by the writer, read on the loop.
    std::atomic<std::uint64_t> transactions = 0;
    std::atomic<std::uint64_t> changes = 0;
    std::atomic<std::uint64_t> refused = 0;
    std::atomic<std::uint64_t> failed = 0;
    std::atomic<std::uint64_t> rows = 0;
    std::atomic<std::uint64_t> waiting = 0;
    bool closed = false;  // loop thread
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Item> queue;
    bool stopping = false;
    bool is_threaded = false;
    std::thread thread;
};

CommitQueue::CommitQueue(Loop& loop, sqlite::Connection& connection, Runs runs, OnDurable on_durable)
    : shared_(std::make_shared<Shared>(loop, connection, std::move(on_durable))) {
    shared_->is_threaded = runs == Runs::threaded;
    if (shared_->is_threaded) { shared_->thread = std::thread(&Shared::serve, shared_); }
}

CommitQueue::~CommitQueue() {
    shared_->closed = true;
    shared_->is_ending = true;
    {
        std::lock_guard lock(shared_->mutex);
        shared_->stopping = true;
    }
    shared_->wake.notify_all();
    if (shared_->thread.joinable()) { shared_->thread.join(); }
}

void CommitQueue::add(Change change, Store::Committed then) {
    Item item{std::move(change), std::move(then), shared_->loop.clock.wall(),
              boost::asio::prefer(shared_->loop.executor, boost::asio::execution::outstanding_work.tracked)};
    ++shared_->waiting;
    if (!shared_->is_threaded) {
        std::deque<Item> batch;
        batch.push_back(std::move(item));
        auto outcome = std::make_shared<Applied>(std::move(shared_->commit(batch).front()));
        boost::asio::post(shared_->loop.executor, [self = shared_, outcome, call = std::move(batch.front().then)] {
            Shared::tell(self, *outcome, call);
        });
        return;
    }
    {
        std::lock_guard lock(shared_->mutex);
        if (shared_->queue.size() < k_queue_max) {
            shared_->queue.push_back(std::move(item));
            shared_->wake.notify_one();
            return;
        }
    }
    --shared_->waiting;
    ++shared_->failed;
    boost::asio::post(shared_->loop.executor, [call = std::move(item.then)] { call(fail(cloud_errc::unavailable)); });
}

void CommitQueue::poison() { shared_->poisoned = true; }
bool CommitQueue::is_poisoned() const { return shared_->poisoned; }

StoreFigures CommitQueue::figures() const {
    Shared const& now = *shared_;
    return {now.transactions, now.changes, now.refused, now.failed, now.rows, now.waiting};
}

}  // namespace drydock
