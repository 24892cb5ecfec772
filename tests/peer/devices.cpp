// Virtual devices on real sockets, told by a test what to do: one JSON object a line on the input
// (add, on, off, write, views), one a line on the output for everything that happens to a device.
// Ends with its input. One loop, one thread.
#include "server/base/real_loop.h"
#include "server/net/tcp.h"
#include "sim/device/virtual_device.h"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/json.hpp>

#include <chrono>
#include <exception>
#include <iostream>
#include <istream>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include <unistd.h>

namespace drydock::test {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;

std::string text_of(json::object const& line, char const* key) { return std::string(line.at(key).as_string()); }

class Devices {
public:
    explicit Devices(RealLoop& real)
        : loop_(real.loop()),
          network_(real),
          events_(loop_.clock),
          input_(real.reactor(), ::dup(STDIN_FILENO)),
          typed_(k_line_max) {
        events_.on_append([](Event const& event) { tell(event); });
        events_.keep_none();
        listen();
    }

private:
    static constexpr std::size_t k_line_max = 65536;

    void listen() {
        asio::async_read_until(input_, typed_, '\n', [this](error_code failure, std::size_t) {
            if (failure) { return devices_.clear(); }  // nothing is left to wait for: the loop ends
            std::istream stream(&typed_);
            std::string line;
            std::getline(stream, line);
            take(json::parse(line).as_object());
            listen();
        });
    }

    void take(json::object const& line) {
        std::string const verb = text_of(line, "do");
        if (verb == "add") { return add(line); }
        if (verb == "views") { return tell_views(); }
        VirtualDevice& device = *devices_.at(text_of(line, "name"));
        if (verb == "on") {
            device.power_on();
        } else if (verb == "off") {
            device.power_off();
        } else if (verb == "write") {
            auto const pin = line.at("pin").to_number<unsigned>();
            if (!device.write(pin, text_of(line, "value"))) { events_.append(text_of(line, "name"), "test.not_sent"); }
        } else {
            throw std::invalid_argument("no such thing to do: " + verb);
        }
    }

    void add(json::object const& line) {
        auto const family = family_from(text_of(line, "family"));
        if (!family) { throw std::invalid_argument("no such family: " + text_of(line, "family")); }
        DeviceOptions options;
        options.name = text_of(line, "name");
        options.address = {"127.0.0.1", line.at("port").to_number<std::uint16_t>()};
        options.family = *family;
        options.heartbeat = std::chrono::seconds(line.at("heartbeat").to_number<int>());
        if (auto const* authority = line.if_contains("ca"); authority != nullptr) {
            if (!trust_) { trust_ = TlsContext::client(std::string(authority->as_string()), TlsContext::Verify::yes); }
            options.tls = trust_;
            options.tls_host = "localhost";
        }
        auto device = std::make_unique<VirtualDevice>(loop_, network_, events_, options);
        device->set_token(Secret(text_of(line, "token")));
        devices_[options.name] = std::move(device);
    }

    static void tell(Event const& event) {
        json::object line{{"who", event.subject}, {"what", event.kind}};
        for (auto const& [key, value] : event.fields) { line[key] = value; }
        std::cout << json::serialize(line) << std::endl;
    }

    void tell_views() {
        json::object views;
        for (auto const& [name, device] : devices_) {
            DeviceView const& view = device->view();
            views[name] = json::object{{"connection", std::string(to_text(view.connection))},
                                       {"last_status", view.last_status},
                                       {"logins", view.logins},
                                       {"connects", view.connects},
                                       {"unexpected_closes", view.unexpected_closes}};
        }
        std::cout << json::serialize(json::object{{"views", views}}) << std::endl;
    }

    Loop& loop_;
    TcpNetwork network_;
    EventLog events_;
    asio::posix::stream_descriptor input_;
    asio::streambuf typed_;
    std::shared_ptr<TlsContext> trust_;
    std::map<std::string, std::unique_ptr<VirtualDevice>> devices_;
};

}  // namespace

}  // namespace drydock::test

int main() {
    try {
        drydock::RealLoop real;
        drydock::test::Devices const devices(real);
        real.reactor().run();
        return 0;
    } catch (std::exception const& failure) {
        std::cerr << "peer_devices: " << failure.what() << std::endl;
        return 1;
    }
}
