/** Writes to the clipboard from a click. */

/** Rejects when the webview permits neither way. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Older WebKitGTK has no clipboard object on custom schemes; the command works there.
    if (!copyByCommand(text)) {
      throw new Error("the clipboard was refused; select the lines and copy them by key");
    }
  }
}

function copyByCommand(text: string): boolean {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "offscreen";
  document.body.append(area);
  area.select();
  try {
    return document.execCommand("copy");
  } finally {
    area.remove();
    if (before instanceof HTMLElement) before.focus();
  }
}
