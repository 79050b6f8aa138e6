"""Alarms on streams: fitted, exported, read back, judged on events that they never saw, and run."""
