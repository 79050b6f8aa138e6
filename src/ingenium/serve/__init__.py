"""The engine for other programs: tools over the same registry as the command line's `--json`."""
