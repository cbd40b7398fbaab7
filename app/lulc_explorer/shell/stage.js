// Stage mode: one line above what is on screen, with the presenter's keys. The page's style sheets do the rest.
const ICONS = { previous: "M15 5l-7 7 7 7", next: "M9 5l7 7-7 7", full: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5", leave: "M6 6l12 12M18 6L6 18" };
const STEPS = { PageDown: 1, PageUp: -1 }, ARROWS = { ArrowRight: 1, ArrowLeft: -1 };

export function render({ model, el }) {
  const root = document.documentElement;
  const button = (label, icon, act) => {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", title: label, onclick: act });
    made.setAttribute("aria-label", label.replace(/ \(.*/, ""));
    made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[icon]}"/></svg>`;
    return made;
  };
  const part = (tag, name) => Object.assign(document.createElement(tag), { className: name });
  let asked = null;  // the scene on its way: the next key goes on from there
  const step = (by) => {
    const from = asked ?? model.at, to = Math.min(Math.max(from + by, 0), model.scenes.length - 1);
    if (to === from) return;
    asked = to;
    model.send_msg({ go: to });
  };
  const leave = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    model.send_msg({ leave: true });
  };
  const back = button("Previous scene (Page Up)", "previous", () => step(-1));
  const on = button("Next scene (Page Down)", "next", () => step(1));
  const full = button("Full screen", "full", () => root.requestFullscreen?.().catch(() => {}));
  const end = button("Leave stage mode (F8)", "leave", leave);
  const where = part("span", "where"), title = part("h2", ""), says = part("p", ""), words = part("div", "words");
  words.setAttribute("aria-live", "polite");
  words.append(title, says);
  const bar = part("section", "bar");
  bar.setAttribute("aria-label", "Stage mode");
  bar.append(back, where, on, words, full, end);
  el.append(bar);

  const draw = () => {
    const scene = model.scenes[model.at];
    if (model.at === asked || !model.staged) asked = null;
    if (model.staged) root.dataset.stage = scene ? model.at + 1 : "";
    else delete root.dataset.stage;
    title.textContent = scene?.title ?? "Stage mode";
    says.textContent = scene?.says ?? "Page Down opens the first scene; F8 ends.";
    where.textContent = `${scene ? model.at + 1 : "–"} / ${model.scenes.length}`;
    back.disabled = model.at < 1;
    on.disabled = model.at === model.scenes.length - 1;
    full.hidden = Boolean(document.fullscreenElement) || !document.fullscreenEnabled;
  };
  const heard = (event) => {
    if (!model.staged || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const path = event.composedPath(), [from] = path;
    if (path.some((node) => node.classList?.contains("MuiModal-root"))) return;  // a menu
    const free = !from.closest?.("input, textarea, select, button, [role=slider], [role=tab], [role=application]");
    if (event.key in STEPS && !from.matches?.("input, textarea, [role=slider]")) step(STEPS[event.key]);
    else if (event.key in ARROWS && free) step(ARROWS[event.key]);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
  };
  let was = Boolean(document.fullscreenElement);
  const changed = () => {
    const now = Boolean(document.fullscreenElement);
    if (was && !now && model.staged) model.send_msg({ leave: true });
    was = now;
    draw();
  };
  document.addEventListener("keydown", heard);
  document.addEventListener("fullscreenchange", changed);
  model.on("remove", () => {
    document.removeEventListener("keydown", heard);
    document.removeEventListener("fullscreenchange", changed);
    delete root.dataset.stage;
  });
  for (const name of ["staged", "at"]) model.on(name, draw);
  const host = (node) => node.getRootNode().host;
  model.on("at", () => host(host(host(bar))).scrollIntoView({ block: "start" }));  // the page: a phone may have scrolled
  draw();
}
