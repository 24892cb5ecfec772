#include "server/store/commit_queue.h"

#include "server/base/niceness.h"
#include "server/base/thread_cpu.h"
#include "server/store/loop_load.h"

#include <boost/asio/post.hpp>

#include <algorithm>
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
// A change that writes more tokens is one for the patient writer.
constexpr std::size_t k_few_tokens = 64;
// In place of SQLite's code, which the statement that lost it has told.
constexpr int k_transaction_lost = 1;
// What a busy loop may cost a batch of tokens at each of its pauses.
constexpr auto k_turn_max = std::chrono::milliseconds(5);
// Beside a busy loop the writer of a batch rests after each millisecond or so.
constexpr auto k_rest = std::chrono::microseconds(300);
// Steps beside the loop, which keeps three quarters of a core that it and the quick writer want, and nine
// tenths beside the patient one.
constexpr int k_niceness_of_quick = 5;
constexpr int k_niceness_of_patient = 10;

struct Item {
    Change change;
    Store::Committed then;
    WallTime now;
    boost::asio::any_io_executor loop;  // keeps the loop running until the outcome was posted
};

bool is_long(Change const& change) {
    return std::any_of(change.writes.begin(), change.writes.end(), [](Write const& write) {
        auto const* const tokens = std::get_if<NewBatch>(&write);
        return tokens != nullptr && tokens->tokens.size() > k_few_tokens;
    });
}

}  // namespace

struct CommitQueue::Shared {
    Shared(Loop& its_loop, sqlite::Connection& its_connection, OnDurable its_on_durable)
        : loop(its_loop),
          connection(its_connection),
          writer(its_connection, [this] { let_the_loop_turn(); }),
          on_durable(std::move(its_on_durable)) {}

    struct Turn {
        TimePoint at;
        Duration used{};  // what the loop's thread had of a processor by then
        std::binary_semaphore is_over{0};
    };

    // The batch goes on after the loop has had a turn, in which it answers all who wait. Beside a busy loop it
    // rests as well, and the claims behind it with it: the kernel moves nobody to a core that always has work
    // (rig/docs/adr/0010).
    void let_the_loop_turn() {
        if (!is_threaded || is_ending) { return; }
        auto const turn = std::make_shared<Turn>();
        boost::asio::post(loop.executor, [turn, &clock = loop.clock] {
            turn->at = clock.now();
            turn->used = thread_cpu();
            turn->is_over.release();
        });
        bool is_busy = true;
        if (turn->is_over.try_acquire_for(k_turn_max)) { is_busy = load.is_busy(turn->at, turn->used); }
        if (!is_busy) { return; }
        std::unique_lock lock(mutex);
        wake.wait_for(lock, k_rest, [this] { return stopping; });
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
            // After some failures SQLite has rolled all back by itself: what came next would be durable alone.
            if (group.code == 0 && !connection.is_in_transaction()) { group.code = k_transaction_lost; }
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

    // What waits for one of the writers, and its thread.
    struct Line {
        std::deque<Item> queue;
        std::thread thread;
    };

    // Two writers take turns at the one connection. A batch of ten thousand tokens takes a fifth of a second,
    // and where the loop has no core of its own devices would wait for it: the patient writer takes such
    // batches, and less of the core. Were it the only one, then on a machine that others keep busy no claim
    // would ever come through.
    static void serve(std::shared_ptr<Shared> const& self, Line& line) {
        be_nicer_by(&line == &self->patient ? k_niceness_of_patient : k_niceness_of_quick);
        for (;;) {
            std::deque<Item> batch;
            {
                std::unique_lock lock(self->mutex);
                self->wake.wait(lock, [&] { return self->stopping || !line.queue.empty(); });
                if (line.queue.empty()) { return; }
                while (!line.queue.empty() && batch.size() < k_batch_max) {
                    batch.push_back(std::move(line.queue.front()));
                    line.queue.pop_front();
                }
            }
            std::vector<Applied> applied;
            {
                std::lock_guard const lock(self->writing);
                applied = self->commit(batch);
            }
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
    LoopLoad load;        // of whoever holds `writing`
    std::mutex writing;   // guards the connection and the writer
    std::mutex mutex;     // guards the queues and `stopping`
    std::condition_variable wake;
    Line quick;
    Line patient;
    bool stopping = false;
    bool is_threaded = false;
};

CommitQueue::CommitQueue(Loop& loop, sqlite::Connection& connection, Runs runs, OnDurable on_durable)
    : shared_(std::make_shared<Shared>(loop, connection, std::move(on_durable))) {
    shared_->is_threaded = runs == Runs::threaded;
    if (!shared_->is_threaded) { return; }
    for (Shared::Line* const line : {&shared_->quick, &shared_->patient}) {
        line->thread = std::thread([shared = shared_, line] { Shared::serve(shared, *line); });
    }
}

CommitQueue::~CommitQueue() {
    shared_->closed = true;
    shared_->is_ending = true;
    {
        std::lock_guard lock(shared_->mutex);
        shared_->stopping = true;
    }
    shared_->wake.notify_all();
    for (Shared::Line* const line : {&shared_->quick, &shared_->patient}) {
        if (line->thread.joinable()) { line->thread.join(); }
    }
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
        if (shared_->quick.queue.size() + shared_->patient.queue.size() < k_queue_max) {
            (is_long(item.change) ? shared_->patient : shared_->quick).queue.push_back(std::move(item));
            shared_->wake.notify_all();
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
