// What to call when something is ready. Plain data, so that waiting allocates nothing and what waits owns no
// handler.
#pragma once

namespace drydock {

struct OnReady {
    void (*call)(void* object) = nullptr;
    void* object = nullptr;

    [[nodiscard]] explicit operator bool() const { return call != nullptr; }
    void operator()() const { call(object); }
};

// on_ready<&Session::on_readable>(session)
template <auto Method, class Object>
[[nodiscard]] OnReady on_ready(Object& object) {
    return {[](void* self) { (static_cast<Object*>(self)->*Method)(); }, &object};
}

}  // namespace drydock
