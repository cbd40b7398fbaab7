// sessionStorage: of this tab, until it is closed; other tabs, other people and the server know nothing of it.
const KEY = "land-cover explorer: label desk";

export function render({ model }) {
  try {
    const kept = sessionStorage.getItem(KEY);
    if (kept) model.send_msg(JSON.parse(kept));
  } catch {}  // no storage, or nothing that can be read: the desk asks
  model.on("kept", () => {
    try {
      if (model.kept.person) sessionStorage.setItem(KEY, JSON.stringify(model.kept));
      else sessionStorage.removeItem(KEY);
    } catch {}
  });
}
