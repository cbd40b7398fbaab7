"""Steps through the patches where two classes are confused."""
