"""The sandbox: where programs that were generated run, and can harm nothing."""
