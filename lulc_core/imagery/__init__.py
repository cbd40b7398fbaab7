"""From a STAC search to reflectance: the catalog, which scenes to use, and reading them."""

from lulc_core.imagery.upstream import import_when_called

import_when_called("rfc3987_syntax", "is_valid_syntax")
