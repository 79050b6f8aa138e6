"""Language: a request in words as a spec, and text as a design."""
