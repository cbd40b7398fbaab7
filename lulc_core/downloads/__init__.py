"""What is downloaded once and kept: networks that others publish."""
