"""Storage behind a site: battery, wear, scenarios, programmes, schedules and their files."""
