// One event loop and the seams that hang on it. Rooms take a Loop& and never ask which kind it
// is: the same code runs on sockets (RealLoop in real_loop.h) and in virtual time (sim/world).
// Everything that takes a Loop& is called on that loop's thread.
#pragma once

#include "server/base/clock.h"
#include "server/base/entropy.h"
#include "server/base/offload.h"

#include <boost/asio/any_io_executor.hpp>

namespace drydock {

struct Loop {
    boost::asio::any_io_executor executor;
    Clock& clock;
    Entropy& entropy;
    Offload& offload;
};

}  // namespace drydock
