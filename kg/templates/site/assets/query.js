// The query page: an editor, a worker that answers, and a table of what it said.
"use strict";
(async () => {
  const by = (id) => document.getElementById(id);
  const panel = by("ask");
  const config = JSON.parse(panel.dataset.config);
  by("no-script").hidden = true;
  config.endpoint = await endpoint();
  const able = location.protocol !== "file:" && Boolean(config.endpoint || config.data);
  examples();
  if (location.protocol === "file:" && config.data) by("from-file").hidden = false;
  if (!able) return;
  if (config.data) config.data = new URL(config.data, location.href).href;
  by("by-server").hidden = !config.endpoint;
  by("by-browser").hidden = Boolean(config.endpoint);
  panel.hidden = false;

  // Nothing is kept in the browser, and completion asks no other host: it knows the variables of the query alone.
  const editor = new Yasqe(by("editor"), {
    value: "", persistenceId: null, createShareableLink: null, consumeShareLink: null, autocompleters: ["variables"],
    prefixCcApi: null, showQueryButton: false, resizeable: false, collapsePrefixesOnLoad: false, editorHeight: "auto",
    screenReaderLabel: "SPARQL query", lineWrapping: true,
    extraKeys: { "Ctrl-Enter": run, "Cmd-Enter": run, Tab: false, "Shift-Tab": false },
  });
  editor.getInputField().setAttribute("aria-label", "SPARQL query");
  let worker = null, ready = false, waiting = null, next = 0, busy = false;

  function start() {
    ready = false;
    worker = new Worker("assets/query-worker.js", { type: "module" });
    worker.onmessage = ({ data }) => told[data.type](data);
    worker.onerror = () => told.error({ message: "The program that answers could not be started; this browser may be too old.", broken: true, at: "load" });
    worker.postMessage({ type: "load", config });
    by("loaded").value = 0;
    by("loaded").hidden = Boolean(config.endpoint);
    if (!config.endpoint) say("Loading the data …");
  }
  function stop() {
    if (worker) worker.terminate();
    worker = null;
    ready = false;
    by("loaded").hidden = true;
  }
  function run() {
    if (busy) return;
    const text = editor.getValue();
    if (!text.trim()) { say("There is no query to run."); return; }
    waiting = { type: "query", text, kind: editor.getQueryType() };
    history.replaceState(null, "", `#query=${encodeURIComponent(text)}`);
    working(true);
    clear();
    if (!worker) start();
    else if (ready) send();
  }
  function send() {
    say("Looking for the answer …");
    worker.postMessage(waiting);
    waiting = null;
  }
  function working(on) {
    busy = on;
    by("run").disabled = on;
    by("cancel").hidden = !on;
  }
  function say(text) { by("status").textContent = text; }
  function clear() {
    for (const id of ["answer", "fault", "saving", "rows", "graph", "more"]) by(id).hidden = true;
    by("counted").textContent = "";
    by("rows").replaceChildren();
  }
  function show(text, seconds) {
    working(false);
    say(`Answered in ${seconds < 0.1 ? "less than 0.1" : seconds.toFixed(1)} s.`);
    by("counted").textContent = text;
    by("answer").hidden = false;
  }

  const told = {
    progress({ share }) {
      by("loaded").value = share;
      say(`Loading the data: ${Math.floor(share * 100)} %`);
    },
    ready({ size }) {
      ready = true;
      by("loaded").hidden = true;
      if (size) say(`${size.toLocaleString("en").replaceAll(",", "\u202f")} statements are loaded.`);
      if (waiting) send();
    },
    truth({ value, seconds }) { show(value ? "Yes." : "No.", seconds); },
    graph({ text, cut, seconds }) {
      show(cut ? "A graph; its beginning is below." : text ? "A graph." : "A graph without statements.", seconds);
      by("graph").textContent = text;
      by("graph").hidden = !text;
      saving([["Turtle", "ttl", "text/turtle"], ["N-Triples", "nt", "application/n-triples"]]);
    },
    solutions({ variables, count, seconds }) {
      show(count === 0 ? "No rows." : count === 1 ? "1 row." : `${count} rows.`, seconds);
      if (!count) return;
      const table = document.createElement("table"), head = table.createTHead().insertRow();
      for (const name of variables) {
        const cell = document.createElement("th");
        cell.scope = "col";
        cell.textContent = name;
        head.append(cell);
      }
      table.createTBody();
      by("rows").replaceChildren(table);
      by("rows").hidden = false;
      saving([["CSV", "csv", "text/csv"], ["JSON", "srj", "application/sparql-results+json"], ["TSV", "tsv", "text/tab-separated-values"]]);
    },
    rows(data) {
      const body = by("rows").querySelector("tbody");
      if (!body) return;
      for (const row of data.rows) {
        const line = body.insertRow();
        for (const one of row) line.insertCell().append(...written(one));
        row.forEach((one, place) => {
          if (!one || !one.number) return;
          line.cells[place].className = "number";
          by("rows").querySelector("thead tr").cells[place].className = "number";
        });
      }
      next = data.next;
      by("more").hidden = !next;
    },
    file({ name, format, text }) {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: format }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    },
    error({ message, broken, at }) {
      working(false);
      waiting = null;
      if (broken || at === "load") stop();
      say(at === "load" ? "The data could not be loaded." : "There is no answer.");
      by("fault").textContent = message;
      by("fault").hidden = false;
      by("answer").hidden = false;
    },
  };

  // What a cell shows: a link to the page of the site about a thing, or to the thing itself where that is on the web.
  function written(one) {
    if (!one) return [];
    if (one.iri === undefined) {
      const out = [isolated(one.text)];
      if (one.note) out.push(Object.assign(document.createElement("span"), { className: "ask-lang", textContent: ` ${one.note}` }));
      return out;
    }
    const page = pageOf(one.iri), web = /^https?:\/\//i.test(one.iri);
    const link = document.createElement(page || web ? "a" : "span");
    if (page || web) link.href = page || one.iri;
    if (!page && web) link.rel = "noopener noreferrer";
    link.title = one.iri.slice(0, 400);
    link.append(isolated(one.text || short(one.iri)));
    return [link];
  }
  function isolated(text) {
    return Object.assign(document.createElement("bdi"), { textContent: text });
  }
  function short(iri) {
    const rest = iri.startsWith(config.base) ? iri.slice(config.base.length) : iri.replace(/^.*[#/](?=.)/, "");
    return rest.length > 120 ? `${rest.slice(0, 120)}…` : rest;
  }
  // As kg.publish.addresses has it: which file of the site is about an IRI.
  function pageOf(iri) {
    if (!iri.startsWith(config.base)) return "";
    const parts = iri.slice(config.base.length).split(/[?#]/)[0].split("/")
      .map((part) => part.replace(/[^A-Za-z0-9%!$&'()*+,;=:@._~-]+/gu, encodeURIComponent));
    const group = parts[0] === "group", count = group ? 2 + (config.groups[parts[1]] || 0) : 2;
    const names = parts.slice(0, count), ids = names.slice(group ? 2 : 1);
    if (!config.pages.includes(parts[0]) || names.length < count || !ids.length || ids.some((id) => ["", ".", ".."].includes(id))) return "";
    const cut = group ? config.longest : config.cuts[parts[0]] || config.longest;
    const file = [...names.slice(0, count - ids.length), ...ids.map((id) => id.slice(0, cut))];
    const anchor = iri.slice(config.base.length + parts[0].length + 1);
    return `page/${file.map(encodeURIComponent).join("/")}.html${group || anchor.length > config.longest ? "" : `#${encodeURIComponent(anchor)}`}`;
  }
  function saving(kinds) {
    by("saving").replaceChildren("Save as ", ...kinds.map(([name, extension, format]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
      button.onclick = () => worker && worker.postMessage({ type: "file", name: `answer.${extension}`, format });
      return button;
    }));
    by("saving").hidden = false;
  }

  by("run").onclick = run;
  by("cancel").onclick = () => {
    stop();
    waiting = null;
    working(false);
    say(config.endpoint ? "Cancelled." : "Cancelled. The data is loaded again for the next query.");
  };
  by("more").onclick = () => { by("more").hidden = true; worker.postMessage({ type: "more", from: next }); };

  // A server that answers queries says so in a small file of the site, which says nothing where there is none.
  async function endpoint() {
    if (location.protocol === "file:") return "";
    try {
      const { endpoint: given } = await (await fetch("assets/endpoint.json")).json();
      return given ? new URL(given, location.href).href : "";
    } catch { return ""; }
  }

  function fill(text) { editor.setValue(text.trimEnd()); editor.refresh(); }
  function examples() {
    for (const details of document.querySelectorAll(".ask-examples details")) {
      const text = details.querySelector("pre").textContent;
      const use = details.querySelector(".ask-use"), copy = details.querySelector(".ask-copy");
      use.hidden = !able;
      use.onclick = () => { if (busy) return; fill(text); run(); panel.scrollIntoView(); };
      copy.hidden = !navigator.clipboard;
      copy.onclick = async () => { await navigator.clipboard.writeText(text); copy.textContent = "Copied"; };
    }
    const find = by("find"), all = [...document.querySelectorAll(".ask-examples details")];
    find.closest("p").hidden = false;
    find.oninput = () => {
      const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const one of all) {
        const text = `${one.id} ${one.querySelector("summary").textContent} ${one.querySelector("p")?.textContent || ""}`.toLowerCase();
        one.hidden = !words.every((word) => text.includes(word));
        if (!one.hidden) count += 1;
      }
      by("found").textContent = words.length ? `${count} of ${all.length} questions` : "";
    };
  }

  // A link may bring a query along, or name a question: #query=…, #question-name.
  function arrived() {
    const given = location.hash.startsWith("#query=") ? decodeURIComponent(location.hash.slice(7)) : "";
    const named = location.hash.startsWith("#question-") && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (named) named.open = true;
    const first = document.getElementById("question-strongest-clusters") || document.querySelector(".ask-examples details");
    fill(given || (named || first)?.querySelector("pre").textContent || "");
  }
  addEventListener("hashchange", () => { if (location.hash.startsWith("#question-")) arrived(); });
  arrived();
})();
