"""Why a document is not read: the exception by which a reader of one kind of file ends."""


class Unreadable(ValueError):
    """The file is damaged, locked, of the wrong kind or costs too much; `code` is one of wire/faultcodes.py."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
