"""What ``lulc app`` serves: the folder `app`, which does what ``app/`` of a clone does."""
