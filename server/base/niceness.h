// What a thread beside the loop takes of a core that both want.
#pragma once

namespace drydock {

// Makes the calling thread nicer than it is by 1 to 19 steps: with 5 the loop keeps three
// quarters of the core, with 10 nine tenths. Where cores are free it costs nothing. Negative steps ask
// for more than others have. A system that refuses leaves the thread as it was.
// Gives by how many steps it is nicer now: `steps`, or 0 when refused. Going back is asked for alike,
// and may be refused, too.
int be_nicer_by(int steps);

}  // namespace drydock
