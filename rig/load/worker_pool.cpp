#include "rig/load/worker_pool.h"

#include "rig/bench/bench.h"
#include "rig/bench/process_end.h"
#include "rig/load/line_channel.h"
#include "rig/load/shared_time.h"

#include <boost/json.hpp>
#include <boost/process.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace drydock::rig {

namespace {

namespace json = boost::json;
namespace process = boost::process;

constexpr auto k_end_max = std::chrono::seconds(2);
constexpr auto k_own_end_max = std::chrono::milliseconds(200);

struct OneWorker {
    process::child child;
    std::unique_ptr<LineChannel> channel;
    load::Shard shard;
    bool is_ready = false;
    bool is_finished = false;
};

struct Division {
    std::vector<std::uint64_t> taken;
    std::vector<std::uint64_t> left;
};

// A question to all workers and what they said so far.
struct Question {
    std::uint64_t count = 0;
    std::size_t missing = 0;
    std::vector<std::vector<std::uint64_t>> answers;
    FleetPort::Picked then;

    // In turn from each, so that the choice is spread as the fleet is. Each was asked for all of them.
    [[nodiscard]] Division divided() const {
        Division division;
        bool is_any = true;
        for (std::size_t i = 0; is_any; ++i) {
            is_any = false;
            for (auto const& answer : answers) {
                if (i >= answer.size()) { continue; }
                (division.taken.size() < count ? division.taken : division.left).push_back(answer[i]);
                is_any = true;
            }
        }
        return division;
    }
};

std::string_view word_of(load::Wanted wanted) {
    switch (wanted) {
        case load::Wanted::online: return "online";
        case load::Wanted::online_unclaimed: return "unclaimed";
        case load::Wanted::online_claimed: return "claimed";
    }
    return "online";
}

json::array pair_of(Address const& address) { return {address.host, address.port}; }

}  // namespace

struct WorkerPool::State {
    State(Loop& its_loop, Told its_told) : loop(its_loop), told(std::move(its_told)) {}

    Loop& loop;
    Told told;
    std::vector<std::unique_ptr<OneWorker>> workers;
    load::Shard shard;
    std::map<std::uint64_t, Question> questions;
    std::uint64_t last_question = 0;
    std::map<std::size_t, std::size_t> asked;  // how many workers did, by the happening's index in the plan
    TimePoint begun{};
    std::string failure;
    bool is_stopped = false;

    void fail(std::string why) {
        if (failure.empty()) { failure = std::move(why); }
    }

    // The pipes close on exec: no later worker may keep an earlier one's end open.
    void start(std::filesystem::path const& program, OneWorker& worker) {
        process::pipe to;
        process::pipe from;
        int const write_to = ::fcntl(to.native_sink(), F_DUPFD_CLOEXEC, 0);
        int const read_from = ::fcntl(from.native_source(), F_DUPFD_CLOEXEC, 0);
        if (write_to < 0 || read_from < 0) { throw InfrastructureError("no descriptor is left for a load worker"); }
        worker.channel = std::make_unique<LineChannel>(loop, read_from, write_to);
        // The child must not hold the parent's ends, or it would never read the end of its input.
        ::fcntl(to.native_sink(), F_SETFD, FD_CLOEXEC);
        ::fcntl(from.native_source(), F_SETFD, FD_CLOEXEC);
        try {
            worker.child = process::child(program.string(), process::args({"load-worker"}),
                                          process::std_in<to, process::std_out> from);
        } catch (process::process_error const& e) {
            throw InfrastructureError("cannot start a load worker, " + program.string() + ": " + e.what());
        }
    }

    void listen(std::size_t number) {
        workers[number]->channel->start([this, number](json::object message) { hear(number, message); },
                                        [this, number] {
                                            if (!workers[number]->is_finished && failure.empty()) {
                                                fail(end_of(number));
                                            }
                                        });
    }

    // Of one that went silent before its work was done. The end of its pipe comes a moment before its own.
    std::string end_of(std::size_t number) {
        process::child& child = workers[number]->child;
        std::string const who =
            fmt::format("load worker {} of {} (process {})", number + 1, workers.size(), child.id());
        if (!ended_within(child, k_own_end_max)) { return who + " can no longer be understood"; }
        return who + " ended before its work was done: " + end_text(child.native_exit_code());
    }

