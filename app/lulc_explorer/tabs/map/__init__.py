"""The tab Map: two linked maps, and what is known of a pixel."""
