// How tall the column is that this lies in, as a variable of the whole page.
export function render({ model, el }) {
  const column = el.getRootNode().host.getRootNode().host, { style } = document.documentElement;
  const seen = new ResizeObserver(() => style.setProperty(model.variable, `${Math.ceil(column.getBoundingClientRect().height)}px`));
  seen.observe(column);
  model.on("remove", () => seen.disconnect());
}
