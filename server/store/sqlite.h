// SQLite with owned handles: a connection, a prepared statement. Failures are codes; the text of
// a failed open is thrown, since nothing runs without a store. One thread per connection.
#pragma once

#include "server/base/bytes.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

struct sqlite3;
struct sqlite3_stmt;

namespace drydock::sqlite {

class Statement;

class Connection {
public:
    enum class Mode { read_write, read_only };
    // Throws std::runtime_error with the file and SQLite's words.
    Connection(std::string const& file, Mode mode);
    ~Connection();
    Connection(Connection const&) = delete;
    Connection& operator=(Connection const&) = delete;

    // Runs statements without results. SQLite's extended result code, 0 when done.
    [[nodiscard]] int run(char const* sql);
    // The same, throwing std::runtime_error (migrations, settings).
    void must_run(char const* sql);
    // False between transactions, and after a failure that made SQLite roll one back by itself.
    [[nodiscard]] bool is_in_transaction() const;
    [[nodiscard]] std::int64_t last_row() const;
    // Rows written since the connection was opened.
    [[nodiscard]] std::uint64_t rows_written() const;
    [[nodiscard]] std::string message() const;
    [[nodiscard]] int last_code() const;
    // What runs on this connection ends soon, as failed, once the flag is set. It outlives the connection.
    void stop_when(std::atomic<bool> const& is_ending);
    // Called after each commit with the pages in the write-ahead log, which nothing but move_log() empties
    // from now on; an empty function: nothing is called.
    void on_log(std::function<void(int pages)> hook);
    // Moves what can be moved of the log into the file, without waiting for anybody. A failure shows in the
    // next use of the disk, and nothing is lost by it.
    void move_log();
    // A prepared statement, made once per text and kept. The text must be a literal.
    [[nodiscard]] sqlite3_stmt* prepared(char const* sql);

private:
    sqlite3* handle_ = nullptr;
    std::function<void(int)> hook_;
    std::unordered_map<char const*, sqlite3_stmt*> prepared_;
};

// One use of a prepared statement: bind in order, step, read columns; reset at the end.
class Statement {
public:
    Statement(Connection& connection, char const* sql);
    ~Statement();
    Statement(Statement const&) = delete;
    Statement& operator=(Statement const&) = delete;

    Statement& bind(std::uint64_t value);
    Statement& bind(std::string_view text);
    Statement& bind(BytesView bytes);
    Statement& bind_null();
    // The same without a copy: what is bound so must stay as it is until again() or the end.
    Statement& borrow(std::string_view text);
    Statement& borrow(BytesView bytes);
    // For the same statement with other values: the next one binds the first parameter.
    void again();
    // True for a row, false at the end or on failure: look at code().
    [[nodiscard]] bool step();
    [[nodiscard]] int code() const { return code_; }
    [[nodiscard]] bool failed() const;
    [[nodiscard]] std::uint64_t number(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] Bytes bytes(int column) const;
    // The same without a copy; ends with the next step.
    [[nodiscard]] BytesView view(int column) const;

private:
    sqlite3_stmt* statement_ = nullptr;
    int next_ = 1;
    int code_ = 0;
};

// True for codes after which nothing this process says about durability can be believed.
[[nodiscard]] bool is_poison(int code);
// True when a name, address or digest is in use already.
[[nodiscard]] bool is_taken(int code);

}  // namespace drydock::sqlite
