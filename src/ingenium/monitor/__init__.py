"""Alarms on streams: fitted, exported, read back, judged on unseen events, and run."""