    void hear(std::size_t number, json::object const& message) {
        try {
            hear_checked(number, message);
        } catch (InterruptedError const&) {
            // Of a restart of the server. Whoever plays the run sees the interrupt, and ends it with a record.
        } catch (InfrastructureError const& e) {
            fail(e.what());  // of what an answer led to
        } catch (std::exception const& e) { fail(std::string("a load worker talks nonsense: ") + e.what()); }
    }

    void hear_checked(std::size_t number, json::object const& message) {
        OneWorker& worker = *workers[number];
        auto const say = message.at("say").as_string();
        if (say == "ready") {
            worker.is_ready = true;
        } else if (say == "tick") {
            told.tick(tick_of(number, message));
        } else if (say == "picked" || say == "known") {
            answered(message);
        } else if (say == "event") {
            told.event(event_of(message));
        } else if (say == "asked") {
            hear_asked(message.at("number").to_number<std::size_t>());
        } else if (say == "finished") {
            worker.is_finished = true;
        } else if (say == "failed") {
            fail("a load worker cannot play: " + std::string(message.at("why").as_string()));
        }
    }

    static WorkerTick tick_of(std::size_t number, json::object const& message) {
        WorkerTick tick;
        tick.worker = number;
        tick.number = message.at("number").to_number<std::uint64_t>();
        tick.at = Duration(message.at("at").to_number<Duration::rep>());
        tick.arrived = message.at("arrived").to_number<std::uint64_t>();
        tick.expected = message.at("expected").to_number<std::uint64_t>();
        tick.online = message.at("online").to_number<std::uint64_t>();
        tick.repeated_connects = message.at("repeated_connects").to_number<std::uint64_t>();
        for (auto const& one : message.at("errors").as_object()) {
            tick.errors[one.key()] = one.value().to_number<std::uint64_t>();
        }
        if (auto const* cores = message.if_contains("cores")) { tick.cores = cores->to_number<double>(); }
        auto summary = load::Summary::from_text(message.at("summary").as_string());
        if (!summary) { throw std::runtime_error(summary.error().message()); }
        tick.fresh = std::move(*summary);
        return tick;
    }

    static Event event_of(json::object const& message) {
        Event event;
        event.at = TimePoint(Duration(message.at("at").to_number<Duration::rep>()));
        event.subject = std::string(message.at("subject").as_string());
        event.kind = std::string(message.at("kind").as_string());
        event.fields = json::value_to<Fields>(message.at("fields"));
        return event;
    }

    void hear_asked(std::size_t happening) {
        if (++asked[happening] == workers.size()) { told.asked(happening); }
    }

    void answered(json::object const& message) {
        auto const found = questions.find(message.at("id").to_number<std::uint64_t>());
        if (found == questions.end()) { return; }
        Question& question = found->second;
        if (auto const* devices = message.if_contains("devices")) {
            question.answers.push_back(json::value_to<std::vector<std::uint64_t>>(*devices));
        }
        if (--question.missing != 0) { return; }
        auto const then = std::move(question.then);
        Division division = question.divided();
        questions.erase(found);
        release(division.left);
        then(std::move(division.taken));
    }

    std::uint64_t ask(std::uint64_t count, Picked then) {
        Question& question = questions[++last_question];
        question.count = count;
        question.missing = workers.size();
        question.then = std::move(then);
        return last_question;
    }

    void release(std::vector<std::uint64_t> const& devices) {
        std::map<LineChannel*, json::array> by_channel;
        for (std::uint64_t const device : devices) { by_channel[&channel_of(device)].emplace_back(device); }
        for (auto& [channel, its] : by_channel) {
            json::object message{{"do", "release"}};
            message["devices"] = std::move(its);
            channel->send(message);
        }
    }

    void tell(json::object const& message) {
        for (auto const& worker : workers) { worker->channel->send(message); }
    }

    // Of shard i of n, worker w of m has the devices that leave i + n*w when divided by n*m.
    LineChannel& channel_of(std::uint64_t device) {
        std::uint64_t const worker = (device - shard.index) / shard.of % workers.size();
        return *workers[worker]->channel;
    }
};

