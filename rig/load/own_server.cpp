#include "rig/load/own_server.h"

#include "server/base/real_loop.h"
#include "server/store/sqlite_store.h"

#include <boost/asio/executor_work_guard.hpp>

#include <csignal>

namespace drydock::rig {

namespace {

Stock fill_folder(load::LoadPlan const& plan, std::filesystem::path const& data, Secret const& password) {
    std::filesystem::create_directories(data);
    std::filesystem::permissions(data, std::filesystem::perms::owner_all);
    RealLoop real;
    // Without work the loop stops; the writer's thread, which may finish the last, can be the one that stops it,
    // after it was begun anew.
    boost::asio::executor_work_guard<boost::asio::any_io_executor> const work(real.loop().executor);
    Vault const vault = Vault::open(data / "vault.key", real.loop().entropy);
    auto const store = SqliteStore::open(real.loop(), data / "drydock.sqlite", SqliteStore::Commits::writer_thread);
    auto const run = [&real](std::function<bool()> const& is_done) {
        while (!is_done()) { real.reactor().run_one(); }
    };
    return fill_store(plan, StockOrder{real.loop(), *store, vault, password, run, nullptr});
}

}  // namespace

OwnServer::OwnServer(load::LoadPlan const& plan, std::filesystem::path const& daemon, std::filesystem::path const& log,
                     FaultyServer faulty, std::atomic<bool> const* is_interrupted) {
    DaemonProcessOptions options;
    options.program = daemon.empty() ? default_daemon_program() : daemon;
    options.log = log;
    options.faulty = faulty;
    options.is_interrupted = is_interrupted;
    options.prepare = [&](std::filesystem::path const& data, Secret const& password) {
        stock_ = fill_folder(plan, data, password);
    };
    daemon_ = std::make_unique<DaemonProcess>(std::move(options));
}

void OwnServer::restart(End end) {
    if (end == End::killed) {
        daemon_->kill();
    } else {
        daemon_->stop();
    }
    daemon_->start_again();
}

void OwnServer::set_store_down(bool is_down) { daemon_->signal(is_down ? SIGUSR1 : SIGUSR2); }

}  // namespace drydock::rig
