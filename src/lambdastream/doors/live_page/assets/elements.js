// Makes elements. Text is text, never markup.

/** An element with these attributes and children; a text is a text node. */
export function element(name, attributes = {}, ...children) {
  return filled(document.createElement(name), attributes, children);
}

/** The same for SVG. */
export function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

/** Let a list have these children. Those that stand where they should are not touched, so that the focus stays. */
export function arrange(list, children) {
  for (const each of [...list.children]) if (!children.includes(each)) each.remove();
  children.forEach((each, place) => {
    if (list.children[place] !== each) list.insertBefore(each, list.children[place] ?? null);
  });
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
