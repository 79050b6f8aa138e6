"""Problem of sonnets with metre and rhyme."""
