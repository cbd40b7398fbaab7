"""The page around the tabs, its notices, and workarounds for upstream faults."""
