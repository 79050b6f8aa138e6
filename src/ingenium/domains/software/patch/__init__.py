"""`software.patch`: unified diffs that repair a function."""
