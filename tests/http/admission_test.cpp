#include "server/http/admission.h"

#include <catch2/catch.hpp>

#include <string>

using namespace drydock;

namespace {

Admission of(std::string head) { return admit(head + "\r\n\r\n"); }

}  // namespace

TEST_CASE("an ordinary request is admitted", "[http]") {
    CHECK(of("GET /api/v1/health HTTP/1.1\r\nHost: localhost") == Admission::admitted);
    CHECK(of("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked") == Admission::admitted);
}

TEST_CASE("a head that could be read two ways is refused", "[http][CWE-444]") {
    for (std::string const& rest :
         {std::string(""), std::string("Host: a\r\nHost: a"),
          std::string("Host: a\r\nContent-Length: 1\r\nContent-Length: 1"),
          std::string("Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked"),
          std::string("Host: a\r\nTransfer-Encoding: xchunked"),
          std::string("Host: a\r\nTransfer-Encoding: chunked, identity"), std::string("Host: a\r\n folded: x"),
          std::string("Host : a"), std::string("Host:"), std::string("Host: a\r\nX: \x01")}) {
        CHECK(of("GET / HTTP/1.1\r\n" + rest) == Admission::refused);
    }
    CHECK(of("GET http://evil/ HTTP/1.1\r\nHost: a") == Admission::refused);
    CHECK(of("GET / HTTP/1.0\r\nHost: a") == Admission::refused);
    CHECK(of("BREW / HTTP/1.1\r\nHost: a") == Admission::refused);
    CHECK(of("GET /a b HTTP/1.1\r\nHost: a") == Admission::refused);
}

TEST_CASE("a head is bounded in bytes and in headers", "[http]") {
    CHECK(admit("GET / HTTP/1.1\r\nHost: a") == Admission::incomplete);
    CHECK(admit(std::string(9000, 'x')) == Admission::refused);
    std::string many = "GET / HTTP/1.1\r\nHost: a";
    for (int i = 0; i < 101; ++i) { many += "\r\nX: y"; }
    CHECK(of(many) == Admission::refused);
}
