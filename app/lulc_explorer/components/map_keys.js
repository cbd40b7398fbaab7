// A map by keyboard: the arrows move it, + and - zoom, Home shows all, Enter asks about the pixel in the middle, which a
// cross marks.
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ZOOMS = { "+": 1 / 1.5, "=": 1 / 1.5, "-": 1.5 };
const STEP = 0.1;  // of what is seen
const CROSS = `position:absolute; pointer-events:none; background:
  linear-gradient(#000, #000) center / 17px 3px no-repeat, linear-gradient(#000, #000) center / 3px 17px no-repeat,
  linear-gradient(#fff, #fff) center / 21px 7px no-repeat, linear-gradient(#fff, #fff) center / 7px 21px no-repeat`;

export default ({ words }, figure, _, { index }) => {
  const view = index.find_one(figure);
  const surface = view?.canvas_view.events_el;
  if (!surface || surface.hasAttribute("aria-label")) return;
  surface.setAttribute("role", "application");
  surface.setAttribute("aria-label", words);
  const cross = document.createElement("span");
  cross.style.cssText = CROSS;
  const place = () => {  // where the map is: degrees may be written beside it
    const { left, top, width, height } = view.frame.bbox;
    for (const [side, px] of Object.entries({ left, top, width, height })) cross.style[side] = `${px}px`;
  };
  surface.style.outlineOffset = "-3px";
  surface.addEventListener("focus", () => {
    const byKey = surface.matches(":focus-visible");
    surface.style.outline = byKey ? "3px solid var(--panel-primary-color)" : "none";
    place();
    if (byKey) surface.append(cross);
  });
  surface.addEventListener("blur", () => cross.remove());

  surface.addEventListener("keydown", (event) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in MOVES || key in ZOOMS || ["Enter", "Home"].includes(key))) return;
    event.preventDefault();
    if (key === "Home") return view.reset();
    const { x_range: x, y_range: y, inner_width, inner_height } = figure;
    const [right, up] = MOVES[key] ?? [0, 0], zoom = ZOOMS[key] ?? 1;
    const [width, height] = [x.end - x.start, y.end - y.start];
    const [east, north] = [(x.start + x.end) / 2 + STEP * right * width, (y.start + y.end) / 2 + STEP * up * height];
    if (key === "Enter") {
      const { Tap } = Bokeh.require("core/bokeh_events");
      figure.trigger_event(new Tap(inner_width / 2, inner_height / 2, east, north, { shift: false, ctrl: false, alt: false }));
      return;
    }
    const around = (middle, span) => ({ start: middle - zoom * span / 2, end: middle + zoom * span / 2 });
    const wanted = { xrs: new Map([[x, around(east, width)]]), yrs: new Map([[y, around(north, height)]]) };
    view.update_range(wanted, { scrolling: true, maintain_focus: true });  // within limits, on one scale
    view.trigger_ranges_update_event();
  });
};