WorkerPool::WorkerPool(Loop& loop, WorkerSetup const& setup, std::size_t workers,
                       std::function<std::vector<load::TokenText>(load::Shard)> const& tokens_of, Told told)
    : state_(std::make_unique<State>(loop, std::move(told))) {
    state_->shard = setup.shard;
    for (std::size_t i = 0; i < workers; ++i) {
        state_->workers.push_back(std::make_unique<OneWorker>());
        OneWorker& worker = *state_->workers.back();
        worker.shard = {setup.shard.index + setup.shard.of * i, setup.shard.of * workers};
        state_->start(setup.program, worker);
        state_->listen(i);
        json::object message{{"do", "set up"}};
        message["file"] = setup.plan.file;
        message["scenario"] = setup.plan.scenario;
        message["seed"] = setup.seed;
        message["all_tls"] = setup.plan.is_all_tls;
        message["plain"] = pair_of(setup.plain);
        message["secure"] = pair_of(setup.secure);
        message["authority"] = setup.authority.string();
        message["tls_host"] = setup.tls_host;
        message["shard"] = json::array{worker.shard.index, worker.shard.of};
        json::array tokens;
        for (load::TokenText const& token : tokens_of(worker.shard)) {
            tokens.emplace_back(std::string_view(token.data(), token.size()));
        }
        message["tokens"] = std::move(tokens);
        worker.channel->send(message);
    }
}

WorkerPool::~WorkerPool() {
    for (auto const& worker : state_->workers) { worker->channel.reset(); }
    std::error_code ignored;
    for (auto const& worker : state_->workers) {
        if (!worker->child.valid()) { continue; }
        if (!ended_within(worker->child, k_end_max)) { worker->child.terminate(ignored); }
        worker->child.wait(ignored);
    }
}

bool WorkerPool::are_ready() const {
    return std::all_of(state_->workers.begin(), state_->workers.end(), [](auto const& one) { return one->is_ready; });
}

bool WorkerPool::are_finished() const {
    return std::all_of(state_->workers.begin(), state_->workers.end(),
                       [](auto const& one) { return one->is_finished; });
}

std::size_t WorkerPool::size() const { return state_->workers.size(); }
std::string const& WorkerPool::failure() const { return state_->failure; }

void WorkerPool::begin(TimePoint at) {
    state_->begun = at;
    state_->tell(json::object{{"do", "begin"}, {"at", to_shared(state_->loop.clock, at).count()}});
}

void WorkerPool::stop() {
    if (std::exchange(state_->is_stopped, true)) { return; }
    state_->tell(json::object{{"do", "stop"}});
}

void WorkerPool::performed(std::size_t happening, std::string const& outcome) {
    json::object message{{"do", "performed"}, {"number", happening}};
    message["outcome"] = outcome;
    state_->tell(message);
}

void WorkerPool::pick(load::Wanted wanted, std::uint64_t count, Picked then) {
    std::uint64_t const id = state_->ask(count, std::move(then));
    json::object message{{"do", "pick"}, {"id", id}, {"count", count}};
    message["wanted"] = word_of(wanted);
    state_->tell(message);
}

void WorkerPool::was_claimed(std::uint64_t device, Duration took, bool is_in_right_place) {
    json::object message{{"do", "claimed"}, {"device", device}, {"took", took.count()}};
    message["right"] = is_in_right_place;
    state_->channel_of(device).send(message);
}

void WorkerPool::claim_failed(std::uint64_t device) {
    state_->channel_of(device).send(json::object{{"do", "claim failed"}, {"device", device}});
}

void WorkerPool::was_unclaimed(std::uint64_t device) {
    state_->channel_of(device).send(json::object{{"do", "unclaimed"}, {"device", device}});
}

void WorkerPool::was_deleted(std::uint64_t device, TimePoint answered) {
    Duration const at = answered - state_->begun;
    state_->channel_of(device).send(json::object{{"do", "deleted"}, {"device", device}, {"answered", at.count()}});
}

void WorkerPool::release(std::vector<std::uint64_t> const& devices) { state_->release(devices); }

void WorkerPool::server_is_away(bool is_away, std::function<void()> then) {
    std::uint64_t const id = state_->ask(0, [then = std::move(then)](auto const&) { then(); });
    json::object message{{"do", "away"}, {"id", id}};
    message["is"] = is_away;
    state_->tell(message);
}

}  // namespace drydock::rig
