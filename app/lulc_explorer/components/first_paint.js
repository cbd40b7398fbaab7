// Says that the page has been painted: two frames after this was put in, the first of them has been.
export function render({ model }) {
  requestAnimationFrame(() => requestAnimationFrame(() => { model.painted = true }));
}
