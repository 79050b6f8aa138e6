"""Words: a request as a wish, text as a design; below the domains, beside generators."""
