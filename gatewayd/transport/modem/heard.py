"""PDUs from the network → the listener, in the words of core."""

from gatewayd.core.health import IncomingSms
from gatewayd.core.outcome import StatusReport
from gatewayd.log import get_logger
from gatewayd.transport.base import Listener
from gatewayd.wire import causes, tpdu


class Heard:
    """Takes the PDUs of one SIM. `take` returns after the commit that stores what it held."""

    def __init__(self, listener: Listener, modem: str, sim: str) -> None:
        self._listener, self._modem, self._sim = listener, modem, sim

    async def take(self, pdu: str) -> None:
        """One PDU as the modem gave it, service centre's address included. What cannot be read is kept as it is."""
        decoded = tpdu.decode(pdu)
        match decoded:
            case tpdu.StatusReportPdu():
                await self._listener.status_report(self._report(decoded))
            case tpdu.Deliver():
                await self._listener.incoming(
                    IncomingSms(
                        self._modem, self._sim, decoded.sender, decoded.text, decoded.sent_at, pdu, decoded.concat
                    )
                )
            case _:
                reason = decoded.reason if isinstance(decoded, tpdu.Defect) else "not from the network"
                get_logger().warning("modem.pdu_unreadable", modem=self._modem, why=reason, octets=len(pdu) // 2)
                await self._listener.incoming(IncomingSms(self._modem, self._sim, "", "", None, pdu))

    def _report(self, pdu: tpdu.StatusReportPdu) -> StatusReport:
        return StatusReport(
            modem=self._modem, sim=self._sim, reference=pdu.reference, recipient=pdu.recipient,
            submitted_at=pdu.submitted_at, discharged_at=pdu.discharged_at,
            status=causes.reported_status(pdu.tp_status), tp_status=pdu.tp_status,
        )  # fmt: skip
