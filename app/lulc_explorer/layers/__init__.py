"""What a map can show: one entry a layer, in one registry."""
