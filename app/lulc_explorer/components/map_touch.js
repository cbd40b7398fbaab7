// A map under fingers: one scrolls the page and asks by a tap, two move and zoom the map. A button shows the whole place.
const HOME = "M4 12l8-8 8 8M6 10v10h12V10";
const ASIDE_PX = 30;
const TAP_PX = 10;  // a finger that has gone further has not tapped
const SAID_MS = 1600;
const COARSE = matchMedia("(pointer: coarse)").matches;
const LOOKS = `position:absolute; z-index:3; border-radius:6px; color:var(--panel-on-background-color);
  background:color-mix(in srgb, var(--panel-surface-color) 88%, transparent); font:13px/1.3 var(--bokeh-base-font);`;

const homeButton = (view) => {
  const home = document.createElement("button"), size = COARSE ? 44 : 32;
  home.type = "button";
  home.className = "whole-place";
  home.tabIndex = -1;  // by keyboard the key Home does it
  home.title = "Show the whole place";
  home.setAttribute("aria-label", home.title);
  home.style.cssText = `${LOOKS} top:8px; left:8px; width:${size}px; height:${size}px; padding:0; cursor:pointer;
    border:1px solid color-mix(in srgb, var(--panel-on-background-color) 30%, transparent); display:grid; place-items:center;`;
  home.innerHTML = `<svg viewBox="0 0 24 24" width="20" height="20" fill="none" stroke="currentcolor" stroke-width="2"
    aria-hidden="true"><path d="${HOME}"/></svg>`;
  home.addEventListener("click", () => view.reset());
  return home;
};

const hint = () => {
  const words = document.createElement("div");
  words.textContent = "Two fingers move the map";
  words.style.cssText = `${LOOKS} inset:auto 0 50%; margin:auto; width:max-content; padding:6px 12px; pointer-events:none;`;
  words.hidden = true;
  let timer;
  words.say = () => {
    words.hidden = false;
    clearTimeout(timer);
    timer = setTimeout(() => { words.hidden = true; }, SAID_MS);
  };
  return words;
};

const between = ([one, other], box) => ({
  x: (one.clientX + other.clientX) / 2 - box.left,
  y: (one.clientY + other.clientY) / 2 - box.top,
  apart: Math.max(Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY), 20),
});

export default (_args, figure, _, { index }) => {
  const view = index.find_one(figure), surface = view?.canvas_view.events_el;
  if (!surface || surface.dataset.touch) return;
  surface.dataset.touch = "two fingers";
  const words = hint();
  const add = () => {  // the surface is put in its place after it has its size
    if (surface.parentNode) surface.parentNode.append(homeButton(view), words);
    else requestAnimationFrame(add);
  };
  add();
  const draws = () => figure.toolbar.active_drag?.type === "BoxSelectTool";
  const let_scroll = () => { surface.style.touchAction = draws() ? "none" : "pan-x pan-y"; };
  figure.toolbar.properties.active_drag.change.connect(let_scroll);
  let_scroll();

  let began = null, first = null;  // fingers on the map: two, or one
  const begin = (touches) => {
    const { x_range: x, y_range: y } = figure, whole = surface.getBoundingClientRect(), frame = view.frame.bbox;
    const box = { left: whole.left + frame.left, top: whole.top + frame.top };
    began = { box, at: between(touches, box), x: [x.start, x.end], y: [y.start, y.end] };
  };
  const move = (touches) => {
    const { inner_width: width, inner_height: height, x_range, y_range } = figure;
    const now = between(touches, began.box), zoom = began.at.apart / now.apart;
    const shift = ([start, end], was, is, size) => {
      const held = start + (end - start) * was / size, span = (end - start) * zoom, from = held - span * is / size;
      return { start: from, end: from + span };
    };
    const wanted = {
      xrs: new Map([[x_range, shift(began.x, began.at.x, now.x, width)]]),
      yrs: new Map([[y_range, shift(began.y, height - began.at.y, height - now.y, height)]]),
    };
    view.update_range(wanted, { scrolling: true, maintain_focus: true });
  };
  const forget = ({ pointerId }) => {  // Bokeh's own gesture of the first finger
    surface.dispatchEvent(new PointerEvent("pointercancel", { pointerId, pointerType: "touch", isPrimary: true }));
  };
  surface.addEventListener("touchstart", (event) => {
    if (draws() || event.touches.length !== 2) return;
    event.preventDefault();
    begin(event.touches);
  }, { passive: false });
  surface.addEventListener("touchmove", (event) => {
    if (!began || event.touches.length !== 2) return;
    event.preventDefault();
    move(event.touches);
  }, { passive: false });
  const end = () => {
    if (!began) return;
    began = null;
    view.trigger_ranges_update_event();
  };
  surface.addEventListener("touchend", end);
  surface.addEventListener("touchcancel", end);

  const heed = (event) => {
    if (event.pointerType !== "touch" || draws() || !event.isTrusted) return;
    if (event.type === "pointerdown") {
      if (event.isPrimary) first = event;
      else {
        if (first) forget(first);
        first = null;
        event.stopImmediatePropagation();
      }
      return;
    }
    if (!first) return void event.stopImmediatePropagation();
    if (event.type === "pointerup") {
      if (first.moved) forget(first);
      return;
    }
    event.stopImmediatePropagation();
    const [right, down] = [event.clientX - first.clientX, event.clientY - first.clientY].map(Math.abs);
    if (right > ASIDE_PX && right > down) words.say();
    if (Math.max(right, down) > TAP_PX) first.moved = true;
  };
  for (const kind of ["pointerdown", "pointermove", "pointerup"]) surface.addEventListener(kind, heed, { capture: true });
};
