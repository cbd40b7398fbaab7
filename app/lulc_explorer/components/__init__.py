"""Parts that several tabs are built from."""
