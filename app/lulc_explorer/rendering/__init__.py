"""From arrays to pixels, colours and words. Pure."""
