"""Problem `words.programme`: tasks in words as linear and integer programmes."""
