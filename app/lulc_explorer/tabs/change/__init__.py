"""The tab Change: two years compared."""
