#include "server/store/sqlite.h"

#include "server/base/check.h"

#include <sqlite3.h>

#include <mutex>
#include <stdexcept>
#include <utility>

namespace drydock::sqlite {

namespace {

// What a savepoint would go back to stays in memory up to this size and then moves to a file in the
// machine's common folder, where tokens do not belong, and which a full descriptor table refuses.
constexpr int k_way_back_in_memory = 64 * 1024 * 1024;

// Before the first connection of the process. Counts of memory cost a lock on each allocation, and
// nobody reads them.
void configure() {
    static_cast<void>(sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, k_way_back_in_memory));
    static_cast<void>(sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0));
}

// A null pointer would bind NULL: an empty value is a value.
void const* start_of(BytesView bytes) {
    static constexpr std::byte nothing{};
    return bytes.empty() ? &nothing : bytes.data();
}

}  // namespace

Connection::Connection(std::string const& file, Mode mode) {
    static std::once_flag is_configured;
    std::call_once(is_configured, configure);
    int const flags = mode == Mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(file.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
        std::string const why = handle_ == nullptr ? "out of memory" : sqlite3_errmsg(handle_);
        sqlite3_close(handle_);
        throw std::runtime_error("cannot open the store " + file + ": " + why);
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 250);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

Connection::~Connection() {
    for (auto const& [sql, statement] : prepared_) { sqlite3_finalize(statement); }
    sqlite3_close(handle_);
}

int Connection::run(char const* sql) {
    int const code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? 0 : sqlite3_extended_errcode(handle_);
}

void Connection::must_run(char const* sql) {
    if (run(sql) != 0) { throw std::runtime_error("the store refuses a statement: " + message()); }
}

bool Connection::is_in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }
std::int64_t Connection::last_row() const { return sqlite3_last_insert_rowid(handle_); }
std::uint64_t Connection::rows_written() const { return static_cast<std::uint64_t>(sqlite3_total_changes64(handle_)); }
std::string Connection::message() const { return sqlite3_errmsg(handle_); }
int Connection::last_code() const { return sqlite3_extended_errcode(handle_); }

void Connection::stop_when(std::atomic<bool> const& is_ending) {
    constexpr int k_instructions = 10'000;  // between two looks: well below a millisecond
    auto const look = [](void* flag) { return static_cast<std::atomic<bool> const*>(flag)->load() ? 1 : 0; };
    // SQLite wants a pointer it may write through; the look only reads.
    sqlite3_progress_handler(handle_, k_instructions, look, const_cast<std::atomic<bool>*>(&is_ending));
}

void Connection::on_log(std::function<void(int)> hook) {
    hook_ = std::move(hook);
    auto const call = [](void* self, sqlite3*, char const*, int pages) {
        auto const& told = static_cast<Connection*>(self)->hook_;
        if (told) { told(pages); }
        return SQLITE_OK;
    };
    sqlite3_wal_hook(handle_, call, this);
}

void Connection::move_log() {
    static_cast<void>(sqlite3_wal_checkpoint_v2(handle_, nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr));
}

sqlite3_stmt* Connection::prepared(char const* sql) {
    auto const found = prepared_.find(sql);
    if (found != prepared_.end()) { return found->second; }
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
        return nullptr;
    }
    prepared_.emplace(sql, statement);
    return statement;
}

Statement::Statement(Connection& connection, char const* sql) : statement_(connection.prepared(sql)) {
    if (statement_ == nullptr) { code_ = connection.last_code(); }
}

Statement::~Statement() {
    if (statement_ == nullptr) { return; }
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

Statement& Statement::bind(std::uint64_t value) {
    if (statement_ != nullptr) { sqlite3_bind_int64(statement_, next_++, static_cast<std::int64_t>(value)); }
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    if (statement_ != nullptr) {
        sqlite3_bind_text64(statement_, next_++, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    return *this;
}

Statement& Statement::bind(BytesView bytes) {
    if (statement_ != nullptr) {
        sqlite3_bind_blob64(statement_, next_++, start_of(bytes), bytes.size(), SQLITE_TRANSIENT);
    }
    return *this;
}

Statement& Statement::borrow(std::string_view text) {
    if (statement_ != nullptr) {
        char const* const data = text.empty() ? "" : text.data();
        sqlite3_bind_text64(statement_, next_++, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
    }
    return *this;
}

Statement& Statement::borrow(BytesView bytes) {
    if (statement_ != nullptr) {
        sqlite3_bind_blob64(statement_, next_++, start_of(bytes), bytes.size(), SQLITE_STATIC);
    }
    return *this;
}

void Statement::again() {
    if (statement_ != nullptr) { sqlite3_reset(statement_); }
    next_ = 1;
}

Statement& Statement::bind_null() {
    if (statement_ != nullptr) { sqlite3_bind_null(statement_, next_++); }
    return *this;
}

bool Statement::step() {
    if (statement_ == nullptr) { return false; }
    code_ = sqlite3_step(statement_);
    return code_ == SQLITE_ROW;
}

bool Statement::failed() const { return code_ != 0 && code_ != SQLITE_ROW && code_ != SQLITE_DONE; }

std::uint64_t Statement::number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}

std::string Statement::text(int column) const {
    auto const* data = reinterpret_cast<char const*>(sqlite3_column_text(statement_, column));
    return data == nullptr ? std::string()
                           : std::string(data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Bytes Statement::bytes(int column) const {
    BytesView const seen = view(column);
    return Bytes(seen.begin(), seen.end());
}

BytesView Statement::view(int column) const {
    auto const* data = static_cast<std::byte const*>(sqlite3_column_blob(statement_, column));
    if (data == nullptr) { return {}; }
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool is_poison(int code) {
    int const primary = code & 0xff;
    return code == SQLITE_IOERR_FSYNC || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB;
}

bool is_taken(int code) { return code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY; }

}  // namespace drydock::sqlite
