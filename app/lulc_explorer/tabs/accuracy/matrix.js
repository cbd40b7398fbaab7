// A matrix of buttons: arrow keys move through it; hovering over or focusing a cell shows its details.
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const MARGIN_PX = 8;

export function render({ model, el }) {
  const matrix = document.createElement("div");
  matrix.className = "matrix";
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // the cell's own label says the same
  el.append(matrix, tip);

  const grid = () => [...matrix.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("button")]).filter((row) => row.length);
  const explain = (cell) => {
    tip.hidden = !cell;
    if (!cell) return;
    tip.replaceChildren(...cell.dataset.tip.split("\n").map((line) => {
      const made = document.createElement("p");
      made.textContent = line;
      return made;
    }));
    const at = cell.getBoundingClientRect(), own = tip.getBoundingClientRect();
    const left = Math.min(Math.max(at.left + at.width / 2 - own.width / 2, MARGIN_PX), innerWidth - own.width - MARGIN_PX);
    const below = at.bottom + MARGIN_PX + own.height < innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? at.bottom + MARGIN_PX : at.top - own.height - MARGIN_PX}px`;
  };
  const walk = (event) => {
    const step = STEPS[event.key], cells = grid();
    const i = cells.findIndex((row) => row.includes(event.target));
    if (!step || i < 0) return;
    event.preventDefault();
    const next = cells[i + step[0]]?.[cells[i].indexOf(event.target) + step[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };
  const draw = () => {
    explain(null);
    matrix.innerHTML = model.html;
    const first = matrix.querySelector("button");
    if (first) first.tabIndex = 0;
    requestAnimationFrame(() => requestAnimationFrame(point));
  };
  const point = () => {  // on a phone's stage, what a scene is about may be beyond the edge
    if (document.documentElement.dataset.stage) matrix.querySelector(".flag")?.scrollIntoView({ block: "nearest", inline: "center" });
  };
  const cellOf = (event) => event.target.closest?.("button");
  matrix.addEventListener("mouseover", (event) => explain(cellOf(event)));
  matrix.addEventListener("mouseleave", () => explain(null));
  matrix.addEventListener("focusin", (event) => explain(cellOf(event)));
  matrix.addEventListener("focusout", () => explain(null));
  matrix.addEventListener("keydown", walk);
  matrix.addEventListener("click", (event) => {
    const cell = cellOf(event)?.dataset.cell;
    if (cell) model.send_msg(cell.split(",").map(Number));
  });
  addEventListener("scroll", () => explain(null), true);
  model.on("html", draw);
  draw();
}
