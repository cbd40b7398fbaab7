"""The tabs of the page, a folder each: Python, JavaScript and CSS together."""
