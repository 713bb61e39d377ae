// The drawing of a group's ties: drivers can be hidden, a member's own ties are lit, a click leads to its page.
"use strict";
for (const figure of document.querySelectorAll("[data-network]")) {
  const net = figure.querySelector(".net");
  const nodes = [...net.querySelectorAll(".node")];
  const guess = net.querySelector(".guess");
  const place = node => node.transform.baseVal[0].matrix;
  // Ties by place and by sector follow from the members; there are many, so they are drawn only when asked for.
  const draw = (driver, same) => {
    for (const old of [...guess.querySelectorAll(`.${driver}`)]) old.remove();
    if (!same) return;
    for (let a = 0; a < nodes.length; a++)
      for (let b = a + 1; b < nodes.length; b++) {
        if (!same(nodes[a].dataset, nodes[b].dataset)) continue;
        const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
        const [p, q] = [place(nodes[a]), place(nodes[b])];
        for (const [name, value] of [["class", driver], ["x1", p.e], ["y1", p.f], ["x2", q.e], ["y2", q.f]]) line.setAttribute(name, value);
        [line.dataset.a, line.dataset.b] = [a, b];
        guess.append(line);
      }
  };
  const together = {
    g: (p, q) => p.r !== "" && p.r === q.r,
    s: (p, q) => p.s !== "" && p.s.split(" ").some(one => q.s.split(" ").includes(one)),
  };
  // What doesn't fit is seen from its middle first; the edges of the box show that there is more on both sides.
  const box = figure.querySelector(".scroll");
  box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2;
  figure.querySelector(".toggles").hidden = false;
  for (const choice of figure.querySelectorAll("[data-driver]"))
    choice.addEventListener("change", () => {
      const driver = choice.dataset.driver;
      if (together[driver]) draw(driver, choice.checked && together[driver]);
      else net.classList.toggle(`no-${driver}`, !choice.checked);
    });
  // The name of a member whose label found no room is written over the drawing while it is pointed at.
  const name = document.createElementNS("http://www.w3.org/2000/svg", "text");
  name.setAttribute("class", "over");
  net.append(name);
  const write = node => {
    name.textContent = "";
    if (!node || node.querySelector("text")) return;
    const { e: x, f: y } = place(node), size = Number(node.querySelector("circle").getAttribute("r")), right = x > net.viewBox.baseVal.width * 0.6;
    name.textContent = node.querySelector("title").textContent;
    name.setAttribute("x", right ? x - size - 4 : x + size + 4);
    name.setAttribute("y", y + 4);
    name.setAttribute("text-anchor", right ? "end" : "start");
  };
  const light = chosen => {
    write(chosen === null ? null : nodes[chosen]);
    net.classList.toggle("some", chosen !== null);
    const near = new Set([chosen]);
    for (const line of net.querySelectorAll("line")) {
      const lit = chosen !== null && (line.dataset.a === chosen || line.dataset.b === chosen) && getComputedStyle(line).display !== "none";
      line.classList.toggle("lit", lit);
      if (lit) near.add(line.dataset.a).add(line.dataset.b);
    }
    for (const node of nodes) node.classList.toggle("lit", chosen !== null && near.has(node.dataset.n));
  };
  for (const node of nodes) {
    node.addEventListener("pointerenter", () => light(node.dataset.n));
    node.addEventListener("pointerleave", () => light(null));
    node.addEventListener("click", () => { location.href = node.dataset.href; });
  }
}
