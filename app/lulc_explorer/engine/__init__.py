"""The only floor that imports `lulc_core`: requests, the repository of maps, accuracy and export."""
