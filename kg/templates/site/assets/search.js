// Search in names: the index is in small files by the first letters of each word, fetched as one types.
"use strict";
for (const form of document.querySelectorAll("[data-search]")) {
  const root = form.dataset.root, input = form.querySelector("input");
  const found = document.querySelector("[data-found]"), results = document.querySelector("[data-results]");
  const other = { "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ħ": "h" };
  const fold = text => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "").replace(/[ßæœøłđðþıħ]/gu, c => other[c]);
  const words = text => fold(text).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const file = letters => [...letters].map(c => /[a-z0-9]/.test(c) ? c : `_${c.codePointAt(0).toString(16)}`).join("");
  const kinds = { g: "Group", c: "Considered, and no group", o: "Organisation", r: "Region", s: "Sector" };
  const most = 100;
  const known = new Map();
  const get = letters => {
    if (!known.has(letters)) known.set(letters, fetch(`${root}assets/data/search/${file(letters)}.json`).then(answer => answer.ok ? answer.json() : null));
    return known.get(letters);
  };
  // The deepest file for the beginning of a word.
  const reach = async word => {
    const letters = [...word];
    let depth = 1, at = await get(letters[0]);
    while (at && at.next && depth < letters.length && [...at.next].includes(letters[depth])) at = await get(letters.slice(0, ++depth).join(""));
    // A word that leads nowhere is in no name, unless the file already has all of its names.
    if (at && at.names.length < at.all && depth < letters.length && !(depth === 10)) return { all: 0, names: [] };
    return at ?? { all: 0, names: [] };
  };
  let run = 0;
  const search = async () => {
    const mine = ++run, wanted = words(input.value);
    // Names are searched by their letters and digits; what has none is in no name.
    if (!wanted.length) { results.replaceChildren(); found.textContent = input.value.trim() ? "Nothing is called so." : ""; return; }
    let files;
    try {
      files = await Promise.all(wanted.map(reach));
    } catch {
      found.textContent = "Searching needs the site on a web server: browsers let a page that was opened from a file fetch nothing.";
      return;
    }
    if (mine !== run) return;
    const best = files.reduce((one, next) => next.all < one.all ? next : one);
    const hits = best.names.filter(([, name]) => { const own = words(name); return wanted.every(word => own.some(one => one.startsWith(word))); });
    const cut = best.names.length < best.all;
    results.replaceChildren(...hits.slice(0, most).map(([kind, name, href, place]) => {
      const item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("bdi"), small = document.createElement("small");
      link.href = root + href;
      text.textContent = name;
      link.append(text);
      small.textContent = place ? `${kinds[kind]}, ${place}` : kinds[kind];
      item.append(link, small);
      return item;
    }));
    found.textContent = hits.length === 0 ? `Nothing is called so${cut ? " among the most important; write more of the name" : ""}.`
      : cut ? `${hits.length} of the most important; ${best.all.toLocaleString("en")} names have such a word. Write more of the name to find others.`
      : hits.length > most ? `${most} of ${hits.length}` : `${hits.length} found`;
  };
  form.hidden = false;
  form.addEventListener("submit", event => event.preventDefault());
  input.addEventListener("input", () => {
    history.replaceState(null, "", input.value ? `?q=${encodeURIComponent(input.value)}` : location.pathname);
    search();
  });
  input.value = new URLSearchParams(location.search).get("q") ?? "";
  input.focus();
  search();
}
