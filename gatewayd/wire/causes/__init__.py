"""Numbered refusals and reports → outcomes. One table per file, each with its source."""

from gatewayd.wire.causes.cme import cme_outcome
from gatewayd.wire.causes.cms import cms_outcome
from gatewayd.wire.causes.smtp import smtp_outcome
from gatewayd.wire.causes.tp_status import describe_status, reported_status

__all__ = ["cme_outcome", "cms_outcome", "describe_status", "reported_status", "smtp_outcome"]
