// Group commit: changes wait here, a writer takes all that are there, commits them as one
// transaction and tells the outcomes on the loop. One refused change takes no other with it: a
// group that one left traces in is rolled back and written anew, each change in a savepoint.
#pragma once

#include "server/base/loop.h"
#include "server/domain/store.h"
#include "server/store/sqlite.h"
#include "server/store/writer.h"

#include <functional>
#include <memory>
#include <vector>

namespace drydock {

class CommitQueue {
public:
    // Called on the loop for every durable change, before its `then`.
    using OnDurable = std::function<void(std::vector<LoginUpdate> const&)>;

    // With `threaded` the connection is used on the queue's own threads from now on.
    enum class Runs { threaded, inline_ };
    CommitQueue(Loop& loop, sqlite::Connection& connection, Runs runs, OnDurable on_durable);
    ~CommitQueue();
    CommitQueue(CommitQueue const&) = delete;
    CommitQueue& operator=(CommitQueue const&) = delete;

    void add(Change change, Store::Committed then);
    // Behaves from now on as after such a failure.
    void poison();
    // After the database failed in a way that makes its word worthless: nothing is acknowledged
    // any more.
    [[nodiscard]] bool is_poisoned() const;
    [[nodiscard]] StoreFigures figures() const;

private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace drydock
