import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startLogPage } from "../pages/log-page";
import { holdFrames, launch, line, loadPage, mockBerth } from "./helpers";

const byId = (id: string) => document.getElementById(id) as HTMLElement;
let frames: ReturnType<typeof holdFrames>;
let berth: ReturnType<typeof mockBerth>;

beforeEach(async () => {
  frames = holdFrames();
  loadPage("log.html");
  berth = mockBerth(launch());
  await startLogPage();
  await vi.waitFor(() => expect(berth.called("plugin:sidecar-lifecycle|subscribe_logs")).toHaveLength(1));
  berth.write({ lines: [line(1, "one"), line(2, "\x1b[31mtwo\x1b[0m"), line(3, "three")], dropped: 0 });
  frames.run();
});

afterEach(() => {
  vi.unstubAllGlobals();
  clearMocks();
});

function type(text: string): void {
  (byId("filter") as HTMLInputElement).value = text;
  byId("filter").dispatchEvent(new Event("input"));
}

describe("the log page", () => {
  it("counts what it shows, and says when nothing matches", () => {
    expect(byId("count").textContent).toBe("3 lines");
    type("t");
    expect(byId("count").textContent).toBe("2 of 3 lines");
    type("nowhere");
    expect(document.body.dataset["view"]).toBe("no-match");
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(byId("count").textContent).toBe("3 lines");
  });

  it("copies what is shown, without colours", async () => {
    const writeText = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    type("t");
    byId("copy").click();
    await vi.waitFor(() => expect(writeText).toHaveBeenCalledExactlyOnceWith("two\nthree"));
    await vi.waitFor(() => expect(byId("copy").textContent).toBe("Copied"));
  });

  it("follows until it is told not to", () => {
    expect(byId("follow").getAttribute("aria-pressed")).toBe("true");
    byId("follow").click();
    expect(byId("follow").getAttribute("aria-pressed")).toBe("false");
  });

  it("opens the folder", () => {
    byId("folder").click();
    expect(berth.called("open_log_folder")).toHaveLength(1);
  });
});
