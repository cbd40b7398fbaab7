"""The tab Years: the area of every class, year by year."""
