"""Rule profiles: the parameters of the rules, read from `ontology/profiles.ttl` and a project's own settings.

The parameters are those of section 2 of the method; numbers stay exact decimals from file to rule.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from kg.errors import UsageError, nearest
from kg.namespaces import CKG, PROV, RDF, SKOS, XSD
from kg.resources import folder

__all__ = ["PARAMETERS", "Profile", "canonical_decimal", "profile_names", "shipped_profile"]

#: Decimals of more places can't be multiplied exactly with counts on every engine.
MOST_PLACES = 9


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: the property that carries it in RDF, its type, and what it may be."""

    property: NamedNode
    type: str
    least: Decimal | None = None
    most: Decimal | None = None
    above_zero: bool = False


def _whole(name: str, least: int, most: int | None = None) -> Parameter:
    return Parameter(CKG[name], "integer", Decimal(least), None if most is None else Decimal(most))


def _share(name: str) -> Parameter:
    return Parameter(CKG[name], "decimal", None, Decimal(1), above_zero=True)


#: Every parameter by the name that `kg.toml` and ``--set`` use.
PARAMETERS: dict[str, Parameter] = {
    "region_level": _whole("regionLevelParameter", 0),
    "sector_level": _whole("sectorLevelParameter", 1),
    "min_members": _whole("minMembers", 2),
    "min_partners": _whole("minPartners", 1),
    "min_drivers": _whole("minDrivers", 2, 4),
    "min_network_drivers": _whole("minNetworkDrivers", 0, 2),
    "min_location_quotient": Parameter(CKG["minLocationQuotient"], "decimal", Decimal(0)),
    "driver_share": _share("driverShare"),
    "focal_share": _share("focalShare"),
    "hub_centralization": _share("hubCentralization"),
    "min_shared_skills": _whole("minSharedSkills", 1),
    "max_collaboration_size": _whole("maxCollaborationSize", 2),
    "max_community_size": _whole("maxCommunitySize", 2),
    "as_of": Parameter(CKG["asOf"], "date"),
}


def canonical_decimal(value: Decimal) -> str:
    """Return the shortest lexical form of an exact decimal, ``0.5`` or ``1``, the one that is written everywhere.

    >>> canonical_decimal(Decimal("1.50")), canonical_decimal(Decimal("100"))
    ('1.5', '100')
    """
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@dataclass(frozen=True, slots=True)
class Profile:
    """A named profile with every parameter's value: whole numbers, exact decimals, a date or nothing."""

    name: str
    values: Mapping[str, int | Decimal | str]

    def __getitem__(self, name: str) -> int | Decimal | str:
        return self.values[name]

    def whole(self, name: str) -> int:
        """Return a whole-number parameter."""
        return int(self.values[name])

    def with_settings(self, settings: Mapping[str, object]) -> Profile:
        """Return the profile with some parameters replaced.

        Raises
        ------
        UsageError
            for an unknown parameter or a value out of its bounds.
        """
        values = dict(self.values)
        for name, value in settings.items():
            if name not in PARAMETERS:
                raise UsageError(f"there is no parameter '{name}'{nearest(name, PARAMETERS)}")
            if name == "as_of" and value in ("", "none"):
                values.pop("as_of", None)
            else:
                values[name] = _checked(name, value)
        return replace(self, values=values)

    def canonical(self) -> str:
        """Return the profile as JSON with sorted keys and canonical numbers, the text that is digested."""
        return json.dumps({name: _lexical(self.values[name]) for name in sorted(self.values)}, sort_keys=True)

    def as_json(self) -> dict[str, int | float | str]:
        """Return the profile for people and `run.json`; decimals as text, so that they stay exact."""
        shown = {
            name: value if isinstance(value, int) else _lexical(value) for name, value in sorted(self.values.items())
        }
        return {"name": self.name, **shown}

    def triples(self, node: NamedNode) -> list[Triple]:
        """Return the profile in RDF: what the rules read their parameters from."""
        out = [
            Triple(node, RDF["type"], CKG["RuleProfile"]),
            Triple(node, PROV["wasDerivedFrom"], _profile_node(self.name)),
        ]
        for name, value in self.values.items():
            kind = PARAMETERS[name].type
            datatype = XSD["string" if kind == "date" else kind]
            out.append(Triple(node, PARAMETERS[name].property, Literal(_lexical(value), datatype=datatype)))
        return out


def _lexical(value: int | Decimal | str) -> str:
    return canonical_decimal(value) if isinstance(value, Decimal) else str(value)


def _checked(name: str, value: object) -> int | Decimal | str:
    parameter = PARAMETERS[name]
    if parameter.type == "date":
        return _date(name, value)
    try:
        if isinstance(value, bool | float):
            raise InvalidOperation
        number = Decimal(str(value).strip())
        if not number.is_finite() or abs(number) >= 10**9:
            raise InvalidOperation
    except InvalidOperation:
        raise UsageError(f"{name} = {value}: that is no number") from None
    least, most = parameter.least, parameter.most
    too_small = (least is not None and number < least) or (parameter.above_zero and number <= 0)
    if too_small or (most is not None and number > most):
        bounds = "above 0" if parameter.above_zero else f"at least {least}"
        raise UsageError(
            f"{name} = {value}: it must be {bounds}" + (f" and at most {most}" if most is not None else "")
        )
    if parameter.type == "integer":
        if number != number.to_integral_value():
            raise UsageError(f"{name} = {value}: it must be a whole number")
        return int(number)
    if -int(number.normalize().as_tuple().exponent) > MOST_PLACES:
        raise UsageError(f"{name} = {value}: at most {MOST_PLACES} decimal places are kept exactly")
    return number


def _date(name: str, value: object) -> str:
    try:
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value.isoformat()
        text = str(value).strip()
        if len(text) != 10:
            raise ValueError
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"{name} = {value}: it must be a date such as 2024-06-30") from None


@cache
def _shipped() -> dict[str, tuple[NamedNode, Profile]]:
    by_property = {parameter.property.value: name for name, parameter in PARAMETERS.items()}
    facts: dict[NamedNode, dict[str, str]] = {}
    for quad in parse(path=str(folder("ontology") / "profiles.ttl"), format=RdfFormat.TURTLE):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, Literal):
            facts.setdefault(quad.subject, {})[quad.predicate.value] = quad.object.value
    out: dict[str, tuple[NamedNode, Profile]] = {}
    for node, found in facts.items():
        values: dict[str, Any] = {by_property[key]: value for key, value in found.items() if key in by_property}
        if values:
            name = found[SKOS["notation"].value]
            out[name] = (node, Profile(name, {key: _checked(key, value) for key, value in values.items()}))
    return out


def _profile_node(name: str) -> NamedNode:
    return _shipped()[name][0]


def profile_names() -> list[str]:
    """Return the names of the profiles that ship."""
    return sorted(_shipped())


def shipped_profile(name: str) -> Profile:
    """Return a profile that ships.

    Raises
    ------
    UsageError
        when there is none of that name; it names the nearest.
    """
    if name not in _shipped():
        raise UsageError(f"there is no rule profile '{name}'{nearest(name, _shipped())}")
    return _shipped()[name][1]
