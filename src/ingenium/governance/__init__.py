"""What others need to audit a run: exports of the ledger, cards, and the record of a release."""
