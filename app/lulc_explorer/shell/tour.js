// A short tour for who comes for the first time: a strip at the foot of the page that covers and stops nothing. Closed,
// it stays closed. While it is open, the page has `data-tour`, and its style sheets keep room for it.
const SEEN = "land-cover-explorer: tour";

export function render({ model, el }) {
  const root = document.documentElement;
  const make = (tag, more = {}) => Object.assign(document.createElement(tag), more);
  const card = make("section", { className: "card" });
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-label", "Show me around");
  const where = make("p", { className: "where" }), title = make("h2", { tabIndex: -1 }), says = make("p");
  const words = make("div", { className: "words" });
  words.setAttribute("aria-live", "polite");
  words.append(where, title, says);
  let at = 0;
  const go = (to) => {
    at = to;
    draw();
  };
  const seen = (shown) => {
    card.hidden = !shown;
    if (shown) root.dataset.tour = ""; else delete root.dataset.tour;
  };
  const close = () => {
    seen(false);
    try { localStorage.setItem(SEEN, "closed"); } catch { /* a browser that keeps nothing */ }
  };
  const button = (name, text, act) => make("button", { type: "button", className: name, textContent: text, onclick: act });
  const end = button("close", "×", close), show = button("show", "Show me", () => model.send_msg({ run: model.steps[at].command }));
  const back = button("", "Back", () => go(at - 1));
  const on = button("on", "Next", () => (at < model.steps.length - 1 ? go(at + 1) : close()));
  end.setAttribute("aria-label", "Close the tour");
  end.title = "Close: it does not come again";
  const foot = make("div", { className: "foot" });
  foot.append(show, back, on);
  card.append(words, foot, end);
  el.append(card);

  const draw = () => {
    const step = model.steps[at];
    where.textContent = `${at + 1} of ${model.steps.length}`;
    title.textContent = step.title;
    says.textContent = step.says;
    show.hidden = !step.command;
    back.hidden = at === 0;
    on.textContent = at < model.steps.length - 1 ? "Next" : "Done";
  };
  card.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  });
  const heard = (event) => {  // whoever has just come has focused nothing
    if (event.key !== "Escape" || card.hidden || root.dataset.stage !== undefined || event.defaultPrevented) return;
    if (event.composedPath().some((node) => node.matches?.("dialog, .MuiModal-root, input, select, textarea"))) return;
    event.preventDefault();
    close();
  };
  document.addEventListener("keydown", heard);
  const uncover = (event) => {  // what the keyboard comes to is not left behind the strip
    if (event.key !== "Tab" || !card.checkVisibility()) return;
    let reached = document.activeElement;
    while (reached?.shadowRoot?.activeElement) reached = reached.shadowRoot.activeElement;
    const covered = reached.getBoundingClientRect().bottom > card.getBoundingClientRect().top;
    if (covered && !card.contains(reached)) reached.scrollIntoView({ block: "center" });
  };
  document.addEventListener("keyup", uncover);
  model.on("asked", () => {
    seen(true);
    go(0);
    title.focus();
  });
  model.on("remove", () => {
    document.removeEventListener("keydown", heard);
    document.removeEventListener("keyup", uncover);
    seen(false);
  });
  seen(true);
  draw();
}
