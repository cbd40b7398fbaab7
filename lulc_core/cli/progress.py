"""The progress bar that every long command shows."""

from lulc_core.progress import NotebookBar as NotebookBar
from lulc_core.progress import ProgressBar as ProgressBar
from lulc_core.progress import progress_bar as progress_bar
