import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startLaunchPage } from "../pages/launch-page";
import { holdFrames, inTrouble, launch, line, loadPage, mockBerth } from "./helpers";

const text = (id: string) => document.getElementById(id)?.textContent;
const view = () => document.body.dataset["view"];
let frames: ReturnType<typeof holdFrames>;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000, toFake: ["setTimeout", "clearTimeout", "Date"] });
  frames = holdFrames();
  loadPage("index.html");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  clearMocks();
});

describe("the launch page", () => {
  it("says what happens, and counts from the first full second", async () => {
    mockBerth(launch());
    await startLaunchPage(vi.fn());
    expect([view(), text("step"), text("elapsed")]).toEqual(["progress", "Starting pnpm dev", ""]);
    vi.advanceTimersByTime(999);
    expect(text("elapsed")).toBe("");
    vi.advanceTimersByTime(1);
    expect(text("elapsed")).toBe("1 s");
    vi.advanceTimersByTime(2_000);
    expect(text("elapsed")).toBe("3 s");
  });

  it("follows the events and drops those of an older launch", async () => {
    const berth = mockBerth(launch({ generation: 2 }));
    await startLaunchPage(vi.fn());
    await berth.send(launch({ generation: 1, step: "old" }));
    expect(text("step")).toBe("Starting pnpm dev");
    await berth.send(launch({ generation: 2, phase: "waiting", step: "Waiting for the server on port 5173" }));
    expect(text("step")).toBe("Waiting for the server on port 5173");
  });

  it("prefers an event to a snapshot that was taken before it", async () => {
    const berth = mockBerth(launch());
    berth.answers["launch_snapshot"] = async () => {
      await berth.send(launch({ step: "from the event" }));
      return launch({ step: "from the snapshot" });
    };
    await startLaunchPage(vi.fn());
    expect(text("step")).toBe("from the event");
  });

  it("asks for trust, runs nothing by itself, and hears the answer once", async () => {
    const berth = mockBerth(launch({ phase: "asking", step: "" }));
    await startLaunchPage(vi.fn());
    expect(view()).toBe("ask");
    expect([text("question"), text("folder"), text("command")]).toEqual(["Open shop?", "~/shop", "pnpm dev"]);
    expect(document.activeElement?.id).toBe("open");
    expect(berth.called("trust_project")).toHaveLength(0);
    expect(berth.called("plugin:sidecar-lifecycle|subscribe_logs")).toHaveLength(0);
    document.getElementById("open")?.click();
    document.getElementById("open")?.click();
    expect(berth.called("trust_project")).toHaveLength(1);
  });

  it("does not take a held Return key for an answer", async () => {
    mockBerth(launch({ phase: "asking" }));
    await startLaunchPage(vi.fn());
    const held = new KeyboardEvent("keydown", { key: "Enter", repeat: true, cancelable: true });
    document.getElementById("open")?.dispatchEvent(held);
    expect(held.defaultPrevented).toBe(true);
  });

  it("cancels by Escape, and only while it asks", async () => {
    const berth = mockBerth(launch({ phase: "asking" }));
    await startLaunchPage(vi.fn());
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
    expect(berth.called("decline_project")).toHaveLength(1);
  });

  it("stays as it is for a page that comes at once, and says so when it is slow to come", async () => {
    const berth = mockBerth(launch());
    await startLaunchPage(vi.fn());
    await berth.send(launch({ phase: "ready", step: "Opening the page" }));
    vi.advanceTimersByTime(249);
    expect(text("step")).toBe("Starting pnpm dev");
    vi.advanceTimersByTime(1);
    expect(text("step")).toBe("Opening the page");
  });

  it("hands over to the trouble page", async () => {
    const navigate = vi.fn();
    const berth = mockBerth(launch());
    await startLaunchPage(navigate);
    expect(navigate).not.toHaveBeenCalled();
    await berth.send(inTrouble());
    expect(navigate).toHaveBeenCalledExactlyOnceWith("trouble.html");
  });

  it("shows the output, once each line, also when it had to subscribe a second time", async () => {
    const berth = mockBerth(launch());
    const subscribe = berth.answers["plugin:sidecar-lifecycle|subscribe_logs"];
    berth.answers["plugin:sidecar-lifecycle|subscribe_logs"] = () => {
      throw new Error("not declared yet");
    };
    await startLaunchPage(vi.fn());
    await vi.waitFor(() => expect(berth.called("plugin:sidecar-lifecycle|subscribe_logs")).toHaveLength(1));
    berth.answers["plugin:sidecar-lifecycle|subscribe_logs"] = subscribe!;
    await berth.send(launch({ phase: "waiting" }));
    berth.write({ lines: [line(1), line(2)], dropped: 0 });
    berth.write({ lines: [line(2), line(3)], dropped: 0 });
    frames.run();
    expect([...document.querySelectorAll(".line")].map((l) => l.textContent)).toEqual(["line 1", "line 2", "line 3"]);
  });

  it("says so when the other side does not answer", async () => {
    const berth = mockBerth(launch());
    berth.answers["launch_snapshot"] = () => {
      throw { code: "not-allowed", message: "launch_snapshot is not allowed here" };
    };
    await startLaunchPage(vi.fn());
    expect(text("status")).toBe("launch_snapshot is not allowed here");
  });
});
