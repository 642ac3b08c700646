"""A cursor over the octets of a TPDU. It raises Malformed where they end early; Malformed never leaves
this package: `decode` turns it into a Defect."""


class Malformed(Exception):
    """The octets break the format; the text says where."""


class Octets:
    """Reads forward. `left` says how many octets remain."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, count: int, field: str) -> bytes:
        """The next `count` octets. Raises Malformed, naming `field`, if fewer are left."""
        if count > self.left:
            raise Malformed(f"{field}: {count} octets wanted, {self.left} left")
        start = self._at
        self._at += count
        return self._data[start : self._at]

    def octet(self, field: str) -> int:
        return self.take(1, field)[0]
