"""What a click on a map shows of the pixel."""
