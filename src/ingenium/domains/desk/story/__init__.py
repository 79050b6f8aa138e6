"""Stories whose facts agree: a reader of prose, two solvers, and events that never contradict."""
