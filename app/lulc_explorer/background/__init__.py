"""Long work with progress and cancel, and maps made before anybody asks."""
