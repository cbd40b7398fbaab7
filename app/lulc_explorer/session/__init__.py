"""What one person has chosen. Parameters, no widgets."""
