"""Messages from a thread: summaries, drafts and other tones, with every fact in place."""
