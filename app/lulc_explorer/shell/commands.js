// The palette of commands, the keyboard's help, and the keys that work everywhere. What is in it is asked for when it opens.
const ICON = "M15.5 14h-.8l-.3-.3a6.5 6.5 0 1 0-.7.7l.3.3v.8l5 5 1.5-1.5zm-6 0a4.5 4.5 0 1 1 0-9 4.5 4.5 0 0 1 0 9z";
const AT_A_TIME = 10;  // a page of the list

const make = (tag, more = {}, ...children) => {
  const { role, ...rest } = more, made = Object.assign(document.createElement(tag), rest);
  if (role) made.setAttribute("role", role);
  made.append(...children);
  return made;
};
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

// Each word that was typed begins a word of the command; one that begins its title comes first.
function find(commands, typed) {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  const parts = (text) => plain(text).split(/[^\p{L}\p{N}]+/u);
  return commands
    .filter(({ group, title }) => words.every((word) => parts(`${group} ${title}`).some((part) => part.startsWith(word))))
    .map((command) => [words.length && plain(command.title).startsWith(words[0]) ? 0 : 1, command])
    .sort(([one], [other]) => one - other)
    .map(([, command]) => command);
}

// What has a label gets the keyboard as soon as it is there: the sidebar may be on its way.
const labelled = (root, label) => {
  for (const node of root.querySelectorAll("*")) {
    const said = node.matches("button, input, [role=button]") && (node.getAttribute("aria-label") ?? node.labels?.[0]?.textContent ?? node.textContent);
    const found = said && said.trim() === label && node.getClientRects().length ? node : node.shadowRoot && labelled(node.shadowRoot, label);
    if (found) return found;
  }
  return null;
};
function reach(label, tries = 50) {
  const found = labelled(document, label);
  if (found) found.focus({ focusVisible: true });
  else if (tries) setTimeout(reach, 100, label, tries - 1);
}

