// drydockd: the reference cloud as a daemon.
#include "server/app/daemon.h"
#include "server/app/listen_option.h"

#include <CLI/CLI.hpp>

#include <cstdio>

// Only declaring the options could throw here, and no argument makes it.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
    CLI::App app{
        "drydockd: Drydock's reference cloud. Devices, HTTP and HTTPS on two ports, SQLite inside.\n"
        "Examples:\n"
        "  drydockd --data /var/lib/drydock\n"
        "  drydockd --data data --listen 127.0.0.1:0 --ports-file ports.json"};
    drydock::DaemonOptions options;
    std::string plain = "127.0.0.1:8080";
    std::string secure = "127.0.0.1:9443";
    std::string faulty = "none";
    app.add_option("--data", options.data, "Folder of the store, its key and the development authority")
        ->capture_default_str();
    app.add_option("--listen", plain, "Address of the plain port (0 picks a free one)")->capture_default_str();
    app.add_option("--listen-tls", secure, "Address of the TLS port")->capture_default_str();
    app.add_option("--setup-password-file", options.setup_password_file,
                   "File whose first line becomes the password of admin@localhost at the first start");
    app.add_option("--ports-file", options.ports_file, "File to write the real ports to once the doors are open");
    app.add_option("--faulty", faulty,
                   "Be wrong on purpose, to prove a test: claim-without-condition, delete-keeps-session, "
                   "invalid-token-while-down, crash-on-claim");
    app.add_flag("--allow-faults", options.allows_faults, "SIGUSR1 takes the store down, SIGUSR2 brings it back");
    app.add_flag("--end-with-parent", options.ends_with_parent, "End when the starting process ends");
    app.set_version_flag("--version", DRYDOCK_VERSION);
    CLI11_PARSE(app, argc, argv);

    auto const plain_address = drydock::address_from(plain);
    auto const secure_address = drydock::address_from(secure);
    auto const known = drydock::faulty_server_from(faulty);
    if (!plain_address || !secure_address || !known) {
        std::fprintf(stderr,
                     "drydockd: --listen and --listen-tls take HOST:PORT, --faulty one of the names in --help\n");
        return 4;
    }
    options.plain = *plain_address;
    options.secure = *secure_address;
    options.faulty = *known;
    return drydock::run_daemon(std::move(options));
}
