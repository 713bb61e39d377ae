"""The site as a research object: RO-Crate metadata.

https://w3id.org/ro/crate/1.2
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import metadata
from typing import Any
from urllib.parse import quote

from kg.publish.dataset import About, about
from kg.publish.distributions import Distribution, distributions
from kg.publish.site import Site
from kg.publish.tables import METADATA
from kg.publish.void import license_of

__all__ = ["METADATA_FILE", "crate", "crate_of"]

METADATA_FILE = "ro-crate-metadata.json"
_SPECIFICATION = "https://w3id.org/ro/crate/1.2"
#: Files of the site that describe its data, and what they are.
_DESCRIPTIONS = {
    "void.ttl": ("VoID description", "text/turtle"),
    "catalogue.ttl": ("DCAT-AP catalogue entry (Turtle)", "text/turtle"),
    "catalogue.jsonld": ("DCAT-AP catalogue entry (JSON-LD)", "application/ld+json"),
    METADATA: ("CSV on the Web metadata of the tables", "application/csvm+json"),
}


def crate(site: Site) -> None:
    """Write ``ro-crate-metadata.json``."""
    facts = about(site.build)
    when = facts.finished or _changed(site)
    made = crate_of(
        facts, distributions(site), when, {name: (site.folder / name).stat().st_size for name in _DESCRIPTIONS}
    )
    site.write(METADATA_FILE, json.dumps(made, indent=1, ensure_ascii=False) + "\n")


def _changed(site: Site) -> str:
    """When the record of the run was written, for builds that don't say when they were finished."""
    time = (site.build.folder / "run.json").stat().st_mtime
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def crate_of(facts: About, files: list[Distribution], when: str, sizes: dict[str, int]) -> dict[str, Any]:
    """Return the metadata.

    Parameters
    ----------
    facts:
        What is said of the data set.
    files:
        The files that have its data.
    when:
        When it was made.
    sizes:
        How many bytes each file has that describes it.
    """
    entities: list[dict[str, Any]] = []
    parts = [_file(file) for file in files]
    parts += [
        _named(_id(name), "File", title, encodingFormat=kind, contentSize=str(sizes[name]))
        for name, (title, kind) in _DESCRIPTIONS.items()
    ]
    root = _named("./", "Dataset", facts.title, description=facts.description, datePublished=when)
    root |= {
        "identifier": facts.base,
        "url": facts.site,
        "inLanguage": facts.language,
        "keywords": list(facts.keywords),
    }
    root["license"] = _license(facts.license, entities)
    root["hasPart"] = [{"@id": part["@id"]} for part in parts]
    if facts.publisher_stated:
        publisher = _named("#publisher", "Organization", facts.publisher)
        root["publisher"] = root["author"] = {"@id": "#publisher"}
        if facts.contact:
            mail = "@" in facts.contact and not facts.contact.startswith("http")
            point = _named("#contact", "ContactPoint", f"Contact of {facts.publisher}", contactType="data")
            point |= {"email": facts.contact} if mail else {"url": facts.contact}
            publisher["contactPoint"] = {"@id": "#contact"}
            entities.append(point)
        entities.append(publisher)
    if facts.sources:
        root["isBasedOn"] = [{"@id": f"#source-{source.number}"} for source in facts.sources]
    for source in facts.sources:
        entity = _named(f"#source-{source.number}", "Dataset", source.title)
        entity |= {"url": source.homepage} if source.homepage else {}
        entity |= {"license": _license(source.license, entities)} if source.license else {}
        entity |= {"creditText": source.publisher} if source.publisher else {}
        entities.append(entity)
    root["mentions"] = {"@id": "#run"}
    entities += _run(facts, when)
    descriptor = {
        "@id": METADATA_FILE,
        "@type": "CreativeWork",
        "conformsTo": {"@id": _SPECIFICATION},
        "about": {"@id": "./"},
    }
    unique = {entity["@id"]: entity for entity in [descriptor, root, *parts, *entities]}
    context = [f"{_SPECIFICATION}/context", {"sha256": "https://schema.org/sha256"}]
    return {"@context": context, "@graph": list(unique.values())}


def _named(iri: str, kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"@id": iri, "@type": kind, "name": name, **more}


def _id(file: str) -> str:
    return quote(file, safe="/-_.~")


def _file(file: Distribution) -> dict[str, Any]:
    kinds = ["application/gzip", file.media_type] if file.compressed else file.media_type
    size = str(file.size)
    return _named(_id(file.file), "File", file.title, encodingFormat=kinds, contentSize=size, sha256=file.sha256)


def _license(text: str, entities: list[dict[str, Any]]) -> dict[str, str] | str:
    """Return a licence, with an entity that names it where it has an address."""
    if license_of(text) is None:
        return text or "No licence is stated: ask the publisher."
    entities.append(_named(text, "CreativeWork", text.removeprefix("https://").removeprefix("http://").rstrip("/")))
    return {"@id": text}


def _run(facts: About, when: str) -> list[dict[str, Any]]:
    """Return the run of the rules, and the software that it was done with."""
    version = metadata.version("clusterkg")
    action = _named("#run", "CreateAction", "Inference of clusters from facts by rules", endTime=when)
    action |= {"instrument": {"@id": "#clusterkg"}, "result": {"@id": "./"}}
    if facts.run:
        action["identifier"] = facts.run
    if facts.sources:
        action["object"] = [{"@id": f"#source-{source.number}"} for source in facts.sources]
    return [action, _named("#clusterkg", "SoftwareApplication", "ClusterKG", softwareVersion=version)]
