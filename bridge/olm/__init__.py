"""mautrix's encryption on vodozemac: the part of python-olm's API that mautrix 0.21 uses, on another library.

libolm is deprecated and has side channels that will not be mended (CVE-2024-45191, -45192, -45193); mautrix still
imports `olm` and `_libolm`. `install` puts this package in their place; `bridge.matrix` calls it before it imports
mautrix. `inner` of each class here is vodozemac's object.
"""

from bridge.olm.install import install

__all__ = ["install"]
