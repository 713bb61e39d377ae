"""A build for assistants: the Model Context Protocol, https://modelcontextprotocol.io/specification"""

from __future__ import annotations

from kg.errors import UsageError

try:
    import jsonschema  # noqa: F401
    import mcp.server.lowlevel  # noqa: F401
except ImportError as error:
    raise UsageError(
        f"this needs a library that is not installed ({error.name}): pip install 'clusterkg[mcp]'"
    ) from None

from kg.serve.mcp.transport import Mounted, called, serve_http, serve_stdio

__all__ = ["Mounted", "called", "serve_http", "serve_stdio"]
