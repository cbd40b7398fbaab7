// A curve of two accuracies along a weight. Pressing or dragging chooses its nearest point; arrow keys go along it.
const SVG = "http://www.w3.org/2000/svg";
const ROOM = { left: 38, right: 14, top: 28, bottom: 40 };
const RATIO = 0.82, LEAST_PX = 250, MOST_PX = 380;
const APART_PX = 46;
const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5 };

const make = (name, attributes = {}, text = "") => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
};

const nice = (low, high) => {
  const step = [1, 2, 5, 10, 20, 25].find((each) => (high - low) / each <= 5) ?? 50;
  const ticks = [];
  for (let at = Math.ceil(low / step) * step; at <= high; at += step) ticks.push(at);
  return ticks;
};

const span = (values) => {
  const low = Math.min(...values), high = Math.max(...values), slack = Math.max(1, (high - low) * 0.05);
  return [Math.max(0, low - slack), Math.min(100, high + slack)];
};

export function render({ model, el }) {
  const svg = make("svg", { tabindex: 0, role: "slider" }), words = document.createElement("p");
  words.setAttribute("aria-hidden", "true"); // the slider's own text says the same
  el.append(svg, words);
  let scale = null, hovered = null, dragging = false, sent = null;

  const said = ([weight, ...figures]) => {
    const each = model.titles.map((title, i) => {
      const numbers = figures.slice(3 * i, 3 * i + 3), widths = numbers.slice(1).map((end) => Math.abs(end - numbers[0]));
      const least = Math.min(...widths.filter((width) => width > 0), 1); // no interval is rounded to a point
      const digits = Math.min(Math.max(1, Math.ceil(-Math.log10(least))), 9);
      const [value, low, high] = numbers.map((number) => number.toFixed(digits));
      return `${title} ${value}\u00a0% (${low} to ${high}\u00a0%)`;
    });
    return `${model.target} × ${weight.toFixed(2)}: ${each.join(", ")}`;
  };
  const tell = () => {
    const point = hovered ?? (model.here.length ? model.here : null);
    const place = hovered ? "Press to use this weight. " : "Your map is here. ";
    words.textContent = point ? place + said(point)[0].toUpperCase() + said(point).slice(1) + "."
      : "Your map has no point here: with its weights one of the two accuracies is undefined.";
  };
  const at = ([, x, , , y]) => [scale.x(x), scale.y(y)];
  const nearest = (event) => {
    const box = svg.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
    const far = model.points.map((point) => Math.hypot(at(point)[0] - x, at(point)[1] - y));
    return model.points[far.indexOf(Math.min(...far))];
  };
  const choose = (point) => {
    if (!point || point[0] === sent) return;
    sent = point[0]; // until the map is there
    model.send_msg(sent);
  };

  const cross = ([, x, x1, x2, y, y1, y2]) => [
    make("line", { class: "interval", x1: scale.x(x1), x2: scale.x(x2), y1: scale.y(y), y2: scale.y(y) }),
    make("line", { class: "interval", x1: scale.x(x), x2: scale.x(x), y1: scale.y(y1), y2: scale.y(y2) }),
  ];

  const draw = () => {
    const { points, here, titles } = model, width = el.clientWidth;
    if (!points.length || !width) return;
    const height = Math.min(MOST_PX, Math.max(LEAST_PX, width * RATIO));
    const reach = (first) => span(points.flatMap((point) => point.slice(first, first + 3)));  // wherever the map is on it
    const [left, right] = reach(1), [low, high] = reach(4);
    scale = {
      x: (value) => ROOM.left + (value - left) / (right - left) * (width - ROOM.left - ROOM.right),
      y: (value) => height - ROOM.bottom - (value - low) / (high - low) * (height - ROOM.top - ROOM.bottom),
    };
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    const parts = [];
    for (const tick of nice(left, right)) {
      parts.push(make("line", { class: "grid", x1: scale.x(tick), x2: scale.x(tick), y1: ROOM.top, y2: height - ROOM.bottom }));
      parts.push(make("text", { class: "tick", x: scale.x(tick), y: height - ROOM.bottom + 15, "text-anchor": "middle" }, `${tick}`));
    }
    for (const tick of nice(low, high)) {
      parts.push(make("line", { class: "grid", x1: ROOM.left, x2: width - ROOM.right, y1: scale.y(tick), y2: scale.y(tick) }));
      parts.push(make("text", { class: "tick", x: ROOM.left - 5, y: scale.y(tick) + 4, "text-anchor": "end" }, `${tick}`));
    }
    parts.push(make("text", { class: "title", x: width - ROOM.right, y: height - 6, "text-anchor": "end" }, `${titles[0]}, % →`));
    parts.push(make("text", { class: "title", x: 2, y: 14 }, `↑ ${titles[1]}, %`));
    parts.push(make("polyline", { class: "curve", points: points.map((point) => at(point).join()).join(" ") }));
    const taken = here.length ? [at(here)] : [];
    for (const point of points.filter(([weight]) => [0, 0.25, 0.5, 1, 1.5, 2, 3, 4].includes(weight))) {
      const [x, y] = at(point);
      if (taken.some(([a, b]) => Math.hypot(a - x, b - y) < APART_PX)) continue;
      taken.push([x, y]);
      const end = x > width - ROOM.right - 40;
      parts.push(make("circle", { class: "dot", cx: x, cy: y, r: 3.5 }));
      parts.push(make("text", { class: "weight", x: x + (end ? -8 : 8), y: y - 6, "text-anchor": end ? "end" : "start" }, `× ${point[0]}`));
    }
    if (here.length) {
      const [x, y] = at(here), end = x > width / 2;
      parts.push(...cross(here), make("circle", { class: "halo", cx: x, cy: y, r: 13 }), make("circle", { class: "here", cx: x, cy: y, r: 7 }));
      const beside = y > height - ROOM.bottom - 24 ? y - 14 : y + 18;  // never over the numbers of the axis
      parts.push(make("text", { class: "mine", x: x + (end ? -16 : 16), y: beside, "text-anchor": end ? "end" : "start" }, `your map × ${+here[0].toFixed(2)}`));
    }
    parts.push(make("circle", { class: "hovered", r: 6, visibility: "hidden" }));
    svg.replaceChildren(...parts);
    svg.setAttribute("aria-label", "Trade-off curve");
    svg.setAttribute("aria-valuemin", points[0][0]);
    svg.setAttribute("aria-valuemax", points.at(-1)[0]);
    svg.setAttribute("aria-valuenow", here[0] ?? points[0][0]);
    svg.setAttribute("aria-valuetext", here.length ? said(here) : "");
    hover(hovered);
  };
  const hover = (point) => {
    hovered = point;
    const ring = svg.querySelector(".hovered");
    if (ring && point) [ring.cx.baseVal.value, ring.cy.baseVal.value] = at(point);
    ring?.setAttribute("visibility", point ? "visible" : "hidden");
    tell();
  };

  svg.addEventListener("pointerdown", (event) => {
    dragging = true;
    svg.setPointerCapture(event.pointerId);
    choose(nearest(event));
  });
  svg.addEventListener("pointermove", (event) => {
    hover(nearest(event));
    if (dragging) choose(hovered);
  });
  for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { dragging = false; });
  svg.addEventListener("pointerleave", () => hover(null));
  svg.addEventListener("keydown", (event) => {
    const ends = { Home: 0, End: model.points.length - 1 };
    if (!(event.key in STEPS || event.key in ends)) return;
    event.preventDefault();
    const now = model.points.findLastIndex(([weight]) => weight <= (sent ?? model.here[0] ?? 0) + 1e-9);
    const next = ends[event.key] ?? Math.min(Math.max(now + STEPS[event.key], 0), model.points.length - 1);
    choose(model.points[next]);
  });
  const follow = new ResizeObserver(draw);
  follow.observe(el);
  for (const name of ["points", "titles"]) model.on(name, draw);
  model.on("here", () => {
    sent = null;
    draw();
  });
  draw();
  return () => follow.disconnect();
}
