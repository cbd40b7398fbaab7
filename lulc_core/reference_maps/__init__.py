"""The land-cover maps that others publish, each with its crosswalk to the project's legend."""
