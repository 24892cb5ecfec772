#include "rig/benchmark/scrape.h"

#include "rig/bench/bench.h"
#include "server/base/real_loop.h"
#include "server/base/spawn.h"
#include "server/net/tcp.h"
#include "sim/phone/http_client.h"

#include <optional>
#include <sstream>
#include <string>

namespace drydock::rig {

namespace {

boost::asio::awaitable<void> get(HttpClient& client, std::optional<result<HttpAnswer>>& answer) {
    HttpRequest request("GET", "/metrics");
    answer.emplace(co_await client.send(std::move(request)));
}

}  // namespace

double metric_of(std::uint16_t port, std::string_view name) {
    RealLoop real;
    TcpNetwork network(real);
    std::optional<result<HttpAnswer>> answer;
    {
        HttpClient client(real.loop(), network, {"127.0.0.1", port}, nullptr, "");
        spawn(real.loop().executor, "metrics", get(client, answer));
        while (!answer) { real.reactor().run_one(); }
    }
    if (!*answer || (*answer)->status != 200) {
        throw InfrastructureError("drydockd shows no /metrics: is it older than this drydock?");
    }
    std::istringstream page((*answer)->body);
    std::string const begin = std::string(name) + " ";
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with(begin)) { return std::stod(line.substr(begin.size())); }
    }
    throw InfrastructureError("drydockd's /metrics has no " + std::string(name));
}

}  // namespace drydock::rig
