// Transitions, the most likely real change first, with a search field; a click on one shows it alone, another click all of them.
const words = (text) => text.toLowerCase().split(/[\s→>,]+/).filter((word) => word && word !== "to");

const matches = ({ before, after }, asked) => {  // "grass crops": from grass to crops; "crops": from or to crops
  const has = (name, word) => name.toLowerCase().includes(word);
  if (asked.length < 2) return asked.every((word) => has(before.name, word) || has(after.name, word));
  const cuts = asked.slice(1).map((_, i) => i + 1);
  const all = asked.every((word) => has(before.name, word) || has(after.name, word));
  return all && cuts.some((cut) => asked.slice(0, cut).every((word) => has(before.name, word)) &&
    asked.slice(cut).every((word) => has(after.name, word)));
};

const chip = ({ name, colour, ink }) => `<span class="class" style="background:${colour};color:${ink}">${name}</span>`;

const row = ({ before, after, likely, area, parts: [real, rest] }, i) => `<li><button type="button" data-row="${i}" aria-pressed="false">
  <span class="names">${chip(before)} → ${chip(after)}</span><span class="bar">
  <span style="width:${100 * real}%;background:${after.colour}"></span><span class="rest" style="width:${100 * rest}%;background:${after.colour}"></span></span>
  <span class="number">${likely}</span><span class="number quiet">${area}</span></button></li>`;

export function render({ model, el }) {
  const sheet = document.createElement("div");
  sheet.className = "transitions";
  sheet.innerHTML = `<div class="head"><h3>Transitions</h3>
    <input type="search" aria-label="Find a transition" placeholder="Find, such as grass crops" autocomplete="off">
    <button type="button" class="all">All on the map</button></div>
    <div class="scale"><span></span><span class="number">likely real, ha</span><span class="number quiet">differs, ha</span></div>
    <ol tabindex="-1"></ol><p class="none" role="status"></p>`;
  el.append(sheet);
  const [find, list, none, all] = ["input", "ol", ".none", ".all"].map((what) => sheet.querySelector(what));

  const mark = () => {
    list.querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-pressed", String(Number(button.dataset.row) === model.chosen)));
    all.hidden = model.chosen < 0;
  };
  const draw = () => {
    const asked = words(find.value);
    const found = model.shown.map(row).filter((_, i) => matches(model.shown[i], asked));
    list.innerHTML = found.join("");
    none.textContent = found.length || !model.shown.length ? "" : `No transition of ${model.shown.length} fits “${find.value}”.`;
    mark();
  };
  find.addEventListener("input", draw);
  all.addEventListener("click", () => { model.chosen = -1; });
  list.addEventListener("click", ({ target }) => {
    const at = target.closest("button")?.dataset.row;
    if (at !== undefined) model.chosen = Number(at) === model.chosen ? -1 : Number(at);
  });
  model.on("shown", draw);
  model.on("chosen", mark);
  draw();
}
