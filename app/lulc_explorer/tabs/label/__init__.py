"""The tab Label: units of a sample, interpreted blind."""
