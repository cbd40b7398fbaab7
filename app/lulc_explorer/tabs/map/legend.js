// The classes: a bar for the whole map, and a chip each. A chip has a button that highlights its class and a switch that hides it.
// Elements are created once and then updated: an element replaced between press and release misses its click.
const EYE = '<path d="M12 5C7 5 2.7 8.1 1 12c1.7 3.9 6 7 11 7s9.3-3.1 11-7c-1.7-3.9-6-7-11-7z"/><circle cx="12" cy="12" r="3.2"/>';

export function render({ model, el }) {
  const list = document.createElement("div");
  list.className = "legend";
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Classes: choose one to highlight it");
  const bar = document.createElement("div");
  bar.className = "whole";
  bar.setAttribute("aria-hidden", "true");
  el.append(bar, list);

  const chip = ({ name, colour, ink, definition }) => {
    const entry = document.createElement("div");
    const button = document.createElement("button"), toggle = document.createElement("button");
    button.type = toggle.type = "button";
    button.title = definition;
    button.innerHTML = `<span class="swatch" style="background-color:${colour};--ink:${ink}"></span><span class="name"></span><span class="area"></span>`;
    button.querySelector(".name").textContent = name;
    button.onclick = () => { model.highlight = model.highlight === name ? "" : name; };
    toggle.className = "switch";
    toggle.setAttribute("role", "switch");
    toggle.setAttribute("aria-label", `Show ${name}`);
    toggle.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true">${EYE}<path class="struck" d="M3 3l18 18"/></svg>`;
    toggle.onclick = () => { model.hidden = off(name) ? model.hidden.filter((other) => other !== name) : [...model.hidden, name]; };
    entry.append(button, toggle);
    return entry;
  };
  const piece = ({ colour }) => {
    const made = document.createElement("span");
    made.style.background = colour;
    return made;
  };
  const off = (name) => model.hidden.includes(name);
  const faded = (name) => model.highlight && model.highlight !== name;

  const write = () => {
    bar.style.visibility = model.rows.some(({ part }) => part) ? "" : "hidden"; // an empty one looks like that of work
    model.rows.forEach(writeRow);
  };
  const writeRow = ({ name, share, area, part, others }, i) => {
    const entry = list.children[i], stretch = bar.children[i];
    const [button, toggle] = entry.children;
    entry.className = "entry" + (off(name) ? " hidden" : "") + (share || others ? "" : " lacking");
    button.className = "class" + (faded(name) ? " faded" : "") + (share ? "" : " absent");
    button.setAttribute("aria-pressed", String(model.highlight === name));
    button.querySelector(".area").textContent = others ? `${area}\n${others}` : area;
    button.querySelector(".swatch").classList.toggle("hatched", model.hatched === name);
    toggle.title = off(name) ? "Show on the maps" : "Hide on the maps";
    toggle.setAttribute("aria-checked", String(!off(name)));
    stretch.style.flex = part;
    stretch.title = `${name}: ${share}`;
    stretch.className = off(name) ? "hidden" : faded(name) ? "faded" : "";
  };
  list.append(...model.rows.map(chip));
  bar.append(...model.rows.map(piece));
  for (const what of ["rows", "highlight", "hidden", "hatched"]) model.on(what, write);
  write();
}
