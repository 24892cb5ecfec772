#include "server/net/stream.h"

#include <boost/asio/error.hpp>

namespace drydock {

bool is_would_block(error_code ec) {
    return ec == boost::asio::error::would_block || ec == boost::asio::error::try_again;
}

}  // namespace drydock
