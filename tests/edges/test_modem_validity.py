"""The validity period that a part asks the network for (TS 23.040 §9.2.3.12): not past the end of its job."""

from datetime import timedelta

import pytest

from gatewayd.clock import Clock
from gatewayd.config import Modem
from gatewayd.core.model import DeliveryId, Encoding, Kind, SmsBody, Submission
from gatewayd.transport.modem import ModemTransport
from tests.fakes.requests import NOW


@pytest.mark.parametrize(
    ("left", "asked_s"),
    [(None, 86400), (timedelta(days=3), 86400), (timedelta(hours=2), 7200), (timedelta(seconds=-5), 1)],
)
def test_the_network_tries_no_longer_than_the_message_is_wanted(left: timedelta | None, asked_s: int) -> None:
    transport = ModemTransport(Modem(name="gsm1", port="/dev/null", validity=86400.0), Clock(now=lambda: NOW))
    submission = Submission(
        delivery=DeliveryId(1), request="UPSI-2026-000001", kind=Kind.MESSAGE, address="+6281200000101",
        part=1, parts=1,
        attempt=1, body=SmsBody("Halo", Encoding.GSM7), expires_at=None if left is None else NOW + left,
    )  # fmt: skip
    assert transport._submit_of(submission).validity_s == asked_s
