"""Systems of molecules, shown by their commands in seconds."""
