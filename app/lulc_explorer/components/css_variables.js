// Variables of the whole page, inside its shadow roots, too.
export function render({ model }) {
  const set = () => Object.entries(model.values).forEach(([name, value]) => {
    document.documentElement.style.setProperty(name, value);
  });
  model.on("values", set);
  set();
}
