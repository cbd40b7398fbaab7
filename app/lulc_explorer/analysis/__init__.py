"""What is computed from maps, votes and predictions. Pure: no widgets, no engine."""
