#include "rig/web/live_view.h"

#include "reports/load_sample.h"
#include "rig/web/live_answer.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json.hpp>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace drydock::rig;
using drydock::report::LoadTick;

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

LoadTick tick_at(double at) {
    LoadTick tick;
    tick.at_s = at;
    tick.heat = {1, 2, 0};
    return tick;
}

LiveFeed feed_of(std::size_t count, std::size_t ticks_max) {
    LiveFeed feed(ticks_max);
    for (std::size_t i = 0; i < count; ++i) { feed.add(tick_at(static_cast<double>(i))); }
    return feed;
}

// The answer to these bytes, until the server ends the connection.
std::string answer_to(std::uint16_t port, std::string const& bytes) {
    asio::io_context context;
    asio::ip::tcp::socket socket(context);
    socket.connect({asio::ip::address_v4::loopback(), port});
    asio::write(socket, asio::buffer(bytes));
    std::string answer;
    boost::system::error_code ended;
    asio::read(socket, asio::dynamic_buffer(answer), ended);
    return answer;
}

std::string get(std::uint16_t port, std::string const& target, std::string const& host) {
    return answer_to(port, "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
}

std::uint16_t port_of(LiveView const& view) {
    std::string const address = view.address();
    return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

}  // namespace

TEST_CASE("the page gets the ticks it does not have", "[live_view]") {
    LiveFeed const feed = feed_of(5, 100);
    json::value const all = json::parse(feed.to_json(0));
    CHECK(all.at("first") == 0);
    CHECK(all.at("total") == 5);
    CHECK(all.at("load").at("ticks").as_array().size() == 5);
    json::value const rest = json::parse(feed.to_json(3));
    CHECK(rest.at("first") == 3);
    REQUIRE(rest.at("load").at("ticks").as_array().size() == 2);
    CHECK(rest.at("load").at("ticks").at(0).at("at_s") == 3.0);
    json::value const none = json::parse(feed.to_json(UINT64_MAX));
    CHECK(none.at("first") == 5);
    CHECK(none.at("load").at("ticks").as_array().empty());
}

TEST_CASE("a run of any length takes bounded memory, and an answer has a bounded length", "[live_view]") {
    LiveFeed feed = feed_of(2000, 1000);
    for (int i = 0; i < 3000; ++i) { feed.add(drydock::report::LoadEvent{1, "again", ""}); }
    json::value const first = json::parse(feed.to_json(0));
    CHECK(first.at("first") == 1000);
    CHECK(first.at("kept") == 1000);
    CHECK(first.at("load").at("ticks").as_array().size() == LiveFeed::k_ticks_in_answer);
    CHECK(first.at("load").at("events").as_array().size() == LiveFeed::k_events_max);
    json::value const rest = json::parse(feed.to_json(1600));
    CHECK(rest.at("load").at("ticks").as_array().size() == 400);
    CHECK(rest.at("total") == 2000);
}

TEST_CASE("a run that is over says its verdict and why", "[live_view]") {
    LiveFeed feed = feed_of(1, 10);
    CHECK(json::parse(feed.to_json(0)).at("load").at("verdict") == "");
    feed.finish(drydock::report::Verdict::fail, "1 of 2 thresholds was missed");
    json::value const over = json::parse(feed.to_json(1));
    CHECK(over.at("load").at("verdict") == "FAIL");
    CHECK(over.at("load").at("sentence") == "1 of 2 thresholds was missed");
}

TEST_CASE("only GET is answered, and only under a loopback name", "[live_view]") {
    LiveFeed const feed = feed_of(1, 10);
    auto const status = [&](std::string_view method, std::string_view target, std::string_view host) {
        return answer_of({method, target, host}, 8081, feed).status;
    };
    for (auto const* host : {"127.0.0.1:8081", "localhost:8081", "[::1]:8081", "localhost"}) {
        INFO(host);
        CHECK(status("GET", "/", host) == 200);
    }
    for (auto const* host : {"", "evil.example", "evil.example:8081", "127.0.0.1:80810", "127.0.0.1.evil.example:8081",
                             "localhost:80", "LOCALHOST:8081 ", "127.0.0.1:8081@evil.example"}) {
        INFO(host);
        CHECK(status("GET", "/", host) == 421);
        CHECK(status("GET", "/state", host) == 421);
    }
    for (auto const* method : {"POST", "PUT", "DELETE", "OPTIONS", "HEAD", "get", ""}) {
        INFO(method);
        CHECK(status(method, "/", "localhost") == 405);
    }
    for (auto const* target : {"", "//", "/state/", "/../etc/passwd", "http://localhost/", "*", "/live.js/"}) {
        INFO(target);
        CHECK(status("GET", target, "localhost") == 404);
    }
    for (auto const* target :
         {"/state", "/state?", "/state?from=", "/state?from=-1", "/state?from=99999999999999999999"}) {
        INFO(target);
        CHECK(answer_of({"GET", target, "localhost"}, 8081, feed).status == 200);
    }
}

TEST_CASE("the served page brings all it needs", "[live_view]") {
    std::string const page(live_page());
    CHECK(page.find("/live.js") != std::string::npos);
    CHECK(page.find("/live.css") != std::string::npos);
    CHECK(page.find("<style") == std::string::npos);  // the policy has no room for scripts and styles in the page
    CHECK(page.find("http") == std::string::npos);
    CHECK(live_script().find("function timePlot") != std::string_view::npos);
    CHECK(live_script().find("innerHTML") == std::string_view::npos);
    CHECK(live_style().find("prefers-color-scheme: dark") != std::string_view::npos);
}

TEST_CASE("the view serves what it was told, over loopback", "[live_view]") {
    LiveView view({});
    std::uint16_t const port = port_of(view);
    view.set_meta({"a </script> run", "a machine", 10, 2, {{"arrive", 0, 5, false}}, {1, 10}});
    view.add(tick_at(1));
    std::string const own = "127.0.0.1:" + std::to_string(port);
    std::string const page = get(port, "/", own);
    CHECK(page.starts_with("HTTP/1.1 200"));
    CHECK(page.find("frame-ancestors 'none'") != std::string::npos);
    std::string const state = get(port, "/state?from=0", own);
    json::value const answer = json::parse(state.substr(state.find("\r\n\r\n") + 4));
    CHECK(answer.at("title") == "a </script> run");
    CHECK(answer.at("load").at("ticks").as_array().size() == 1);
    CHECK(get(port, "/state", "evil.example").starts_with("HTTP/1.1 421"));
    CHECK_THROWS_WITH(LiveView({port, 10}), Catch::Contains("cannot listen on 127.0.0.1:" + std::to_string(port)));
}

TEST_CASE("the end of a run waits for no reader that is not there, and is told to those who are", "[live_view]") {
    LiveView view({});
    view.finish(drydock::report::Verdict::fail, "why");
    std::string const state = get(port_of(view), "/state", "localhost");
    CHECK(state.find("\"verdict\":\"FAIL\",\"sentence\":\"why\"") != std::string::npos);
    view.finish(drydock::report::Verdict::fail, "why");
}

TEST_CASE("hostile bytes end their own connection and no other", "[live_view]") {
    LiveView view({});
    std::uint16_t const port = port_of(view);
    std::string const host = "\r\nHost: localhost\r\n";
    CHECK(answer_to(port, "POST / HTTP/1.1" + host + "Content-Length: 9999999999\r\n\r\n").starts_with("HTTP/1.1 405"));
    CHECK(answer_to(port, "GET / HTTP/1.1" + host + "Content-Length: 5\r\n\r\nhello").starts_with("HTTP/1.1 400"));
    CHECK(answer_to(port, "GET / HTTP/1.1" + host + "Transfer-Encoding: chunked\r\n\r\n").starts_with("HTTP/1.1 400"));
    CHECK(answer_to(port, std::string(20000, 'x')).empty());
    CHECK(answer_to(port, "GET / HTTP/1.1\r\nX: " + std::string(20000, 'y')).empty());
    // One connection says nothing at all; the others are answered meanwhile, and the view ends in spite of it.
    asio::io_context context;
    asio::ip::tcp::socket silent(context);
    silent.connect({asio::ip::address_v4::loopback(), port});
    CHECK(get(port, "/live.js", "localhost").starts_with("HTTP/1.1 200"));
}
