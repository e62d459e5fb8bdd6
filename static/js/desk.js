// The keys of a queue at the desk: j and k go from row to row, x chooses one; Enter follows the link that has the focus. They rest while
// somebody types, and a button above the queue turns them off.
document.addEventListener("DOMContentLoaded", () => {
  const hint = document.querySelector("[data-keys]");
  if (!hint) return;
  const rows = [...document.querySelectorAll("#result_list tr.data-row")];
  const button = hint.querySelector("button");
  let on = true;
  hint.hidden = false;
  button.addEventListener("click", () => {
    on = !on;
    button.setAttribute("aria-pressed", on);
    button.textContent = on ? "Keys are on" : "Keys are off";
  });
  const here = () => rows.findIndex((row) => row.contains(document.activeElement));
  const go = (step) => rows[Math.min(Math.max(here() + step, 0), rows.length - 1)]?.querySelector("th a, td a")?.focus();
  const keys = {
    j: () => go(1),
    k: () => go(-1),
    x: () => rows[here()]?.querySelector("input.action-select")?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const types = document.activeElement?.matches("textarea, select, [contenteditable], input:not([type=checkbox])");
    if (!on || types || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    event.preventDefault();
    keys[event.key]();
  });
});
// A chart is drawn once, perhaps before its face has come: draw it again then.
document.addEventListener("DOMContentLoaded", async () => {
  await document.fonts.ready;
  document.querySelectorAll("canvas").forEach((canvas) => window.Chart?.getChart(canvas)?.update());
});
