// The year as a strip: a bar per scene, as tall as its clear share. Click or drag, use the arrow keys, or play.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

const ICONS = {
  previous: "M6 6h2v12H6zm3.5 6 8.5 6V6z",
  next: "M6 18l8.5-6L6 6v12zM16 6v12h2V6h-2z",
  play: "M8 5v14l11-7z",
  pause: "M6 19h4V5H6v14zm8-14v14h4V5h-4z",
};
const FRAME_MS = 800;
const TALLEST_PX = 38;

function button(label, icon, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.onclick = act;
  made.show = (text, shape) => {
    made.title = text;
    made.setAttribute("aria-label", text);
    made.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICONS[shape]}"/></svg>`;
  };
  made.show(label, icon);
  return made;
}

export function render({ model, view, el }) {
  const strip = document.createElement("div");
  strip.className = "strip";
  strip.tabIndex = 0;
  strip.setAttribute("role", "slider");
  strip.setAttribute("aria-label", "Scene of the year");
  const flag = document.createElement("span");
  flag.className = "flag";
  let playing = null;
  const play = button("Play the year", "play", () => (playing ? pause() : start()));
  const pause = () => {
    clearInterval(playing);
    playing = null;
    play.show("Play the year", "play");
  };
  const step = () => {  // a slow server is waited for: frames must not pile up
    if (model.drawn === model.chosen) choose((model.chosen + 1) % model.scenes.length);
  };
  const start = () => {
    playing = setInterval(step, FRAME_MS);
    play.show("Pause", "pause");
  };
  const row = document.createElement("div");
  row.className = "timeline";
  row.append(
    button("Previous scene", "previous", () => choose(model.chosen - 1)),
    play,
    button("Next scene", "next", () => choose(model.chosen + 1)),
    strip,
  );
  el.append(row);

  const place = (bar, i) => {
    bar.style.left = `${100 * model.scenes[i].at}%`;
    bar.style.height = `${Math.max(TALLEST_PX * model.scenes[i].clear, 2)}px`;
  };
  const draw = () => {
    const months = MONTHS.map((name, i) => {
      const month = document.createElement("span");
      month.className = "month";
      month.style.left = `${100 * i / 12}%`;
      month.textContent = name;
      return month;
    });
    const bars = model.scenes.map((scene, i) => {
      const bar = document.createElement("span");
      bar.className = "bar";
      bar.title = scene.label;
      place(bar, i);
      return bar;
    });
    strip.replaceChildren(...months, ...bars, flag);
    mark();
  };
  const mark = () => {
    const scene = model.scenes[model.chosen];
    flag.textContent = scene?.label ?? "";
    flag.style.left = `${100 * (scene?.at ?? 0)}%`;
    flag.style.transform = `translateX(${-100 * (scene?.at ?? 0)}%)`;
    strip.querySelectorAll(".bar").forEach((bar, i) => bar.classList.toggle("chosen", i === model.chosen));
    strip.setAttribute("aria-valuemin", 1);
    strip.setAttribute("aria-valuemax", Math.max(model.scenes.length, 1));
    strip.setAttribute("aria-valuenow", model.chosen + 1);
    strip.setAttribute("aria-valuetext", scene?.label ?? "");
  };
  const choose = (i) => {
    const next = Math.min(Math.max(i, 0), model.scenes.length - 1);
    if (model.scenes.length && next !== model.chosen) model.chosen = next;
  };
  const nearest = (event) => {
    const box = strip.getBoundingClientRect();
    const at = (event.clientX - box.left) / box.width;
    const apart = model.scenes.map((scene) => Math.abs(scene.at - at));
    choose(apart.indexOf(Math.min(...apart)));
  };
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 };
  strip.addEventListener("keydown", (event) => {
    if (event.key in steps) choose(model.chosen + steps[event.key]);
    else if (event.key === "Home") choose(0);
    else if (event.key === "End") choose(model.scenes.length - 1);
    else return;
    event.preventDefault();
  });
  strip.addEventListener("pointerdown", (event) => { strip.setPointerCapture(event.pointerId); nearest(event); });
  strip.addEventListener("pointermove", (event) => { if (event.buttons) nearest(event); });
  model.on("scenes", () => { pause(); draw(); });  // of another map, or of none
  model.on("chosen", mark);
  model.on("remove", pause);
  view.model.document.on_event("connection_lost", pause);  // without a server nothing is redrawn
  draw();
}
