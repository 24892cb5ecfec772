// Failures as values. Every room returns result<T> with an error_code of its own category;
// exceptions are for the absurd (corrupt database, broken configuration, out of memory).
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

namespace drydock {

using error_code = boost::system::error_code;

template <class T>
using result = boost::system::result<T>;

// A yes or no that may also fail: a result<bool> cannot be made from an error_code.
enum class Truth { no, yes };

// Turns an enumerator of any registered error enumeration into a failed result.
template <class Errc>
[[nodiscard]] error_code fail(Errc code) {
    return make_error_code(code);
}

}  // namespace drydock
