// Narrows the list of all terms to those that hold every word typed. Without it, the list is just there.
const form = document.querySelector("form.search");
const field = document.getElementById("_search");
const found = document.getElementById("_found");
const rows = [...document.querySelectorAll("ul.terms > li")].map((row) => [row, row.textContent.toLowerCase()]);
const narrow = () => {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const [row, text] of rows) {
    row.hidden = !words.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  found.textContent = words.length ? `${shown} of ${rows.length} terms` : "";
};
form.hidden = false;
form.addEventListener("submit", (event) => event.preventDefault());
field.addEventListener("input", narrow);
