"""Systems of governance, shown by the commands of a release in seconds."""
