// The form of a question's parameters: its values are written before the pattern of the query, which the query page runs.
"use strict";
for (const form of document.querySelectorAll("[data-question]")) {
  const text = document.querySelector("[data-query]").textContent;
  const term = (type, value) => {
    if (type === "integer") return /^[+-]?\d+$/.test(value) ? value : null;
    if (type === "decimal") return /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(value) ? `"${value}"^^<http://www.w3.org/2001/XMLSchema#decimal>` : null;
    if (type === "string") return JSON.stringify(value);
    return /^[a-z][a-z0-9+.-]*:[^\s<>"{}|\\^`]+$/i.test(value) ? `<${value}>` : null;
  };
  form.hidden = false;
  form.addEventListener("submit", event => {
    event.preventDefault();
    let values = "";
    for (const field of form.querySelectorAll("[data-type]")) {
      const other = form.querySelector(`[data-other="${field.name}"]`);
      const asked = other?.value.trim() ? other : field;
      const found = term(field.dataset.type, asked.value.trim());
      asked.setCustomValidity(found === null ? "This is no such value." : "");
      if (found === null) { asked.reportValidity(); return; }
      values += `\n  VALUES ?${field.name} { ${found} }`;
    }
    const where = /\bWHERE\s*\{/.exec(text);
    const at = where.index + where[0].length;
    location.href = `../query.html#query=${encodeURIComponent(text.slice(0, at) + values + text.slice(at))}`;
  });
  form.addEventListener("input", event => event.target.setCustomValidity(""));
}
