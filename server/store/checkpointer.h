// Moves what is durable in the write-ahead log into the database file, behind the writer: a batch of
// tokens leaves thousands of pages to move, and neither devices nor claims should wait for that.
#pragma once

#include "server/store/sqlite.h"

#include <memory>
#include <string>

namespace drydock {

class Checkpointer {
public:
    // Has a connection and a thread of its own, ten steps nicer than the loop: should it starve, the
    // log grows until the writer moves it itself. Throws like Connection.
    Checkpointer(std::string const& file, sqlite::Connection& writing);
    // Finishes the move under way.
    ~Checkpointer();
    Checkpointer(Checkpointer const&) = delete;
    Checkpointer& operator=(Checkpointer const&) = delete;

private:
    struct Shared;
    std::unique_ptr<Shared> shared_;
};

}  // namespace drydock
