"""The tabs Error matrix and Area."""
