"""Load profiles of consumers: days, years, and forecasts of them."""
