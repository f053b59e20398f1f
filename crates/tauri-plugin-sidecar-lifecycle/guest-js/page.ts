/**
 * A page that is left and come back to (by the Back button, say) may be shown as it was, with all
 * its variables, while Rust has forgotten its channels when it was left.
 */

/** Calls `again` each time that this page comes back; the same function is called once. */
export function whenRevived(again: () => void): void {
  calls.add(again);
  if (calls.size === 1) window.addEventListener("pageshow", revive);
}

/** Ends that. */
export function notRevived(again: () => void): void {
  calls.delete(again);
  if (calls.size === 0) window.removeEventListener("pageshow", revive);
}

const calls = new Set<() => void>();

function revive({ persisted }: PageTransitionEvent): void {
  if (persisted) for (const again of [...calls]) again();
}
