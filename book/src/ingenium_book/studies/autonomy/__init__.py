"""Published numbers on controllers that learn, tested on machines of this domain."""
