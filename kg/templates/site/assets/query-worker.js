// Holds the data of the site in Oxigraph and answers queries; the page ends it to cancel one.
import { initSync, namedNode, Store } from "./vendor/oxigraph/web.js";

const LABELS = ["http://www.w3.org/2004/02/skos/core#prefLabel", "http://www.w3.org/2000/01/rdf-schema#label", "http://xmlns.com/foaf/0.1/name"];
// Bytes of whole lines that are loaded at a time: few enough for progress, enough to be quick.
const PIECE = 4 << 20;
// Rows that the page is given at a time, and characters of a term or a graph that it shows.
const PAGE = 200, LONGEST = 400, LONGEST_GRAPH = 200000;

let store, config, rows = [], variables = [], asked = "";

async function load(given) {
  config = given;
  const [wasm, response] = await Promise.all([fetched(new URL("./vendor/oxigraph/web_bg.wasm", import.meta.url)), fetched(config.data)]);
  initSync({ module: await wasm.arrayBuffer() });
  store = new Store();
  const options = { format: "application/n-quads", lenient: true, no_transaction: true };
  let kept = [], size = 0, done = 0;
  const put = (last) => {
    const joined = new Uint8Array(size);
    let at = 0;
    for (const part of kept) { joined.set(part, at); at += part.length; }
    const end = last ? size : joined.lastIndexOf(10) + 1;
    if (end) store.load(joined.subarray(0, end), options);
    done += end;
    kept = end < size ? [joined.slice(end)] : [];
    size -= end;
    postMessage({ type: "progress", share: config.length ? Math.min(1, done / config.length) : 1 });
  };
  const reader = (await plain(response.body)).getReader();
  for (;;) {
    const { value, done: over } = await reader.read();
    if (over) break;
    kept.push(value);
    size += value.length;
    if (size >= PIECE) put(false);
  }
  put(true);
  postMessage({ type: "ready", size: store.size });
}

async function fetched(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address} was not found (${response.status})`);
  return response;
}

// A server may have decompressed the file on its way, or not: its first two bytes say so.
async function plain(stream) {
  const [look, rest] = stream.tee();
  const reader = look.getReader();
  const { value } = await reader.read();
  reader.cancel();
  const packed = value && value[0] === 0x1f && value[1] === 0x8b;
  return packed ? rest.pipeThrough(new DecompressionStream("gzip")) : rest;
}

function query(text, kind) {
  asked = text;
  rows = [];
  const began = performance.now();
  if (kind === "CONSTRUCT" || kind === "DESCRIBE") {
    const graph = answer("text/turtle");
    postMessage({ type: "graph", text: graph.slice(0, LONGEST_GRAPH), cut: graph.length > LONGEST_GRAPH, seconds: (performance.now() - began) / 1000 });
    return;
  }
  const found = JSON.parse(answer("application/sparql-results+json"));
  const seconds = (performance.now() - began) / 1000;
  if ("boolean" in found) { postMessage({ type: "truth", value: found.boolean, seconds }); return; }
  variables = inOrder(found.head.vars, text);
  rows = found.results.bindings;
  postMessage({ type: "solutions", variables, count: rows.length, seconds });
  more(0);
}

function answer(format) {
  return store.query(asked, { results_format: format, use_default_graph_as_union: true });
}

// With SELECT * the variables come in the order of the alphabet; people expect that of the text.
function inOrder(names, text) {
  if (!/\bSELECT\s+(DISTINCT\s+|REDUCED\s+)?\*/i.test(text)) return names;
  const place = (name) => { const found = text.search(new RegExp(`[?$]${name}(?![\\w])`, "u")); return found < 0 ? Infinity : found; };
  return [...names].sort((a, b) => place(a) - place(b));
}

function more(from) {
  const names = new Map();
  const shown = rows.slice(from, from + PAGE).map((row) => variables.map((name) => row[name] && cell(row[name], names)));
  postMessage({ type: "rows", from, rows: shown, next: from + PAGE < rows.length ? from + PAGE : 0 });
}

function cell(term, names) {
  if (term.type === "uri") {
    if (!names.has(term.value)) names.set(term.value, label(term.value));
    return { iri: term.value, text: cut(names.get(term.value)) };
  }
  if (term.type === "literal") {
    const datatype = (term.datatype || "").split("#").pop();
    return { text: cut(term.value), note: term["xml:lang"] || "", number: /^(integer|decimal|double|float|int|long)$/.test(datatype) };
  }
  return { text: term.type === "bnode" ? `_:${term.value}` : cut(JSON.stringify(term.value)), note: "" };
}

// The name of a thing; of a cell its region and sector, of a community who is in its middle; nothing where there is none.
function label(iri) {
  let node;
  try { node = namedNode(iri); } catch { return ""; }
  for (const property of LABELS) {
    const found = store.match(node, namedNode(property), null, null).map((quad) => quad.object).filter((term) => term.termType === "Literal");
    const best = found.find((term) => term.language.startsWith("en")) || found.find((term) => !term.language) || found[0];
    if (best) return best.value;
  }
  const rest = iri.startsWith(`${config.base}group/cell/`) ? iri.slice(config.base.length + 11).split("/") : [];
  if (rest.length === 2) {
    const parts = [label(`${config.base}region/${rest[0]}`), label(`${config.base}sector/${rest[1]}`)];
    if (parts[0] && parts[1]) return parts.join(" · ");
  }
  if (iri.startsWith(`${config.base}group/community/`) && !iri.includes("/member/")) {
    const middle = store.query(`PREFIX ckg: <https://w3id.org/clusterkg/ontology#> SELECT ?o WHERE { ?m ckg:membershipGroup ${node} ; ckg:membershipOrganization ?o ; ckg:verticalPartners ?v ; ckg:horizontalPartners ?h } ORDER BY DESC(?v + ?h) STR(?o) LIMIT 2`, { use_default_graph_as_union: true });
    if (middle.length) return `around ${middle.map((row) => label(row.get("o").value)).join(", ")} (${iri.split("/").pop().slice(0, 6)})`;
  }
  return "";
}

function cut(text) {
  if (text.length <= LONGEST) return text;
  const end = text.charCodeAt(LONGEST - 1) >= 0xd800 && text.charCodeAt(LONGEST - 1) < 0xdc00 ? LONGEST - 1 : LONGEST;
  return `${text.slice(0, end)}…`;
}

self.onmessage = async ({ data }) => {
  try {
    if (data.type === "load") await load(data.config);
    else if (data.type === "query") query(data.text, data.kind);
    else if (data.type === "more") more(data.from);
    else postMessage({ type: "file", name: data.name, format: data.format, text: answer(data.format) });
  } catch (error) {
    const broken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    postMessage({ type: "error", at: data.type, broken, message: broken ? "The browser's memory was not enough for this." : String(error.message || error) });
  }
};
