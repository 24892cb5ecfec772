// Lists page by page: `?after=CURSOR&limit=N` in, `content` and `next` out.
#pragma once

#include "server/domain/store.h"
#include "server/http/message.h"

#include <boost/json/array.hpp>

#include <cstdint>

namespace drydock {

// The page a request asks for. Fails with `invalid` when a number is none or `limit` is not from 1 to 1000.
[[nodiscard]] result<Page> page_of(ApiRequest const& request);
// `next` is null on the last page.
[[nodiscard]] ApiResponse list_response(boost::json::array content, std::uint64_t next);

}  // namespace drydock
