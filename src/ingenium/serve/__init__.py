"""The engine for other programs: tools with the same commands as the command line's `--json`."""
