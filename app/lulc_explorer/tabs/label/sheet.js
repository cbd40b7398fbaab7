// A unit of a sample, labelled by keys: imagery on several dates at two scales, indices through the year, classes.
const MONTHS = "JFMAMJJASOND";
const SVG = "http://www.w3.org/2000/svg";
const CANNOT_TELL = "cannot be interpreted";
const LONGEST_COMMENT = 2000;

const percent = (share) => `${(100 * share).toFixed(2)}%`;

const make = (name, looks = {}, ...parts) => {  // all that is shown is text, never HTML
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(looks)) {
    if (key in node) node[key] = value; else node.setAttribute(key, value);
  }
  node.append(...parts.filter((part) => part !== null && part !== ""));
  return node;
};
const draw = (name, looks, ...parts) => {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(looks)) node.setAttribute(key, value);
  node.append(...parts);
  return node;
};

const words = ({ name, alternate, sure }) =>
  [name ?? CANNOT_TELL, alternate ? `or ${alternate}` : "", sure ? "" : "unsure"].filter(Boolean).join(", ");

const picture = (source, shown, close, alt) => {
  const image = make("img", { src: source, alt });
  const zoom = close ? 1 / shown.close : 1, unit = shown.pixel * shown.unit_px;
  const frame = (name, share) => {
    const span = make("span", { className: name });
    span.style.width = span.style.height = percent(share * zoom);
    return span;
  };
  image.style.transform = `scale(${zoom})`;
  const around = close ? frame("around", unit + 2 * shown.pixel) : frame("closer", shown.close);
  return make("span", { className: "picture" }, image, around, frame("frame", unit));
};

const BASE_ZOOM = 17, TILE = 256;
const world = ([lon, lat]) => {  // pixels of web Mercator at that zoom
  const size = TILE * 2 ** BASE_ZOOM, sine = Math.sin(lat * Math.PI / 180);
  return [size * (lon / 360 + 0.5), size * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI))];
};
const baseMap = ({ url, by, at, corners }, lost) => {
  const [x, y] = world(at), words = make("figcaption", {}, `${by}. Its dates are not those of the scenes.`);
  const plot = draw("svg", { class: "base", viewBox: `${x - TILE} ${y - TILE} ${2 * TILE} ${2 * TILE}`, role: "img", "aria-label": "Base map around the unit" });
  for (let row = Math.floor(y / TILE) - 1; row <= Math.floor(y / TILE) + 1; row++) {
    for (let column = Math.floor(x / TILE) - 1; column <= Math.floor(x / TILE) + 1; column++) {
      const href = url.replace("{z}", BASE_ZOOM).replace("{y}", row).replace("{x}", column);
      const part = draw("image", { href, x: column * TILE, y: row * TILE, width: TILE, height: TILE });
      part.addEventListener("error", () => {
        plot.remove();
        words.textContent = "The base map could not be reached. Everything else works offline.";
        lost();
      });
      plot.append(part);
    }
  }
  const points = corners.map((corner) => world(corner).join(",")).join(" ");
  plot.append(draw("polygon", { class: "casing", points }), draw("polygon", { class: "ink", points }));
  return make("figure", { className: "basemap" }, plot, words);
};

const look = (shown, { date, pictures }) => make("li", {},
  make("span", { className: "date" }, date),
  ...pictures.flatMap((source, i) => [true, false].map((close) =>
    picture(source, shown, close, `${date}, ${shown.colours[i]}, ${shown.across[close ? 0 : 1]} across`))));

const curve = (points, looks) => {
  const y = (value) => (1 - value) / 2, dates = looks.map(({ date }) => date);
  const plot = draw("svg", { class: "curve", role: "img", "aria-label": "NDVI and NDWI through the year" });
  for (const value of [-1, -0.5, 0, 0.5, 1]) {
    plot.append(draw("line", { class: "grid", x2: "100%", y1: percent(y(value)), y2: percent(y(value)) }),
      draw("text", { x: -6, y: percent(y(value)), dy: "0.32em", "text-anchor": "end" }, String(value)));
  }
  [...MONTHS].forEach((month, i) =>
    plot.append(draw("text", { x: percent((i + 0.5) / 12), y: "100%", dy: 14, "text-anchor": "middle" }, month)));
  for (const { at, date } of points) {
    if (dates.includes(date)) plot.append(draw("line", { class: "pictured", x1: percent(at), x2: percent(at), y1: 0, y2: "100%" }));
  }
  for (const index of ["ndvi", "ndwi"]) {
    const clear = points.filter((point) => point.clear);
    clear.slice(1).forEach((point, i) => plot.append(draw("line", { class: index,
      x1: percent(clear[i].at), x2: percent(point.at), y1: percent(y(clear[i][index])), y2: percent(y(point[index])) })));
    for (const point of points) {
      plot.append(draw("circle", { class: `${index}${point.clear ? "" : " cloudy"}`, cx: percent(point.at),
        cy: percent(y(point[index])), r: point.clear ? 3.5 : 2.5 },
        draw("title", {}, `${point.date}: ${index.toUpperCase()} ${point[index].toFixed(2)}${point.clear ? "" : ", not clear"}`)));
    }
  }
  return make("figure", {}, make("figcaption", {}, make("b", { className: "ndvi" }, "NDVI"), " and ",
    make("b", { className: "ndwi" }, "NDWI"), " of the pixel · filled: clear · dashed: pictured above"), plot);
};

