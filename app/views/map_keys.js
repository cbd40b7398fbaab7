// A map by keyboard: the arrows move it, + and - zoom, Enter asks about the pixel in the middle, which a cross marks.
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const ZOOMS = { "+": 1 / 1.5, "=": 1 / 1.5, "-": 1.5 };
const STEP = 0.1;  // of what is seen
const CROSS = `position:absolute; inset:0; pointer-events:none; background:
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
  surface.addEventListener("blur", () => cross.remove());

  surface.addEventListener("keydown", (event) => {
    const { key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || !(key in MOVES || key in ZOOMS || key === "Enter")) return;
    event.preventDefault();
    surface.append(cross);
    const { x_range: x, y_range: y, inner_width, inner_height } = figure;
    const [right, up] = MOVES[key] ?? [0, 0], zoom = ZOOMS[key] ?? 1;
    const [width, height] = [x.end - x.start, y.end - y.start];
    const [east, north] = [(x.start + x.end) / 2 + STEP * right * width, (y.start + y.end) / 2 + STEP * up * height];
    if (key === "Enter") {
      const { Tap } = Bokeh.require("core/bokeh_events");
      figure.trigger_event(new Tap(inner_width / 2, inner_height / 2, east, north, { shift: false, ctrl: false, alt: false }));
      return;
    }
    x.setv({ start: east - zoom * width / 2, end: east + zoom * width / 2 });
    y.setv({ start: north - zoom * height / 2, end: north + zoom * height / 2 });
    view.trigger_ranges_update_event();
  });
};
