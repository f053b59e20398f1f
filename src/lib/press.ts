/** What happens when a button that calls Rust is pressed. */
import { messageOf } from "./berth";
import { setText } from "./dom";

/** How long "Copied" stands before the button says its own name again. */
const CONFIRM_MS = 2_000;

/** How a button reports back. */
export interface PressOptions {
  /** Where a failure is told; it should be a live region. */
  status: HTMLElement;
  /** Stands on the button for two seconds after success. */
  done?: string;
}

/**
 * Runs `work` when `button` is pressed, once at a time, and tells of a failure in `status`.
 * The button keeps its focus while it works: a disabled one would lose it.
 */
export function onPress(
  button: HTMLButtonElement,
  work: () => Promise<unknown>,
  { status, done }: PressOptions,
): void {
  const label = button.textContent ?? "";
  let busy = false;
  let restore: ReturnType<typeof setTimeout> | undefined;
  // A held Return key repeats; nobody means to trust or retry with a repetition.
  button.addEventListener("keydown", (event) => {
    if (event.repeat && event.key === "Enter") event.preventDefault();
  });
  button.addEventListener("click", () => {
    if (busy) return;
    busy = true;
    button.setAttribute("aria-busy", "true");
    tell(status, "", "said");
    work()
      .then(() => {
        if (done === undefined) return;
        // The width stays, so that nothing beside the button moves.
        button.style.minWidth = `${button.offsetWidth}px`;
        setText(button, done);
        tell(status, done, "said");
        clearTimeout(restore);
        restore = setTimeout(() => {
          setText(button, label);
          if (status.textContent === done) tell(status, "", "said");
        }, CONFIRM_MS);
      })
      .catch((error: unknown) => tell(status, messageOf(error), "error"))
      .finally(() => {
        busy = false;
        button.removeAttribute("aria-busy");
      });
  });
}

/** An error is seen and heard; what the button shows already is only heard. */
function tell(status: HTMLElement, text: string, kind: "said" | "error"): void {
  status.dataset["kind"] = kind;
  setText(status, text);
}
