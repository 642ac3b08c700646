"""Imports without what a library would load only because it is installed, and no daemon needs.

`without("rich", "structlog")` imports structlog as on a machine that has no rich. The optional library stays importable
for everybody else.
"""

import importlib
import sys


def without(optional: str, *modules: str) -> None:
    """Import `modules` with `import optional…` failing meanwhile."""
    had = {name: sys.modules.pop(name) for name in list(sys.modules) if (name + ".").startswith(optional + ".")}
    sys.modules[optional] = None  # type: ignore[assignment]
    try:
        for module in modules:
            importlib.import_module(module)
    finally:
        del sys.modules[optional]
        sys.modules.update(had)
