// The classes as switches. Each press is its own message, so that none is lost in quick succession.
const WIDE_PX = 700;

export function render({ model, el }) {
  const fold = document.createElement("details"), title = document.createElement("summary"), group = document.createElement("div");
  fold.open = innerWidth > WIDE_PX;
  title.textContent = "Merge classes";
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Merge classes");
  fold.append(title, group);
  el.append(fold);

  const chip = (name) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = name;
    button.onclick = () => model.send_msg(name);
    return button;
  };
  const press = () => {
    for (const button of group.children) button.setAttribute("aria-pressed", String(model.pressed.includes(button.textContent)));
  };
  const draw = () => {
    const focused = el.getRootNode().activeElement?.textContent;
    group.replaceChildren(...model.names.map(chip));
    press();
    [...group.children].find((button) => button.textContent === focused)?.focus();
  };
  model.on("names", draw);
  model.on("pressed", press);
  draw();
}
