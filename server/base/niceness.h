// Who has a core first that several threads want.
#pragma once

namespace drydock {

// Makes the calling thread nicer than it is by 1 to 19 steps: with 5 the loop keeps three
// quarters of the core, with 10 nine tenths. From then on it interrupts nobody when it wakes (SCHED_BATCH). Where cores
// are free it costs nothing. Negative steps only ask for more than others have. A system that refuses leaves the thread
// as it was.
void be_nicer_by(int steps);

// For a thread that works little at a time and must not wait for long-winded ones: it asks for short
// turns on the core, and in exchange has it sooner when it wakes. Threads and processes it begins
// afterwards do as it does. A kernel that does not know of it leaves the thread as it was.
void ask_for_short_turns();
// Back to the turns that everybody has.
void take_usual_turns();

}  // namespace drydock
