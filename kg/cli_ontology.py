"""The commands `kg ontology …`: check, document and release an ontology."""

from __future__ import annotations

import click

__all__ = ["ontology"]


@click.group(name="ontology")
def ontology() -> None:
    """Check, document or release the ontology, or somebody else's."""
