// Narrows the findings to those of a severity, effect, file and kind that hold every word typed. Without it all are there.
const form = document.querySelector("form");
const rows = [...document.querySelectorAll("article")].map((row) => ({
  row,
  text: row.textContent.toLowerCase(),
  findings: [...row.querySelectorAll("li[data-kind]")],
}));
const files = [...document.querySelectorAll("section.file")];
const narrow = () => {
  const chosen = [...form.querySelectorAll("select")].filter((select) => select.value !== "");
  const words = document.getElementById("_search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  let total = 0;
  for (const { row, text, findings } of rows) {
    const holds = words.every((word) => text.includes(word));
    let left = 0;
    for (const finding of findings) {
      finding.hidden = !holds || !chosen.every((select) => finding.dataset[select.dataset.by] === select.value);
      const count = Number(finding.dataset.count);
      left += finding.hidden ? 0 : count;
      total += count;
    }
    row.hidden = left === 0;
    shown += left;
  }
  for (const file of files) file.hidden = !file.querySelector("article:not([hidden])");
  const all = shown === total;
  document.getElementById("_found").textContent = all ? `${total} findings` : `${shown} of ${total} findings`;
};
const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target?.closest("[hidden]")) {
    form.reset();
    narrow();
    target.scrollIntoView();
  }
};
if (form) {
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", narrow);
  // The fields have their first values only after the event.
  form.addEventListener("reset", () => setTimeout(narrow));
  addEventListener("hashchange", reveal);
  narrow();
}
