"""Exports for the audit of a run: the ledger, cards, and the record of a release."""
