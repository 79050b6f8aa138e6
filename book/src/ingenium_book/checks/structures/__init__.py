"""Systems of structures, shown by their commands in seconds."""
