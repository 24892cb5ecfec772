// How the test framework shows our values.
#pragma once

#include "server/base/error.h"

#include <catch2/catch.hpp>

namespace Catch {

template <class T>
struct StringMaker<boost::system::result<T>> {
    static std::string convert(boost::system::result<T> const& value) {
        return value ? "a value" : "failed: " + value.error().message();
    }
};

}  // namespace Catch
