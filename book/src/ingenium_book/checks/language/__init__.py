"""Checks of reports, messages and catalogues, through the command line."""
