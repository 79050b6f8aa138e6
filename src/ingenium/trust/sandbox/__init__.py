"""The sandbox, in which generated programs run and can harm nothing."""
