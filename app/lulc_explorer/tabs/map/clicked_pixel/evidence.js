// Evidence for a pixel: a stacked bar per scene, by date, and images of the clearest dates.
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const [NARROWEST, WIDEST] = [0.004, 0.022];  // of the year
const LEAST_NAMED = 0.05;  // a class that no clear scene gives as much is not in the key

const percent = (share) => `${(100 * share).toFixed(2)}%`;
const spoken = (share) => `${Math.round(100 * share)}\u00a0%`;  // they never part at the end of a line
const short = (date) => date.replace(/^(\d+ \p{L}{3})\p{L}* \d+$/u, "$1");  // 15 February 2023 as 15 Feb: it fits under any picture

const scale = () => {
  const lines = [0, 0.5, 1].map((share) => `<line class="grid" x2="100%" y1="${percent(1 - share)}" y2="${percent(1 - share)}"/>
    <text x="-14" y="${percent(1 - share)}" dy="0.32em" text-anchor="end">${spoken(share)}</text>`);
  const months = MONTHS.map((name, i) => `<line class="tick" x1="${percent(i / 12)}" x2="${percent(i / 12)}" y1="100%" y2="100%"/>
    <text x="${percent((i + 0.5) / 12)}" y="100%" dy="15" text-anchor="middle">${name[0]}<tspan class="rest">${name.slice(1)}</tspan></text>`);
  return [...lines, ...months].join("");
};

const bar = ({ scenes, classes }, i) => {
  const { at, shares, counts } = scenes[i];
  const gaps = scenes.filter((_, other) => other !== i).map((other) => Math.abs(other.at - at));
  const width = Math.min(Math.max(0.9 * Math.min(...gaps), NARROWEST), WIDEST);
  const across = `x="${percent(at - width / 2)}" width="${percent(width)}"`;
  const whole = shares.reduce((sum, share) => sum + share, 0);
  let top = 1;
  const pieces = shares.map((share, kind) => {
    top -= share / whole;
    return share ? `<rect class="share" data-scene="${i}" data-kind="${kind}" data-share="${share}" ${across} y="${percent(top)}"
      height="${percent(share / whole)}" fill="${classes[kind].colour}"/>` : "";
  });
  const nothing = whole ? "" : `<rect class="nothing" data-scene="${i}" ${across} y="0" height="100%"/>`;
  const veil = counts || !whole ? "" : `<rect class="veil" ${across} y="0" height="100%" fill="url(#hatch)"/>`;
  return `<g class="scene${counts ? "" : " masked"}">${pieces.join("")}${nothing}${veil}
    <rect class="frame" ${across} y="0" height="100%"/></g>`;
};

const key = ({ scenes, classes }) => classes
  .filter((_, kind) => scenes.some(({ counts, shares }) => counts && shares[kind] / 255 >= LEAST_NAMED))
  .map(({ name, colour }) => `<li><span class="swatch" style="background:${colour}"></span>${name}</li>`)
  .join("");

const chart = (shown) => {
  const hidden = shown.scenes.filter(({ counts }) => !counts).length;
  const all = shown.scenes.length;
  const remark = hidden ? `<p>Hatched: cloudy here, excluded (${hidden} of ${all} scenes).</p>` : "";
  return `<h3>Class probabilities by date</h3>
    <div class="plot" role="img" aria-label="Class probabilities in ${all} scenes, by date. The table Votes by date lists the votes.">
      <svg><defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line y2="5" class="stripe"/></pattern></defs>${scale()}${shown.scenes.map((_, i) => bar(shown, i)).join("")}</svg>
      <div class="tip" hidden></div>
    </div>
    <ul class="key">${key(shown)}</ul>${remark}`;
};

const look = ({ frame: [left, top, width, height], across }, { scene, date, cloud, png }) => `
  <li><button type="button" data-scene="${scene}" title="${date}: show this scene on the map">
    <span class="picture"><img src="${png}" alt="Imagery around the pixel, ${across} across:">
      <span class="pixel" style="left:${percent(left)};top:${percent(top)};width:${percent(width)};height:${percent(height)}"></span></span>
    <span class="date">${short(date)}</span> <span class="cloud">${cloud}</span>
  </button></li>`;

const looks = (shown) => shown.looks.length ? `<h3>The clearest dates, ${shown.across} across</h3>
  <ul class="looks">${shown.looks.map((one) => look(shown, one)).join("")}</ul>` : "";

export function render({ model, el }) {
  const sheet = document.createElement("div");
  sheet.className = "evidence";
  el.append(sheet);

  const point = ({ target }) => {
    const tip = sheet.querySelector(".tip");
    const { scene, kind } = target.dataset ?? {};
    if (!tip || !target.closest?.(".plot")) return;
    tip.hidden = scene === undefined;
    if (tip.hidden) return;
    const { date, at, shares, counts } = model.shown.scenes[scene];
    const seen = kind === undefined ? "no data" : `${model.shown.classes[kind].name} ${spoken(shares[kind] / 255)}`;
    tip.textContent = `${date}: ${seen}${counts || kind === undefined ? "" : " · cloudy here, excluded"}`;
    tip.style.cssText = `left:${percent(at)};transform:translateX(-${percent(at)})`;  // never beyond the edges
  };
  const leave = () => { const tip = sheet.querySelector(".tip"); if (tip) tip.hidden = true; };
  const mark = () => {
    sheet.querySelectorAll(".scene").forEach((bar, i) => bar.classList.toggle("chosen", i === model.chosen));
    sheet.querySelectorAll("button").forEach((button) =>
      button.setAttribute("aria-pressed", String(Number(button.dataset.scene) === model.chosen)));
  };
  const draw = () => {
    const { scenes, classes, lacking } = model.shown;
    const parts = scenes ? [classes.length ? chart(model.shown) : "", looks(model.shown)].filter(Boolean) : [];
    const remarks = (lacking ?? []).map((words) => `<p>${words}</p>`).join("");
    sheet.innerHTML = parts.map((part) => `<section>${part}</section>`).join("") + remarks;
    mark();
  };
  sheet.addEventListener("pointermove", point);
  sheet.addEventListener("pointerleave", leave);
  sheet.addEventListener("click", ({ target }) => {
    const { scene } = (target.closest("button") ?? target).dataset;
    if (scene !== undefined) model.chosen = Number(scene);
  });
  model.on("shown", draw);
  model.on("chosen", mark);
  model.on("waiting", () => sheet.classList.toggle("waiting", model.waiting));
  draw();
}
