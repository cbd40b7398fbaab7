// Stacked areas: a bar a year, with bands between years that follow each other; a click on a year opens it, if it can be opened.
const BAR = 0.34;  // of the width of a year
const [ROOM, LETTER] = [22, 6.6];  // px: the height of a name, and the width of a letter at most

const hectares = (area) => area.toLocaleString("en", { maximumFractionDigits: area >= 100 ? 0 : area >= 1 ? 1 : 2 });
const PERCENT = "\u00a0%";  // a number and its unit never part at the end of a line
const percent = (share) => (share > 0 && share < 0.001 ? "< 0.1" : (100 * share).toFixed(share < 0.1 ? 1 : 0)) + PERCENT;
const signed = (area) => `${area < 0 ? "−" : "+"}${hectares(Math.abs(area))} ha`;

const tops = ({ classes }, y) => {  // of each class in a year, from the top, as shares of the height
  const whole = classes.reduce((sum, { areas }) => sum + areas[y], 0);
  let top = 0;
  return classes.map(({ areas }) => {
    const share = areas[y] / whole;
    top += share;
    return { top: top - share, share };
  });
};

const band = (from, to, left, right, colour) => {
  const half = (left + right) / 2;
  const [a, b, c, d] = [from.top, to.top, to.top + to.share, from.top + from.share].map((v) => 1000 * v);
  return `<path class="band" fill="${colour}" d="M${left} ${a}C${half} ${a} ${half} ${b} ${right} ${b}V${c}C${half} ${c} ${half} ${d} ${left} ${d}z"/>`;
};

const picture = (shown) => {
  const { years, classes } = shown;
  const step = 1000 / years.length;
  const stacks = years.map(({ made }, y) => made ? tops(shown, y) : null);
  const bands = stacks.flatMap((stack, y) => y && stack && stacks[y - 1] ? classes.map(({ colour }, c) =>
    band(stacks[y - 1][c], stack[c], step * (y - 0.5 + BAR / 2), step * (y + 0.5 - BAR / 2), colour)) : []);
  const bars = stacks.flatMap((stack, y) => (stack ?? []).map(({ top, share }, c) => share ? `<rect class="share"
    data-year="${y}" data-class="${c}" x="${step * (y + 0.5 - BAR / 2)}" width="${step * BAR}" y="${1000 * top}"
    height="${1000 * share}" fill="${classes[c].colour}"/>` : ""));
  return `<svg viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true">${bands.join("")}${bars.join("")}</svg>`;
};

const names = (shown, width, height) => shown.years.flatMap(({ made }, y) => made ? tops(shown, y).map(({ top, share }, c) =>
  share * height < ROOM || shown.classes[c].name.length * LETTER > width ? "" : `<span class="name" style="left:${(100 * (y + 0.5)) / shown.years.length}%;
    top:${100 * (top + share / 2)}%;width:${(100 * BAR) / shown.years.length}%;color:${shown.classes[c].ink}">
    ${shown.classes[c].name}</span>`) : []).join("");

const column = ({ years, open }, y) => {
  const { year, made, opens } = years[y];
  const looks = made ? "made" : "unmade";
  if (!opens) return `<div class="${looks}"><span class="gap">${made ? "" : "no map"}</span><span class="year">${year}</span></div>`;
  const says = made ? `Open the map of ${year}` : `The map of ${year} has not been made. Open it`;
  return `<button type="button" data-year="${y}" title="${says}" aria-label="${says}"
    ${year === open ? 'aria-current="true"' : ""} class="${looks}">
    <span class="gap">${made ? "" : "no map yet"}</span><span class="year">${year}</span></button>`;
};

const tip = ({ years, classes }, y, c) => {
  const { name, areas, intervals } = classes[c];
  const whole = classes.reduce((sum, one) => sum + one.areas[y], 0);
  const before = y && years[y - 1].made ? ` · ${signed(areas[y] - areas[y - 1])} since ${years[y - 1].year}` : "";
  const sure = intervals[y].length ? `, truly ${intervals[y].map(hectares).join(" to ")} ha` : "";
  return `${years[y].year}: ${name} ${hectares(areas[y])} ha (${percent(areas[y] / whole)})${sure}${before}`;
};

export function render({ model, el }) {
  const sheet = document.createElement("div");
  sheet.className = "stack";
  el.append(sheet);

  const draw = () => {
    const { shown } = model;
    if (!shown.years) { sheet.innerHTML = ""; return; }
    const scale = [1, 0.75, 0.5, 0.25, 0].map((share) =>
      `<span class="tick" style="top:${100 * (1 - share)}%">${100 * share}${PERCENT}</span>`).join("");
    const key = shown.classes.map(({ name, colour }) => `<span><i style="background:${colour}"></i>${name}</span>`).join("");
    sheet.innerHTML = `<div class="key">${key}</div><div class="plot">${scale}<div class="field">${picture(shown)}<div class="names"></div>
      <div class="years">${shown.years.map((_, y) => column(shown, y)).join("")}</div></div>
      <div class="tip" hidden></div></div>`;
    name();
  };
  const name = () => {
    const over = sheet.querySelector(".names");
    if (over) over.innerHTML = names(model.shown, (BAR * over.clientWidth) / model.shown.years.length, over.clientHeight);
  };
  const at = (event) => {  // the year, and the class whose share of the bar is under the pointer
    const field = sheet.querySelector(".years")?.getBoundingClientRect();
    if (!field || !event.target.closest?.(".years")) return {};
    const y = Math.min(Math.max(Math.floor(((event.clientX - field.left) / field.width) * model.shown.years.length), 0),
      model.shown.years.length - 1);
    if (!model.shown.years[y].made) return {};
    const up = (event.clientY - field.top) / sheet.querySelector(".names").clientHeight;
    const c = tops(model.shown, y).findIndex(({ top, share }) => up >= top && up < top + share);
    return { field, y, c };
  };
  const point = (event) => {
    const label = sheet.querySelector(".tip");
    const { field, y, c } = at(event);
    if (!label) return;
    label.hidden = !field || c < 0;
    sheet.querySelectorAll(".share").forEach((bar) => bar.classList.toggle("pointed",
      !label.hidden && Number(bar.dataset.year) === y && Number(bar.dataset.class) === c));
    if (label.hidden) return;
    label.textContent = tip(model.shown, y, c);
    const share = (event.clientX - field.left) / field.width;
    const down = event.clientY - field.top;
    label.style.cssText = `left:calc(var(--axis) + ${100 * share}% - ${share} * var(--axis));top:${down}px;
      transform:translate(-${100 * share}%, ${down < 40 ? "14px" : "calc(-100% - 10px)"})`;
  };
  sheet.addEventListener("pointermove", point);
  sheet.addEventListener("pointerleave", () => { const label = sheet.querySelector(".tip"); if (label) label.hidden = true; });
  sheet.addEventListener("click", ({ target }) => {
    const chosen = target.closest("button")?.dataset.year;
    if (chosen !== undefined) model.send_msg(model.shown.years[Number(chosen)].year);
  });
  model.on("shown", draw);
  new ResizeObserver(name).observe(sheet);
  draw();
}
