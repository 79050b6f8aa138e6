"""Plans of a day for a transmission grid, secure against every single outage."""
