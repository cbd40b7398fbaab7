// The divider between two maps in swipe layout: drag it, or move it with the arrow keys.
const STEPS = { ArrowLeft: -2, ArrowDown: -2, ArrowRight: 2, ArrowUp: 2, PageDown: -10, PageUp: 10 };

export function render({ model, el }) {
  const panels = el.getRootNode().host.getRootNode().host;
  const line = document.createElement("div");
  line.className = "line";
  line.tabIndex = 0;
  line.setAttribute("role", "slider");
  line.setAttribute("aria-label", "Divider between the left and the right map");
  line.setAttribute("aria-valuemin", 0);
  line.setAttribute("aria-valuemax", 100);
  line.innerHTML = '<span class="knob"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M9 6l-6 6 6 6zM15 6v12l6-6z"/></svg></span>';
  el.append(line);

  let at = model.at;
  const show = (share) => {
    at = Math.min(Math.max(share, 0), 1);
    const percent = Math.round(100 * at);
    panels.style.setProperty("--divide", `${100 * at}%`);
    line.setAttribute("aria-valuenow", percent);
    line.setAttribute("aria-valuetext", `${percent}\u00a0% left map, ${100 - percent}\u00a0% right map`);
  };
  const keep = () => { model.at = Math.round(1000 * at) / 1000; };
  const follow = (event) => {
    const box = el.getBoundingClientRect();
    show((event.clientX - box.left) / box.width);
  };
  line.addEventListener("pointerdown", (event) => { line.setPointerCapture(event.pointerId); event.stopPropagation(); });
  line.addEventListener("pointermove", (event) => { if (line.hasPointerCapture(event.pointerId)) follow(event); });
  line.addEventListener("lostpointercapture", keep);
  line.addEventListener("keydown", (event) => {
    if (event.key in STEPS) show(at + STEPS[event.key] / 100);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(1);
    else return;
    event.preventDefault();
    keep();
  });
  model.on("at", () => show(model.at));
  show(at);
}