export function render({ model, el }) {
  const desk = make("div", { className: "desk" });
  el.append(desk);
  let large = false;  // whether the pictures are twice as wide
  let based = false;  // whether the base map is asked for: off until it is
  let coming = {}, waiting = false;  // what the next label will say besides its class; whether a key is being dealt with
  let early = "";  // what was pressed before its unit was on screen, until something is heard again
  const fresh = () => { coming = { alternate: null, sure: true, second: false }; };

  const queued = [];  // keys of a tile that come while one is being dealt with; of a point they are too early
  const tell = (pressed, why = "the next unit was not on the screen yet") => {
    early = pressed && `“${pressed}” was not counted: ${why}.`;
    const line = desk.querySelector(".early");
    if (line) line.textContent = early; else if (early) desk.prepend(warning());
  };
  const warning = () => make("p", { className: "early", role: "status" }, early);
  const lock = (on) => {
    waiting = on;
    desk.classList.toggle("waiting", on);
    const comment = desk.querySelector("textarea");
    if (comment && !model.shown.tools) comment.disabled = on;  // it goes with the unit: what is typed on would be keys
  };
  const send = (what, more = {}) => {
    if (waiting) {
      if (model.shown.tools) queued.push([what, more]); else tell(what === "label" ? more.name ?? CANNOT_TELL : what);
      return;
    }
    tell("");
    lock(true);
    model.send_msg({ do: what, unit: model.shown.unit ?? 0, ...more });
  };
  const label = (name) => {
    const { alternate, sure } = coming;
    const comment = desk.querySelector("textarea")?.value ?? "";
    send("label", { base: based, name, alternate: name === null || alternate === name ? null : alternate, sure, comment });
  };
  const toggle = (name) => { if (waiting) return tell(`alternate: ${name}`); coming = { ...coming, second: false, alternate: coming.alternate === name ? null : name }; mark(); };
  const choose = (name, shift) => model.shown.tools ? send("choose", { name }) : (shift || coming.second ? toggle : label)(name);
  const unless = (pressed, run) => () => waiting && !model.shown.tools ? tell(pressed) : run();  // it is of the next label
  const second = unless("alternate", () => { coming.second = !coming.second; mark(); });
  const doubt = unless("unsure", () => { coming.sure = !coming.sure; mark(); });
  const finish = () => send("label", { name: null, sure: coming.sure, comment: desk.querySelector("textarea")?.value ?? "" });
  const TILE = {  // besides the classes and the tools
    z: ["Z", "Undo", () => send("undo")],
    y: ["Y", "Redo", () => send("redo")],
    h: ["H", "Hide marks", () => send("hide")],
    d: ["D", "Next date", () => send("look")],
    x: ["X", "False colour", () => send("colours")],
    s: ["S", "Done: store", finish],
  };
  const KEY_OF = { lasso: "l", box: "r", polygon: "p", fill: "f", move: "m" };
  const tools = () => Object.fromEntries(Object.entries(model.shown.tools ?? {}).map(([tool, title]) =>
    [KEY_OF[tool], [KEY_OF[tool].toUpperCase(), title, () => send("tool", { tool })]]));
  const actions = () => {
    if (!model.shown.tools) return ACTIONS;
    const { a, m, e, ...rest } = ACTIONS;
    return { ...tools(), ...TILE, ...rest };
  };
  const ACTIONS = {
    u: ["U", "Unsure", doubt],
    a: ["A", "Alternate", second],
    n: ["N", "Next", () => send("next")],
    b: ["B", "Back", () => send("back")],
    e: ["E", "Enlarge", () => { large = !large; lay(); mark(); }],
    m: ["M", "Base map", () => { based = !based; lay(); mark(); }],
    c: ["C", "Comment", unless("comment", () => desk.querySelector("textarea")?.focus())],
  };

  const lay = () => {
    desk.classList.toggle("large", large);
    desk.querySelector(".basemap")?.remove();
    if (based && model.shown.base) desk.querySelector(".pictures").append(baseMap(model.shown.base, () => { based = false; mark(); }));  // what was not seen is not said to be
  };
  const mark = () => {
    if (!model.shown.tools) {
      desk.querySelector("[data-action=m]")?.setAttribute("aria-pressed", String(based));
      desk.querySelector("[data-action=e]")?.setAttribute("aria-pressed", String(large));
    }
    const { drawing } = model;
    if (model.shown.tools && drawing.tool) {
      const press = (name, on) => desk.querySelector(`[data-action=${name}]`)?.setAttribute("aria-pressed", String(on));
      Object.entries(KEY_OF).forEach(([tool, key]) => press(key, drawing.tool === tool));
      press("h", drawing.hidden), press("x", drawing.false_colour);
      desk.querySelectorAll("[data-class]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.class === drawing.chosen)));
      desk.querySelectorAll("[data-theirs]").forEach((b) => b.setAttribute("aria-pressed", String(+b.dataset.theirs === drawing.theirs)));
      desk.querySelectorAll("[data-over]").forEach((b) => { b.disabled = !drawing.theirs || (b.dataset.over === "class" && !drawing.chosen); });
      const over = desk.querySelector("[data-over=class]");
      if (over) over.textContent = `Take over: ${drawing.chosen || "a class"}`;
      desk.querySelector(".marked").textContent =
        `${drawing.theirs ? `Interpreter ${drawing.theirs}: ` : ""}${drawing.marked} · ${model.shown.dates[drawing.look]}`;
    }
    desk.querySelectorAll("[data-class]").forEach((button) =>
      button.classList.toggle("alternate", button.dataset.class === coming.alternate));
    desk.querySelector("[data-action=u]")?.setAttribute("aria-pressed", String(!coming.sure));
    desk.querySelector("[data-action=a]")?.setAttribute("aria-pressed", String(coming.second));
    const said = [coming.alternate ? `alternate: ${coming.alternate}` : "", coming.sure ? "" : "unsure"].filter(Boolean);
    const line = desk.querySelector(".coming");
    if (line) line.textContent = said.length ? `The next label: ${said.join(", ")}` : "";
  };
  const choice = ({ name, colour }, i) => {
    const swatch = make("span", { className: "swatch" });
    swatch.style.background = colour;
    const button = make("button", { type: "button", title: model.shown.tools ? "Draw this class" : "With Shift: as an alternate class",
      onclick: (event) => choose(name, event.shiftKey) },
      make("kbd", {}, i < 9 ? String(i + 1) : "–"), swatch, make("span", {}, name));
    button.dataset.class = name;
    return button;
  };
  const action = ([key, [short, title, run]]) => {
    const button = make("button", { type: "button", onclick: run }, make("kbd", {}, short), title);
    button.dataset.action = key;
    return button;
  };
  const earlier = ({ own, said }) => own === null ? [] : [make("p", { className: "own", role: "status" },
    model.shown.tools ? "You have marked this tile. S replaces it, N keeps it. " : `You said: ${words(own)}. A class replaces it, N keeps it. `,
    make("button", { type: "button", onclick: () => send("take back") }, make("kbd", {}, "Del"), "Take it back"))];
  const tileRivals = ({ said }) => said.length ? [make("ul", { className: "said", "aria-label": "What the interpreters said" },
    ...said.map((one, i) => {
      const button = make("button", { type: "button", onclick: () => send("theirs", { number: i + 1 }) }, "Show the marks");
      button.dataset.theirs = String(i + 1);
      return make("li", {}, make("b", {}, `Interpreter ${i + 1}${one.sure ? "" : ", unsure"}`), one.comment ? make("q", {}, one.comment) : null, button);
    })), make("div", { className: "keys" }, ...[["class", () => ({ name: model.drawing.chosen })], ["all", () => ({})]].map(([what, more]) => {
      const over = make("button", { type: "button", onclick: () => send("take over", more()) }, "Take over: all");
      over.dataset.over = what;
      return over;
    })), make("p", { className: "hint" }, "You begin with the pixels on which they agree. Show marks, then take over the class that you draw with, or all; Fill takes over the patch that you click on. Faint is what you have.")] : [];
  const rivals = (shown) => shown.tools ? tileRivals(shown) : pointRivals(shown);
  const pointRivals = ({ said }) => said.length ? [make("ul", { className: "said", "aria-label": "What the interpreters said" },
    ...said.map((one, i) => make("li", {},
      make("b", {}, `Interpreter ${i + 1}: `), words(one), one.comment ? make("q", {}, one.comment) : null,
      make("button", { type: "button", onclick: () => label(one.name) }, "Choose this"))))] : [];

  const show = () => {
    const { shown } = model;
    fresh();
    if (shown.unit === undefined) {
      const again = [["b", ACTIONS.b], ["n", ["N", "Look again", ACTIONS.n[2]]]].map(action);
      desk.replaceChildren(...(early ? [warning()] : []), ...(model.progress ? [make("div", { className: "actions" }, ...again)] : []));
      return;
    }
    const comment = make("textarea", { maxLength: LONGEST_COMMENT, rows: 1, placeholder: "Comment on the next label",
      ariaLabel: "Comment", value: shown.own?.comment ?? "" });
    const tile = Boolean(shown.tools);
    const none = make("button", { type: "button", onclick: () => tile ? send("choose", { name: "" }) : label(null) },
      make("kbd", {}, "0"), tile ? "Nothing: cut away" : `It ${CANNOT_TELL}`);
    if (tile) none.dataset.class = "";
    const keys = make("div", { className: "keys", role: "group", "aria-label": "Classes" }, ...shown.classes.map(choice), none);
    const side = make("section", { className: "side" }, ...rivals(shown), ...earlier(shown), keys,
      make("div", { className: "actions" }, ...Object.entries(actions()).map(action)),
      make("p", { className: "coming", role: "status" }), comment,
      make("p", { className: "hint" }, tile
        ? "Of two shapes that overlap the later one counts. Fill takes the patch that you click on. Corners: a click for each, a double click or Enter ends. Every stroke is kept at once; S stores the label."
        : "Shift and a number, or A and a number: an alternate class for the next label. Esc leaves the comment."));
    const heading = [make("h2", {}, `Unit ${shown.unit}`), make("small", {}, [shown.where, shown.source].filter(Boolean).join(" · "))];
    const pictures = shown.looks?.length
      ? [make("p", { className: "hint" }, `On each date ${shown.across.join(" and ")} across, in ${shown.colours.join(" and ")}; the unit is framed: close up with the pixels around it, else with what is shown close up.`),
        make("ul", { className: "looks", tabIndex: 0, ariaLabel: "Imagery by date" }, ...shown.looks.map((one) => look(shown, one)))]
      : [];
    desk.classList.toggle("tile", tile);
    desk.replaceChildren(make("header", {}, ...heading, tile ? make("p", { className: "marked" }) : null, make("p", { className: "progress", role: "status" }, model.progress), warning()),
      make("section", { className: "pictures" }, ...(shown.lacking ? [make("p", { className: "lacking" }, shown.lacking)] : []), ...pictures), side, ...(shown.curve?.length ? [curve(shown.curve, shown.looks ?? [])] : []));
    lay();
    mark();
  };

  const typing = (event) => event.composedPath().some((node) => node.matches?.(
    "input, textarea, select, [contenteditable], [role=combobox], [role=listbox], [role=menu], [role=slider]"));
  const press = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !desk.checkVisibility()) return;
    if (event.key === "Escape" && event.composedPath()[0].tagName === "TEXTAREA") return event.composedPath()[0].blur();
    if (typing(event) || event.repeat) return;
    const { unit, classes } = model.shown, digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
    const none = unit === undefined && !(model.progress && ["b", "n"].includes(event.key.toLowerCase()));
    const run = none ? (digit || actions()[event.key.toLowerCase()]) && (() => tell(event.key.toUpperCase(), "no unit was on the screen"))
      : digit === "0" ? () => model.shown.tools ? send("choose", { name: "" }) : label(null)
      : digit && classes[digit - 1] ? () => choose(classes[digit - 1].name, event.shiftKey)
      : event.key === "Delete" && model.shown.own ? () => send("take back")
      : actions()[event.key.toLowerCase()]?.[2];
    if (!run) return;
    event.preventDefault();
    run();
  };
  document.addEventListener("keydown", press);
  model.on("remove", () => document.removeEventListener("keydown", press));
  const ready = () => {
    lock(false);
    if (queued.length) send(...queued.shift());
  };
  model.on("shown", () => { if (queued.length) tell(queued[0][0]); queued.length = 0; ready(); show(); });  // a key for the unit before is known by its number
  model.on("drawing", mark);
  model.on("progress", () => { if (model.shown.unit === undefined) return show(); const line = desk.querySelector(".progress"); if (line) line.textContent = model.progress; });
  model.on("answered", ready);
  show();
}
