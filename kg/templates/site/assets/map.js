// The map: enlarged by buttons, a double click, a pinch or the wheel with Ctrl; moved by dragging and by arrow keys.
"use strict";
for (const frame of document.querySelectorAll("[data-map]")) {
  const svg = frame.querySelector("svg");
  const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
  const most = 40;
  let view = { x: 0, y: 0, k: 1 };
  const tip = document.createElement("p");
  tip.className = "tip";
  tip.hidden = true;
  frame.append(tip);
  const show = () => {
    const [w, h] = [width / view.k, height / view.k];
    view.x = Math.min(Math.max(view.x, 0), width - w);
    view.y = Math.min(Math.max(view.y, 0), height - h);
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${w} ${h}`);
    svg.dataset.z = Math.min(5, Math.floor(Math.log2(view.k) + 0.01));
    // Signs keep their size on the screen, and are larger where the screen is small.
    svg.style.setProperty("--small", Math.max(1, Math.min(2, 620 / svg.clientWidth)) / view.k);
    tip.hidden = true;
  };
  const point = event => {
    const box = svg.getBoundingClientRect();
    return [view.x + (event.clientX - box.left) / box.width * width / view.k, view.y + (event.clientY - box.top) / box.height * height / view.k];
  };
  const zoom = (factor, x = view.x + width / view.k / 2, y = view.y + height / view.k / 2) => {
    const k = Math.min(most, Math.max(1, view.k * factor));
    view = { x: x - (x - view.x) * view.k / k, y: y - (y - view.y) * view.k / k, k };
    show();
  };
  frame.querySelector(".buttons").hidden = false;
  frame.addEventListener("click", event => {
    const wanted = event.target.closest?.("[data-zoom]")?.dataset.zoom;
    if (wanted === "in") zoom(2);
    else if (wanted === "out") zoom(0.5);
    else if (wanted === "all") { view = { x: 0, y: 0, k: 1 }; show(); }
  });
  svg.addEventListener("dblclick", event => { event.preventDefault(); zoom(2, ...point(event)); });
  svg.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 200), ...point(event));
  }, { passive: false });
  frame.tabIndex = 0;
  frame.addEventListener("keydown", event => {
    if (event.target !== frame) return;
    const step = 60 / view.k;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    if (move) { view.x += move[0]; view.y += move[1]; show(); }
    else if (event.key === "+" || event.key === "=") zoom(2);
    else if (event.key === "-") zoom(0.5);
    else if (event.key === "0") { view = { x: 0, y: 0, k: 1 }; show(); }
    else return;
    event.preventDefault();
  });
  const held = new Map();
  let moved = 0;
  svg.addEventListener("pointerdown", event => { held.set(event.pointerId, event); moved = 0; });
  window.addEventListener("pointermove", event => {
    const before = held.get(event.pointerId);
    if (!before) return;
    const box = svg.getBoundingClientRect(), unit = width / view.k / box.width;
    if (held.size === 1 && (event.pointerType === "mouse" || view.k > 1)) {
      view.x -= (event.clientX - before.clientX) * unit;
      view.y -= (event.clientY - before.clientY) * unit;
    } else if (held.size === 2) {
      const other = [...held.values()].find(one => one.pointerId !== event.pointerId);
      const far = one => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      held.set(event.pointerId, event);
      zoom(far(event) / (far(before) || 1), ...point(event));
    }
    moved += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    held.set(event.pointerId, event);
    if (moved > 4) show();
  });
  for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, event => held.delete(event.pointerId));
  // A drag that ends on a sign is no click on it.
  svg.addEventListener("click", event => { if (moved > 4) event.preventDefault(); }, true);
  svg.addEventListener("dragstart", event => event.preventDefault());
  svg.addEventListener("pointerover", event => {
    const title = event.target.closest?.("a")?.querySelector("title");
    tip.hidden = !title;
    if (!title) return;
    tip.textContent = title.textContent;
    const box = frame.getBoundingClientRect();
    tip.style.left = `${Math.min(event.clientX - box.left + 12, box.width - 200)}px`;
    tip.style.top = `${event.clientY - box.top + 14}px`;
  });
  svg.addEventListener("pointerleave", () => { tip.hidden = true; });
  window.addEventListener("resize", show);
  show();
}
