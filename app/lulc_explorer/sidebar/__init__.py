"""The parts of the sidebar."""
