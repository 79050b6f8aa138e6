"""The ledger: what was asked, done and decided, in a chain that shows tampering."""
