"""Studies of printed numbers about circuits that generate."""
