/** The few lines that spare the pages a framework. */

/** The element with this id, which the page's HTML must hold. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no element with the id "${id}"`);
  return element as E;
}

/** Writes `text` unless it stands there already, so that screen readers do not repeat it. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes an element with a class and a text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  if (text !== "") element.textContent = text;
  return element;
}

/** Goes to another of Berth's pages and leaves no entry in the history. */
export type Navigate = (page: "index.html" | "trouble.html") => void;

/** The {@link Navigate} of a real window. */
export const replacePage: Navigate = (page) => window.location.replace(page);
