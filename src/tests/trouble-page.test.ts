import { clearMocks } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startTroublePage } from "../pages/trouble-page";
import { holdFrames, inTrouble, launch, line, loadPage, mockBerth, trouble } from "./helpers";

const byId = (id: string) => document.getElementById(id) as HTMLElement;
const action = (id: string) => document.querySelector<HTMLButtonElement>(`[data-action="${id}"]`)!;

beforeEach(() => {
  holdFrames();
  loadPage("trouble.html");
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  clearMocks();
});

describe("the trouble page", () => {
  it("leads with the sentence, the cause, and the primary button in focus", async () => {
    mockBerth(inTrouble());
    await startTroublePage(vi.fn());
    expect(document.querySelector("h1")?.textContent).toBe("Port 5173 is held by node");
    expect(byId("cause").textContent).toBe("Another program was there first.");
    expect(document.activeElement).toBe(action("use-port:5174"));
    expect(document.querySelectorAll(".primary")).toHaveLength(1);
  });

  it("shows the evidence as text", async () => {
    mockBerth(inTrouble());
    await startTroublePage(vi.fn());
    expect([...byId("evidence").children].map((li) => li.textContent)).toEqual(["pid 4711", "<img src=x onerror=alert(1)>"]);
    expect(document.querySelector("img")).toBeNull();
  });

  it("hides evidence and output where there are none", async () => {
    const berth = mockBerth(inTrouble({ trouble: trouble({ evidence: [] }) }));
    await startTroublePage(vi.fn());
    expect([byId("facts").hidden, byId("output").hidden]).toEqual([true, true]);
    await vi.waitFor(() => expect(berth.called("plugin:sidecar-lifecycle|subscribe_logs")).toHaveLength(1));
    berth.write({ lines: [line(1)], dropped: 0 });
    expect(byId("output").hidden).toBe(false);
  });

  it("every button does what it says", async () => {
    const berth = mockBerth(inTrouble());
    await startTroublePage(vi.fn());
    action("retry").click();
    action("use-port:5174").click();
    byId("show-logs").click();
    byId("copy-diagnostics").click();
    expect(berth.called("run_action").map((call) => call.args)).toEqual([{ id: "retry" }, { id: "use-port:5174" }]);
    expect(berth.called("show_logs")).toHaveLength(1);
    expect(berth.called("copy_diagnostics")).toHaveLength(1);
  });

  it("says Copied for two seconds", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    mockBerth(inTrouble());
    await startTroublePage(vi.fn());
    byId("copy-diagnostics").click();
    await vi.waitFor(() => expect(byId("copy-diagnostics").textContent).toBe("Copied"));
    vi.advanceTimersByTime(2_000);
    expect(byId("copy-diagnostics").textContent).toBe("Copy Diagnostics");
  });

  it("tells when an action fails, and can be tried again", async () => {
    const berth = mockBerth(inTrouble());
    berth.answers["run_action"] = () => {
      throw { code: "port-held", message: "port 5174 is held as well" };
    };
    await startTroublePage(vi.fn());
    action("use-port:5174").click();
    await vi.waitFor(() => expect(byId("status").textContent).toBe("port 5174 is held as well"));
    await vi.waitFor(() => expect(action("use-port:5174").hasAttribute("aria-busy")).toBe(false));
    action("use-port:5174").click();
    expect(berth.called("run_action")).toHaveLength(2);
  });

  it("goes back to the launch page when a retry begins", async () => {
    const navigate = vi.fn();
    const berth = mockBerth(inTrouble());
    await startTroublePage(navigate);
    await berth.send(launch({ generation: 0 }));
    // Ready: Berth itself goes to the project, and nobody is to come between.
    await berth.send(launch({ generation: 2, phase: "ready" }));
    expect(navigate).not.toHaveBeenCalled();
    await berth.send(launch({ generation: 2, phase: "looking" }));
    expect(navigate).toHaveBeenCalledExactlyOnceWith("index.html");
  });

  it("says that the page is opened, and shows the same trouble again if it does not come", async () => {
    const berth = mockBerth(inTrouble());
    await startTroublePage(vi.fn());
    byId("show-logs").focus();
    await berth.send(launch({ phase: "ready" }));
    expect(byId("cause").textContent).toBe("Opening the page");
    await berth.send(inTrouble());
    expect(byId("cause").textContent).toBe("Another program was there first.");
    expect(document.activeElement).toBe(action("use-port:5174"));
  });

  it("is not empty when it is loaded while the page is opened", async () => {
    mockBerth(launch({ phase: "ready" }));
    await startTroublePage(vi.fn());
    expect(document.body.dataset["view"]).toBe("trouble");
    expect([byId("sentence").textContent, byId("cause").textContent]).toEqual(["shop", "Opening the page"]);
  });

  it("leaves the focus where the user put it when nothing changed", async () => {
    const berth = mockBerth(inTrouble());
    await startTroublePage(vi.fn());
    byId("show-logs").focus();
    await berth.send(inTrouble());
    expect(document.activeElement).toBe(byId("show-logs"));
    await berth.send(inTrouble({ trouble: trouble({ sentence: "Something else" }) }));
    expect(document.activeElement).toBe(action("use-port:5174"));
  });

  it("says so, visibly, when the other side does not answer", async () => {
    const berth = mockBerth(inTrouble());
    berth.answers["launch_snapshot"] = () => {
      throw { code: "not-allowed", message: "launch_snapshot is not allowed here" };
    };
    await startTroublePage(vi.fn());
    expect(document.body.dataset["view"]).toBe("trouble");
    expect(byId("cause").textContent).toBe("launch_snapshot is not allowed here");
  });

  it("has something to offer even when no reason is given", async () => {
    mockBerth(inTrouble({ trouble: null }));
    await startTroublePage(vi.fn());
    expect(byId("sentence").textContent).not.toBe("");
    expect(document.activeElement).toBe(action("retry"));
  });
});
