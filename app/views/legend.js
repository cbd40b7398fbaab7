// The classes: one bar for the whole map, and a chip each. A chip is a button that leaves only its class in full colour.
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
    return button;
  };
  const part = ({ name, colour, share, part }) => {
    const piece = document.createElement("span");
    piece.style.cssText = `background:${colour};flex:${part}`;
    piece.title = `${name}: ${share}`;
    if (model.highlight && model.highlight !== name) piece.className = "faded";
    return piece;
  };
  const draw = () => {
    const focused = [...list.children].findIndex((child) => child === el.getRootNode().activeElement);
    list.replaceChildren(...model.rows.map(chip));
    bar.replaceChildren(...model.rows.filter((row) => row.share).map(part));
    if (focused >= 0) list.children[focused]?.focus();
  };
  model.on("rows", draw);
  model.on("highlight", draw);
  draw();
}
