"""The ledger: requests, actions and decisions, in a chain that shows tampering."""
