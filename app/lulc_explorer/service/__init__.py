"""One explorer for all users of a JupyterHub, as a service of the hub and behind its own login."""
