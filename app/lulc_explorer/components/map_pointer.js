// Where the pointer is: longitude and latitude, and row and column of the pixel, in a corner that nothing else uses.
const EARTH_M = 6378137, DEGREE = 180 / Math.PI;
const LOOKS = `position:absolute; z-index:3; top:8px; left:50%; transform:translateX(-50%); padding:3px 9px; border-radius:6px;
  pointer-events:none; white-space:nowrap; color:var(--panel-on-background-color);
  background:color-mix(in srgb, var(--panel-surface-color) 88%, transparent); font:12px/1.35 var(--bokeh-base-font);
  font-variant-numeric:tabular-nums;`;

const said = (value, ends) => `${Math.abs(value).toFixed(5)}° ${ends[value < 0 ? 1 : 0]}`;
const pixel = ([rows, columns, x0, width, y0, height, ...fit], x, y) => {
  const u = (x - x0) / width, v = (y - y0) / height;
  let row = 0, column = 0, term = 0;
  for (let i = 0; i < 5; i += 1) {
    for (let j = 0; j < 5 - i; j += 1, term += 1) {
      const power = u ** i * v ** j;
      row += fit[term] * power;
      column += fit[term + 15] * power;
    }
  }
  const inside = row >= 0 && row < rows && column >= 0 && column < columns;
  return inside ? ` · row ${Math.floor(row)}, column ${Math.floor(column)}` : "";
};

export default ({ place }, figure, _, { index }) => {
  const view = index.find_one(figure), surface = view?.canvas_view.events_el;
  if (!surface || surface.dataset.pointer) return;
  surface.dataset.pointer = "told";
  const words = document.createElement("div");
  words.className = "pointer";
  words.style.cssText = LOOKS;
  words.hidden = true;
  words.setAttribute("aria-hidden", "true");  // it follows a mouse
  const add = () => {  // the surface is put in its place after it has its size
    if (surface.parentNode) surface.parentNode.append(words);
    else requestAnimationFrame(add);
  };
  add();
  const { offset_bbox } = Bokeh.require("core/dom");
  surface.addEventListener("pointermove", ({ pointerType, pageX, pageY }) => {
    if (pointerType !== "mouse") return;
    const { left, top } = offset_bbox(surface), { x_scale, y_scale } = view.frame;  // as Bokeh places a click
    const x = x_scale.invert(pageX - left), y = y_scale.invert(pageY - top);
    const lon = ((x / EARTH_M * DEGREE + 540) % 360 + 360) % 360 - 180, lat = Math.atan(Math.sinh(y / EARTH_M)) * DEGREE;
    words.textContent = `${said(lat, "NS")}, ${said(lon, "EW")}${place.data.fit.length ? pixel(place.data.fit, x, y) : ""}`;
    words.hidden = false;
  });
  surface.addEventListener("pointerleave", () => { words.hidden = true; });
};
