"""What several fields share."""
