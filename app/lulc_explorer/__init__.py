"""The land-cover explorer: one person's session, from what they choose to what the page shows."""

from lulc_explorer.in_notebooks import show as show
