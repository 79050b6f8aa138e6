"""Problem of sketches of a word, stroke by stroke."""
