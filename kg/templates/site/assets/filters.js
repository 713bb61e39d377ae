// Filters of a list of groups. A list that is whole filters its own rows; of a longer one the columns are fetched.
"use strict";
for (const form of document.querySelectorAll("[data-filters]")) {
  const found = document.querySelector("[data-found]");
  const body = form.parentElement.querySelector("table tbody");
  const total = Number(form.dataset.total), shards = Number(form.dataset.shards), root = form.dataset.root;
  const own = [...body.rows];
  const first = found.textContent;
  const most = 200;
  const fold = text => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const count = number => number.toLocaleString("en");
  const words = {};
  for (const by of ["k", "t"]) words[by] = [...form.querySelector(`[data-by=${by}]`).options].slice(1).map(one => one.text);
  const fetched = [];
  let run = 0;
  const chosen = () => {
    const out = {};
    for (const field of form.querySelectorAll("[data-by]")) if (field.value.trim()) out[field.dataset.by] = field.dataset.by === "name" ? fold(field.value.trim()) : Number(field.value);
    return out;
  };
  const passes = (want, name, value) => Object.entries(want).every(([by, wanted]) =>
    by === "name" ? fold(name).includes(wanted) : by === "r" || by === "s" ? value(by) === wanted : value(by) >> wanted & 1);
  const say = (shown, all, done) => {
    found.textContent = done && all === total ? first : `${count(all)} of ${count(total)} groups` + (all > shown ? `, the ${count(shown)} largest are shown` : "") + (done ? "" : " so far …");
  };
  const row = (data, place) => {
    const line = body.insertRow();
    const ring = document.createElement("i");
    const letters = [..."gsvh"].filter((_, bit) => data.d[place] >> bit & 1);
    const names = { g: "Geography", s: "Sector", v: "Vertical", h: "Horizontal" };
    ring.className = ["ring", ...letters].join(" ");
    ring.setAttribute("role", "img");
    ring.setAttribute("aria-label", letters.map(one => names[one]).join(", ") || "no driver");
    line.insertCell().append(ring);
    const head = document.createElement("th");
    head.scope = "row";
    const link = document.createElement("a"), name = document.createElement("bdi");
    link.href = root + data.href[place];
    name.textContent = data.name[place];
    link.append(name);
    head.append(link);
    line.append(head);
    const members = line.insertCell();
    members.className = "n";
    members.textContent = count(data.members[place]);
    for (const by of ["k", "t"]) line.insertCell().textContent = words[by].filter((_, bit) => data[by][place] >> bit & 1).join(", ");
  };
  const get = async place => fetched[place] ??= await (await fetch(`${root}assets/data/groups/${place}.json`)).json();
  const apply = async () => {
    const want = chosen(), mine = ++run;
    if (!shards || !Object.keys(want).length) {
      body.replaceChildren(...own);
      let shown = 0;
      for (const one of own) {
        one.hidden = !passes(want, one.cells[1].textContent, by => Number(one.dataset[by]));
        shown += !one.hidden;
      }
      if (Object.keys(want).length) say(shown, shown, true); else found.textContent = first;
      return;
    }
    let all = 0, shown = 0;
    body.replaceChildren();
    try {
      for (let place = 0; place < shards; place++) {
        const data = await get(place);
        if (mine !== run) return;
        data.name.forEach((name, at) => {
          if (!passes(want, name, by => data[by][at])) return;
          all++;
          if (shown < most) { row(data, at); shown++; }
        });
        say(shown, all, place === shards - 1);
      }
    } catch {
      body.replaceChildren(...own);
      let shown = 0;
      for (const one of own) {
        one.hidden = !passes(want, one.cells[1].textContent, by => Number(one.dataset[by]));
        shown += !one.hidden;
      }
      found.textContent = `${count(shown)} of the ${count(own.length)} largest groups; filtering all ${count(total)} needs the site on a web server`;
    }
  };
  form.hidden = false;
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  if ([...form.querySelectorAll("[data-by]")].some(field => field.value)) apply();
}
