"""What ``lulc app`` runs for every person who opens the explorer."""

from lulc_explorer.compose import serve_page

serve_page()
