// The classes: one bar for the whole map, and a chip each. A chip is a button that leaves only its class in full colour, and a switch.
export function render({ model, el }) {
  const list = document.createElement("div");
  list.className = "legend";
  list.setAttribute("role", "group");
  list.setAttribute("aria-label", "Classes: choose one to see where it is");
  const bar = document.createElement("div");
  bar.className = "whole";
  bar.setAttribute("aria-hidden", "true");
  el.append(bar, list);

  const chip = ({ name, colour, share, area, definition }) => {
    const button = document.createElement("button");
    const chosen = model.highlight === name;
    button.type = "button";
    button.className = "class" + (model.highlight && !chosen ? " faded" : "") + (share ? "" : " absent");
    button.title = definition;
    button.setAttribute("aria-pressed", String(chosen));
    button.innerHTML = `<span class="swatch" style="background:${colour}"></span><span class="name"></span><span class="area"></span>`;
    button.querySelector(".area").textContent = area;
    button.querySelector(".name").textContent = name;
    button.onclick = () => { model.highlight = chosen ? "" : name; };
    const entry = document.createElement("div");
    entry.className = "entry" + (model.hidden.includes(name) ? " hidden" : "");
    entry.append(button, toggle(name));
    return entry;
  };
  const toggle = (name) => {
    const off = model.hidden.includes(name);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "switch";
    button.title = off ? "Show on the maps" : "Take off the maps";
    button.setAttribute("role", "switch");
    button.setAttribute("aria-checked", String(!off));
    button.setAttribute("aria-label", `Show ${name}`);
    button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5C7 5 2.7 8.1 1 12c1.7 3.9 6 7 11 7s9.3-3.1 11-7c-1.7-3.9-6-7-11-7z"/><circle cx="12" cy="12" r="3.2"/>${off ? '<path d="M3 3l18 18"/>' : ""}</svg>`;
    button.onclick = () => { model.hidden = off ? model.hidden.filter((other) => other !== name) : [...model.hidden, name]; };
    return button;
  };
  const part = ({ name, colour, share, part }) => {
    const piece = document.createElement("span");
    piece.style.cssText = `background:${colour};flex:${part}`;
    piece.title = `${name}: ${share}`;
    if (model.hidden.includes(name) || (model.highlight && model.highlight !== name)) piece.className = "faded";
    return piece;
  };
  const draw = () => {
    const buttons = () => [...list.querySelectorAll("button")];
    const focused = buttons().indexOf(el.getRootNode().activeElement);
    list.replaceChildren(...model.rows.map(chip));
    bar.replaceChildren(...model.rows.filter((row) => row.share).map(part));
    if (focused >= 0) buttons()[focused]?.focus();
  };
  model.on("rows", draw);
  model.on("highlight", draw);
  model.on("hidden", draw);
  draw();
}
