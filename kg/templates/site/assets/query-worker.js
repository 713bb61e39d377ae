// Answers queries: from the data of the site, which it holds in Oxigraph, or where there is one by the site's server. The
// page ends it to cancel a query.

const LABELS = ["http://www.w3.org/2004/02/skos/core#prefLabel", "http://www.w3.org/2000/01/rdf-schema#label", "http://xmlns.com/foaf/0.1/name"];
// Bytes of whole lines that are loaded at a time: few enough for progress, enough to be quick.
const PIECE = 4 << 20;
// Rows that the page is given at a time, and characters of a term or a graph that it shows.
const PAGE = 200, LONGEST = 400, LONGEST_GRAPH = 200000;

let oxigraph, store, config, rows = [], variables = [], asked = "";

async function load(given) {
  config = given;
  if (config.endpoint) { postMessage({ type: "ready", size: 0 }); return; }
  oxigraph = await import("./vendor/oxigraph/web.js");
  const [wasm, response] = await Promise.all([fetched(new URL("./vendor/oxigraph/web_bg.wasm", import.meta.url)), fetched(config.data)]);
  oxigraph.initSync({ module: await wasm.arrayBuffer() });
  store = new oxigraph.Store();
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

async function query(text, kind) {
  asked = text;
  rows = [];
  const began = performance.now();
  if (kind === "CONSTRUCT" || kind === "DESCRIBE") {
    const graph = await answer("text/turtle");
    postMessage({ type: "graph", text: graph.slice(0, LONGEST_GRAPH), cut: graph.length > LONGEST_GRAPH, seconds: (performance.now() - began) / 1000 });
    return;
  }
  const found = JSON.parse(await answer("application/sparql-results+json"));
  const seconds = (performance.now() - began) / 1000;
  if ("boolean" in found) { postMessage({ type: "truth", value: found.boolean, seconds }); return; }
  variables = inOrder(found.head.vars, text);
  rows = found.results.bindings;
  postMessage({ type: "solutions", variables, count: rows.length, seconds });
  await more(0);
}

async function answer(format) {
  if (config.endpoint) return asking(asked, format);
  return store.query(asked, { results_format: format, use_default_graph_as_union: true });
}

async function asking(text, format) {
  const response = await fetch(config.endpoint, { method: "POST", headers: { Accept: format, "Content-Type": "application/sparql-query" }, body: text });
  const said = await response.text();
  if (response.ok) return said;
  let reason = "";
  try { reason = JSON.parse(said).error; } catch { /* it is no answer of our server */ }
  throw new Error(reason || `The server answered ${response.status}.`);
}

// With SELECT * the variables come in the order of the alphabet; people expect that of the text.
function inOrder(names, text) {
  if (!/\bSELECT\s+(DISTINCT\s+|REDUCED\s+)?\*/i.test(text)) return names;
  const place = (name) => { const found = text.search(new RegExp(`[?$]${name}(?![\\w])`, "u")); return found < 0 ? Infinity : found; };
  return [...names].sort((a, b) => place(a) - place(b));
}

async function more(from) {
  const names = config.endpoint ? await named(rows.slice(from, from + PAGE)) : new Map();
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

// The names that the server knows of the things in some rows; a name is never needed, so that a fault leaves none.
async function named(some) {
  const iris = new Set(some.flatMap((row) => Object.values(row)).filter((term) => term.type === "uri").map((term) => term.value));
  const names = new Map([...iris].map((iri) => [iri, ""]));
  const values = [...iris].filter((iri) => !/[<>"{}|^`\\\u0000-\u0020]/.test(iri)).map((iri) => `<${iri}>`).join(" ");
  if (!values) return names;
  const properties = LABELS.map((property) => `<${property}>`).join(" ");
  const text = `SELECT ?iri ?property ?name WHERE { VALUES ?iri { ${values} } VALUES ?property { ${properties} } ?iri ?property ?name FILTER(isLiteral(?name)) }`;
  try {
    const found = new Map();
    for (const { iri, property, name } of JSON.parse(await asking(text, "application/sparql-results+json")).results.bindings) {
      const language = (name["xml:lang"] || "").toLowerCase(), rank = 3 * LABELS.indexOf(property.value) + (language.startsWith("en") ? 0 : language ? 2 : 1);
      if (!found.has(iri.value) || rank < found.get(iri.value)) { found.set(iri.value, rank); names.set(iri.value, name.value); }
    }
  } catch { /* the IRIs are shown */ }
  return names;
}

// The name of a thing; of a cell its region and sector, of a community who is in its middle; nothing where there is none.
function label(iri) {
  let node;
  try { node = oxigraph.namedNode(iri); } catch { return ""; }
  for (const property of LABELS) {
    const found = store.match(node, oxigraph.namedNode(property), null, null).map((quad) => quad.object).filter((term) => term.termType === "Literal");
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
    else if (data.type === "query") await query(data.text, data.kind);
    else if (data.type === "more") await more(data.from);
    else postMessage({ type: "file", name: data.name, format: data.format, text: await answer(data.format) });
  } catch (error) {
    const broken = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
    postMessage({ type: "error", at: data.type, broken, message: broken ? "The browser's memory was not enough for this." : String(error.message || error) });
  }
};
