"""Proves from outside that a running federation is whole and closed. `parvis federation check` calls `check`."""

from synapse_config.check.report import Check, Progress, Report, Silent
from synapse_config.check.whole import check

__all__ = ["Check", "Progress", "Report", "Silent", "check"]
