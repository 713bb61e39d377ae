"""A user's own templates: checked before anything is written, and what goes wrong in one is said with its line."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jinja2 import Environment, TemplateNotFound, TemplateSyntaxError, meta

from kg.errors import ClusterKGError, InputError, nearest
from kg.markup import environment

__all__ = ["check_templates", "told"]

_SUFFIX = ".j2"


def check_templates(folder: Path) -> None:
    """Check that each template of a folder can be read, and takes the place of one of ours or is used by one that does.

    Files whose names do not end in ``.j2`` are no templates, and are left alone.

    Raises
    ------
    InputError
        for the first that can't, with its line; and for one that nothing uses, with the nearest of our names.
    """
    made = environment("site", before=folder)
    ours = {name for name in environment("site").list_templates() if name.endswith(_SUFFIX)}
    own = sorted(path.relative_to(folder).as_posix() for path in folder.rglob(f"*{_SUFFIX}") if path.is_file())
    used: set[str | None] = set()
    for name in own:
        used |= _named(made, folder / name, name)
    for name in own:
        if name not in ours and name not in used:
            raise InputError(f"no template of a site has this name{nearest(name, ours)}", file=folder / name)


def _named(made: Environment, file: Path, name: str) -> set[str | None]:
    """Return which templates a template names."""
    try:
        text = file.read_text(encoding="utf-8")
        found = set(meta.find_referenced_templates(made.parse(text)))
        made.compile(text, name, str(file))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError("this is not UTF-8; save the template as UTF-8", file=file, line=line) from None
    except TemplateSyntaxError as error:
        raise InputError(
            f"the template is not as Jinja has it ({error.message})", file=file, line=error.lineno
        ) from None
    except OSError as error:
        raise InputError(f"the template can't be read ({error.strerror})", file=file) from None
    return found


@contextmanager
def told(folder: Path | None) -> Iterator[None]:
    """Say where a template of a folder stands that can't be filled in; what goes wrong in ours is raised as it is.

    Raises
    ------
    InputError
        with the file and the line.
    """
    try:
        yield
    except ClusterKGError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        places = [one for one in frames if folder is not None and Path(one.filename).is_relative_to(folder)]
        if not places:
            raise
        text = f"there is no template '{error.message}'" if isinstance(error, TemplateNotFound) else str(error)
        message = f"the template can't be filled in ({' '.join(text.split())}); correct this line"
        raise InputError(message, file=places[-1].filename, line=places[-1].lineno) from None
