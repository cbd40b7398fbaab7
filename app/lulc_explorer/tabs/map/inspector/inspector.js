// The head of the dock: how to ask, or the patches of two confused classes, one by one. N and P step, Escape closes.
const NARROW_PX = 800, LOW_PX = 520, CAPTION_PX = 48;
const ICONS = {
  previous: "M15 5l-7 7 7 7", next: "M9 5l7 7-7 7", close: "M6 6l12 12M18 6L6 18",
  home: "M4 12l8-8 8 8M6 10v10h12V10",
};

const make = (tag, name, more = {}) => Object.assign(document.createElement(tag), { className: name, ...more });
const button = (name, label, act, icon) => {
  const made = make("button", name, { type: "button", onclick: act, title: label });
  made.setAttribute("aria-label", label);
  if (icon) made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
  else made.textContent = label;
  return made;
};
const choice = (name, words, act) => {
  const label = make("label", name), select = make("select", "", { onchange: () => act(select.value) });
  const named = make("span", "name", { textContent: words });
  label.append(named, select);
  return [label, select];
};
const fill = (select, options, chosen) => {
  select.replaceChildren(...options.map(([value, text]) => make("option", "", { value, textContent: text })));
  select.value = chosen;
};

export function render({ model, view, el }) {
  const step = (by) => { if (model.count) model.at = (Math.max(model.at, by > 0 ? -1 : 0) + by + model.count) % model.count; };
  const hint = make("span", "hint"), position = make("output", "position");
  const inspect = button("inspect", "Inspect confused classes", () => { model.open = true; });
  const [pair, pairs] = choice("pair", "Confused classes", (value) => { model.pair = value; });
  const [size, sizes] = choice("size", "from", (value) => { model.least = Number(value); });
  const back = button("step", "Previous patch (P)", () => step(-1), "previous");
  const on = button("step", "Next patch (N)", () => step(1), "next");
  const home = button("home", "Show the whole place", () => { model.home += 1; }, "home");
  const close = button("close", "Close (Escape)", () => { model.leave += 1; }, "close");
  const bar = make("div", "bar"), patch = make("p", "patch"), causes = make("div", "causes"), limits = make("p", "limits");
  bar.append(hint, back, position, on, patch, pair, size, inspect, home, close);
  patch.setAttribute("aria-live", "polite");
  causes.setAttribute("role", "group");
  causes.setAttribute("aria-label", "Patches by probable cause");
  limits.hidden = true;
  el.append(bar, causes, limits);

  const chip = ({ key, title, meaning, count }) => {
    const made = make("button", "", { type: "button", title: meaning, onclick: () => { model.cause = key; } });
    made.append(`${title} `, make("b", "", { textContent: count.toLocaleString("en") }));
    made.setAttribute("aria-pressed", String(key === model.cause));
    return made;
  };
  const about = button("about", "What causes cannot know", () => {
    limits.hidden = !limits.hidden;
    about.setAttribute("aria-expanded", String(!limits.hidden));
  });
  about.textContent = "?";
  about.setAttribute("aria-expanded", "false");

  const draw = () => {
    const { open, asked, busy, count, at, lacking } = model;
    hint.hidden = (open || asked) && !lacking;
    hint.classList.toggle("ask", !lacking);
    hint.textContent = lacking || "Click a pixel of a map to see how each scene voted there.";
    bar.classList.toggle("beside", asked && !open && !lacking);
    inspect.hidden = open;
    for (const part of [back, position, on, pair, size, home]) part.hidden = !open || Boolean(lacking);
    close.hidden = !open && !asked;
    back.disabled = on.disabled = !count;
    position.textContent = busy ? "searching …" : count
      ? `${at < 0 ? "–" : (at + 1).toLocaleString("en")} of ${count.toLocaleString("en")}` : "no patch";
    fill(pairs, model.pairs.map(({ value, label }) => [value, label]), model.pair);
    fill(sizes, model.sizes.map((ha) => [ha, `${ha} ha`]), model.least);
    const { cause, why, facts } = model.patch;
    patch.hidden = causes.hidden = !open || Boolean(lacking);
    patch.replaceChildren();
    if (cause) {
      patch.append(make("b", "", { textContent: cause }), why ? `: ${why}. ` : ". ", make("span", "facts", { textContent: `${facts}.` }));
    } else if (open && !busy) patch.textContent = count ? "Step to a patch with N and P, or the arrows." : "No patch of this size: choose a smaller one.";
    causes.replaceChildren(about, ...model.tally.map(chip));
    limits.textContent = model.limits;
    if (!open) limits.hidden = true;
  };

  // On a phone the map that was pressed comes above the drawer.
  let answered = model.clicks, pressed = 0;
  const follow = ({ clientY }) => { pressed = clientY; };
  const find = (root) => [...root.querySelectorAll("*")].flatMap((node) => [
    ...(node.classList.contains("map") && node.shadowRoot ? [node] : []), ...(node.shadowRoot ? find(node.shadowRoot) : []),
  ]);
  const come = () => {
    if (answered === model.clicks) return;
    answered = model.clicks;
    const low = innerHeight <= LOW_PX;
    if (innerWidth > NARROW_PX && !low) return;
    const maps = find(document), box = (map) => map.getBoundingClientRect();
    const map = maps.find((one) => box(one).top <= pressed && pressed <= box(one).bottom) ?? maps.at(-1);
    if (map && low && pressed) {  // what was pressed comes to the middle of what the drawer leaves below the header
      const margin = 0.32 * innerHeight - 36 - (pressed - box(map).top);
      map.style.scrollMarginTop = `${Math.min(margin, -CAPTION_PX)}px`;
    } else map?.style.removeProperty("scroll-margin-top");
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "smooth";
    map?.scrollIntoView({ block: "start", behavior });
  };
  const arrive = () => {  // a link may ask: its map comes above the drawer once it lies there
    if (!el.isConnected || el.getRootNode().host?.offsetParent === null) return;
    const maps = find(document);
    if (!maps.length || maps.some((map) => !map.getBoundingClientRect().height)) { setTimeout(arrive, 250); return; }
    answered = -1;
    come();
  };
  const key = (event) => {
    const [from] = event.composedPath();
    if (event.ctrlKey || event.metaKey || event.altKey || from.matches?.("input, textarea, select, [contenteditable], [role=slider]")) return;
    if (el.getRootNode().host?.offsetParent === null) return;  // another tab is open
    if (event.composedPath().some((node) => node.classList?.contains("MuiModal-root"))) return;  // a menu, or the sidebar
    if (model.open && event.key.toLowerCase() === "n") step(1);
    else if (model.open && event.key.toLowerCase() === "p") step(-1);
    else if (event.key === "Escape" && (model.open || model.asked) && !event.defaultPrevented) model.leave += 1;
    else return;
    event.preventDefault();
  };
  const above = (node) => node.parentNode ?? node.host;
  const uncover = (event) => {  // what the keyboard comes to is not left behind the dock
    if (event.key !== "Tab") return;
    let reached = document.activeElement, dock = el, inside;
    while (reached?.shadowRoot?.activeElement) reached = reached.shadowRoot.activeElement;
    while (dock && !dock.classList?.contains("dock")) dock = above(dock);
    for (inside = reached; inside && inside !== dock; ) inside = above(inside);
    if (!dock || !reached || inside) return;
    const [own, over] = [reached, dock].map((node) => node.getBoundingClientRect());
    if (own.bottom > over.top && own.top < over.bottom && own.right > over.left && own.left < over.right) reached.scrollIntoView({ block: "center" });
  };
  document.addEventListener("keydown", key);
  document.addEventListener("keyup", uncover);
  document.addEventListener("pointerup", follow, true);
  model.on("remove", () => {
    document.removeEventListener("keydown", key);
    document.removeEventListener("keyup", uncover);
    document.removeEventListener("pointerup", follow, true);
  });
  for (const name of ["open", "asked", "lacking", "pairs", "pair", "least", "tally", "cause", "at", "count", "patch", "busy"]) model.on(name, draw);
  model.on("clicks", () => setTimeout(come));
  if (model.asked && (innerWidth <= NARROW_PX || innerHeight <= LOW_PX)) setTimeout(arrive, 250);
  draw();
}
