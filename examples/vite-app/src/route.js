import { useSyncExternalStore } from "react";

const listeners = new Set();

function subscribe(listener) {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

/** The path of the page, kept up to date by the History API alone. */
export function usePath() {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

/** Goes to another path without loading the page again. */
export function navigate(path) {
  if (path !== window.location.pathname) {
    window.history.pushState(null, "", path);
    listeners.forEach((listener) => listener());
  }
}