export function render({ model, view, el }) {
  const mac = navigator.platform.startsWith("Mac");
  const shown = (keys) => (mac ? keys.replace("Ctrl", "⌘") : keys);
  const button = make("button", { type: "button", className: "open", title: `Commands (${shown("Ctrl K")})` });
  button.setAttribute("aria-haspopup", "dialog");
  button.innerHTML = `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${ICON}"/></svg><span>Commands</span>`;
  const said = make("span", { className: "said", role: "status" });
  el.append(button, said);

  let commands = null, listed = [], at = 0;
  const field = make("input", { type: "text", placeholder: "Place, year, layer, download …", autocomplete: "off", spellcheck: false, role: "combobox" });
  const list = make("ul", { id: "commands", role: "listbox", tabIndex: -1 });
  const none = make("p", { className: "none", role: "status" });
  const foot = make("p", { className: "foot", textContent: "↑ ↓ choose · Enter does it · Escape closes · F1 lists all keys" });
  const palette = make("dialog", { role: "dialog" }, field, list, none, foot);
  palette.setAttribute("aria-label", "Commands");
  for (const [name, value] of [["aria-label", "Search commands"], ["aria-controls", "commands"], ["aria-expanded", "true"], ["aria-autocomplete", "list"]]) field.setAttribute(name, value);
  list.setAttribute("aria-label", "Commands");
  const table = make("table", {}, make("caption", { textContent: "Keys" }), make("tbody", {},
    ...model.keys.map(([keys, does]) => make("tr", {}, make("th", { scope: "row", textContent: shown(keys) }), make("td", { textContent: does })))));
  const done = make("button", { type: "button", textContent: "Close", onclick: () => help.close() });
  const help = make("dialog", { className: "help", role: "dialog" }, table, done);
  help.setAttribute("aria-label", "Keys");
  el.append(palette, help);

  const mark = (next) => {
    at = Math.min(Math.max(next, 0), listed.length - 1);
    const options = [...list.querySelectorAll("[role=option]")];
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === at)));
    if (options[at]) field.setAttribute("aria-activedescendant", options[at].id);
    else field.removeAttribute("aria-activedescendant");
    options[at]?.scrollIntoView({ block: "nearest" });
  };
  const draw = () => {
    listed = find(commands ?? [], field.value);
    none.textContent = commands && !listed.length ? `No command has “${field.value}”.` : "";
    list.replaceChildren(...listed.map(({ group, title, chosen, keys }, i) => {
      const option = make("li", { id: `command-${i}`, role: "option", onclick: () => act(listed[i]), onpointermove: () => { if (at !== i) mark(i); } },
        make("span", { className: "group", textContent: group }), make("span", { className: "title", textContent: title }));
      if (chosen) option.append(make("span", { className: "now", textContent: "now" }));
      if (keys) option.append(make("kbd", { textContent: shown(keys) }));
      return option;
    }));
    mark(0);
  };
  const act = (command) => {
    if (!command) return;
    palette.close();
    said.textContent = "";
    said.textContent = `${command.group}: ${command.title}`;
    if (command.event === "stage") full();
    if (command.event) document.dispatchEvent(new CustomEvent(`explorer-${command.event}`));
    model.send_msg({ run: command.key });
    if (command.focus) setTimeout(reach, 100, command.focus);
  };
  const open = () => {
    if (palette.open) return;
    help.close();
    commands = null;
    field.value = "";
    draw();
    palette.showModal();
    model.send_msg({ list: true });
  };
  const ask = () => { palette.close(); help.showModal(); };
  const full = () => {
    const root = document.documentElement;
    if (document.fullscreenElement) document.exitFullscreen();
    else if (root.dataset.stage === undefined) {
      root.dataset.stage = "";
      root.requestFullscreen?.().catch(() => {});  // not allowed in a frame
    }
  };
  const keys = { ArrowDown: 1, ArrowUp: -1, PageDown: AT_A_TIME, PageUp: -AT_A_TIME, End: Infinity, Home: -Infinity };
  field.addEventListener("input", draw);
  palette.addEventListener("keydown", (event) => {
    if (event.key in keys && !(event.key.length < 5 && event.shiftKey)) {
      const past = at + keys[event.key];
      mark(Math.abs(keys[event.key]) === 1 ? (past + listed.length) % Math.max(listed.length, 1) : past);
    } else if (event.key === "Enter" && !event.isComposing) act(listed[at]);
    else return;
    event.preventDefault();
  });
  for (const dialog of [palette, help]) {
    dialog.addEventListener("keydown", (event) => {
      heard(event);
      event.stopPropagation();  // it is not the page's
    });
    dialog.addEventListener("click", ({ target }) => { if (target === dialog) dialog.close(); });
  }
  model.on("msg:custom", (data) => {
    if (data.commands) {
      commands = data.commands;
      draw();
    } else if (data.file) {
      const bytes = Uint8Array.from(atob(data.content), (letter) => letter.charCodeAt(0));
      const link = make("a", { href: URL.createObjectURL(new Blob([bytes])), download: data.file });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
  });

  const stage = () => { full(); model.send_msg({ run: model.stage }); };
  const heard = (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") open();
    else if (event.key === "F1" && !event.ctrlKey && !event.altKey) ask();
    else if (event.key === "F8" && !event.ctrlKey && !event.altKey) stage();
    else return;
    event.preventDefault();
  };
  button.onclick = open;
  document.addEventListener("keydown", heard);
  document.addEventListener("explorer-keys", ask);
  model.on("remove", () => {
    document.removeEventListener("keydown", heard);
    document.removeEventListener("explorer-keys", ask);
  });

  // Who comes for the first time is shown around, once the page has nothing else to do: it has kept room for that.
  const show_around = () => (window.requestIdleCallback ?? setTimeout)(() => model.send_msg({ run: model.tour }));
  if (document.documentElement.dataset.tour !== undefined) {
    const { document: page } = view.model;
    const once = () => { if (page.is_idle) { page.idle.disconnect(once); show_around(); } };
    if (page.is_idle) show_around();
    else page.idle.connect(once);
  }
}
