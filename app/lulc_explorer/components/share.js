// Copies the link of this view, and shows it: a clipboard is not open to every page.
const ICON = "M18 16a3 3 0 0 0-2 .8L8.9 12.7a3 3 0 0 0 0-1.4L16 7.2A3 3 0 1 0 15 5a3 3 0 0 0 .1.7L8 9.8a3 3 0 1 0 0 4.4l7.1 4.1A3 3 0 1 0 18 16z";
const COPIED = "Link copied.";
const BY_HAND = "Copy this link:";
const HOLDS = "Whoever opens it sees this view: place, year, layers, weights, pixel and a sample drawn here. Uploaded files are not in it.";
const ON_HUB = " On this hub, everybody opens it in an explorer of their own.";
const HERE = " It opens on this computer only.";

function link(own, instead) {
  const { origin, pathname, search } = window.location;
  const path = own && pathname.startsWith(own) ? instead + pathname.slice(own.length) : pathname;
  return origin + path + search;
}

async function copy(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {  // not allowed, or a page without https
    field.select();
    return document.execCommand("copy");
  }
}

export function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.title = "Share: copy a link to this view";
  button.setAttribute("aria-haspopup", "dialog");
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICON}"/></svg><span>Share</span>`;
  const card = document.createElement("div");
  card.popover = "auto";
  card.setAttribute("role", "dialog");
  card.setAttribute("aria-label", "Share this view");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  const field = document.createElement("input");
  field.readOnly = true;
  field.setAttribute("aria-label", "Link to this view");
  field.onfocus = () => field.select();
  const note = document.createElement("p");
  card.append(said, field, note);
  el.append(button, card);
  const share = async () => {
    field.value = link(model.own, model.instead);
    const here = ["localhost", "127.0.0.1", "[::1]"].includes(window.location.hostname);
    note.textContent = HOLDS + (model.own ? ON_HUB : here ? HERE : "");
    const { bottom, right } = button.getBoundingClientRect();
    card.showPopover();
    card.style.top = `${bottom + 6}px`;
    card.style.left = `${Math.max(right - card.offsetWidth, 8)}px`;
    said.textContent = "";
    said.textContent = (await copy(field)) ? COPIED : BY_HAND;
    field.focus();
  };
  button.onclick = share;
  document.addEventListener("explorer-share", share);
  model.on("remove", () => document.removeEventListener("explorer-share", share));
}
