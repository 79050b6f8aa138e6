"""Problem of circuits whose samples follow a target."""
