import { beforeEach, describe, expect, it, vi } from "vitest";
import { changed, crash, crashed, Fake, ready, unhealthy } from "./fake.js";
import { events } from "./samples.js";

let rust: Fake;
let page: Awaited<ReturnType<Fake["page"]>>;
const uncaught = vi.fn();

beforeEach(async () => {
  rust = new Fake();
  page = await rust.page();
  uncaught.mockClear();
  vi.stubGlobal("reportError", uncaught);
});

const subscribed = () => rust.called("subscribe_events").length;

describe("one subscription", () => {
  it("serves all listeners of a page, and ends with the last one", async () => {
    const heard = vi.fn();
    const { SidecarLifecycle: all } = page;
    const ends = await Promise.all([
      all.onEvent(heard),
      all.onEvent(heard),
      all.onCrash("web", heard),
      all.onHealthy("web", heard),
      all.onStateChange(undefined, heard),
    ]);
    expect(subscribed()).toBe(1);
    for (const end of ends.slice(1)) end();
    expect(rust.called("unsubscribe_events")).toHaveLength(0);
    ends[0]();
    ends[0]();
    await vi.waitFor(() => expect(rust.called("unsubscribe_events")).toHaveLength(1));
    expect(rust.subscriptions.size).toBe(0);
    await all.onEvent(heard);
    expect(subscribed()).toBe(2);
  });

  it("hands on every event in order, also a flood", async () => {
    const runs: number[] = [];
    await page.SidecarLifecycle.onEvent(({ run }) => runs.push(run));
    for (let batch = 0; batch < 100; batch += 1) {
      rust.emit(...Array.from({ length: 100 }, (_, i) => changed("web", batch * 100 + i)));
    }
    expect(runs).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  });

  it("hands on every kind that Rust knows", async () => {
    const heard: unknown[] = [];
    await page.SidecarLifecycle.onEvent((event) => heard.push(event));
    rust.emit(...events);
    expect(heard).toEqual(events);
  });

  it("is heard by the same function as often as it listens", async () => {
    const heard = vi.fn();
    const end = await page.SidecarLifecycle.onEvent(heard);
    await page.SidecarLifecycle.onEvent(heard);
    rust.emit(ready());
    expect(heard).toHaveBeenCalledTimes(2);
    end();
    rust.emit(ready());
    expect(heard).toHaveBeenCalledTimes(3);
  });

  it("survives a listener that throws", async () => {
    const heard = vi.fn();
    await page.SidecarLifecycle.onEvent(() => {
      throw new Error("the page's own");
    });
    await page.SidecarLifecycle.onEvent(heard);
    rust.emit(ready(), unhealthy());
    expect(heard).toHaveBeenCalledTimes(2);
    expect(uncaught).toHaveBeenCalledTimes(2);
  });

  it("does not call a listener that an earlier one has ended", async () => {
    const ends: (() => void)[] = [];
    const heard = vi.fn();
    await page.SidecarLifecycle.onEvent(() => ends.forEach((end) => end()));
    ends.push(await page.SidecarLifecycle.onEvent(heard));
    rust.emit(ready());
    expect(heard).not.toHaveBeenCalled();
  });

  it("that is refused is refused to all who wait, and tried again by the next", async () => {
    const answer = rust.answers["subscribe_events"]!;
    rust.answers["subscribe_events"] = () => {
      throw { code: "not-allowed", message: "no" };
    };
    const heard = vi.fn();
    const both = await Promise.allSettled([page.SidecarLifecycle.onEvent(heard), page.SidecarLifecycle.onEvent(heard)]);
    expect(both.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    rust.answers["subscribe_events"] = answer;
    await page.SidecarLifecycle.onEvent(heard);
    rust.emit(ready());
    expect(heard).toHaveBeenCalledTimes(1);
  });

  it("is made anew by a page that was reloaded, and by one that comes back from the history", async () => {
    await page.SidecarLifecycle.onEvent(() => {});
    rust.reload();
    const heard = vi.fn();
    await (await rust.page()).SidecarLifecycle.onEvent(heard);
    rust.emit(ready());
    expect(heard).toHaveBeenCalledTimes(1);
    expect(subscribed()).toBe(2);
    rust.subscriptions.clear(); // As Rust does when a page is left.
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: false }));
    expect(rust.subscriptions.size).toBe(0);
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await vi.waitFor(() => expect(rust.subscriptions.size).toBeGreaterThan(0));
    rust.emit(ready());
    expect(heard).toHaveBeenCalledTimes(2);
  });
});

describe("a crash", () => {
  it("is told in Rust's words, of the sidecar that was asked about", async () => {
    const heard = vi.fn();
    await page.SidecarLifecycle.onCrash("web", heard);
    rust.emit(crashed("db"), ready(), crashed());
    expect(heard).toHaveBeenCalledExactlyOnceWith(crash);
  });

  it("by a signal has no exit code", async () => {
    const heard = vi.fn();
    await page.SidecarLifecycle.onCrash("web", heard);
    const { code: _, ...rest } = crashed() as { code?: number };
    rust.emit({ ...rest, signal: 9 } as never);
    expect(heard).toHaveBeenCalledExactlyOnceWith({ ...crash, exit_code: null, signal: 9 });
  });

  it("of another run is none of a sidecar in hand", async () => {
    const web = await page.Sidecar.attach("web");
    const heard = vi.fn();
    await web.onCrash(heard);
    rust.emit(crashed("web", 2), crashed("web", 3), crashed("db", 3));
    expect(heard).toHaveBeenCalledExactlyOnceWith(crash);
  });
});

describe("a change of state", () => {
  it("is told of one sidecar or of all", async () => {
    const one = vi.fn();
    const all = vi.fn();
    await page.SidecarLifecycle.onStateChange("db", one);
    await page.SidecarLifecycle.onStateChange(undefined, all);
    rust.emit(changed("web"), changed("db"), ready());
    expect(one).toHaveBeenCalledExactlyOnceWith({ id: "db", run: 3, from: "starting", to: "ready" });
    expect(all).toHaveBeenCalledTimes(2);
  });

  it("is told of the run in hand only", async () => {
    const web = await page.Sidecar.attach("web");
    const heard = vi.fn();
    await web.onStateChange(heard);
    rust.emit(changed("web", 4), changed("web", 3));
    expect(heard).toHaveBeenCalledExactlyOnceWith({ id: "web", run: 3, from: "starting", to: "ready" });
  });
});

describe("health", () => {
  const healthy = { id: "web", run: 3, pid: 4711, port: 5173, url: "http://localhost:5173/" };

  it("is told at once when it is there, and once only", async () => {
    const heard = vi.fn();
    await page.SidecarLifecycle.onHealthy("web", heard);
    expect(heard).toHaveBeenCalledExactlyOnceWith(healthy);
    rust.emit(ready());
    expect(heard, "the event behind the status").toHaveBeenCalledTimes(1);
    rust.emit(unhealthy(), ready());
    expect(heard, "it has recovered").toHaveBeenCalledTimes(2);
    rust.emit(ready(4));
    expect(heard, "another run").toHaveBeenCalledTimes(3);
  });

  it("that is lost before the page has heard of it counts when it comes back", async () => {
    const heard = vi.fn();
    await page.SidecarLifecycle.onHealthy("web", heard);
    rust.emit(unhealthy(), ready());
    expect(heard).toHaveBeenCalledTimes(2);
  });

  it("is told once when the event comes before the status", async () => {
    const heard = vi.fn();
    const answer = rust.answers["get_status"]!;
    rust.answers["get_status"] = (call) => {
      rust.emit(ready());
      return answer(call);
    };
    await page.SidecarLifecycle.onHealthy("web", heard);
    expect(heard).toHaveBeenCalledExactlyOnceWith(healthy);
  });

  it("that is lost before an older status comes is told when it is back, and not before", async () => {
    const heard = vi.fn();
    const answer = rust.answers["get_status"]!;
    rust.answers["get_status"] = (call) => {
      const before = answer(call);
      rust.emit(unhealthy());
      return before;
    };
    await page.SidecarLifecycle.onHealthy("web", heard);
    expect(heard, "it is not healthy").not.toHaveBeenCalled();
    rust.emit(ready());
    expect(heard, "it has recovered").toHaveBeenCalledExactlyOnceWith(healthy);
  });

  it("is waited for when it is not there", async () => {
    rust.info = { ...rust.info, is_healthy: false };
    const heard = vi.fn();
    await page.SidecarLifecycle.onHealthy("web", heard);
    expect(heard).not.toHaveBeenCalled();
    rust.emit(ready());
    expect(heard).toHaveBeenCalledExactlyOnceWith(healthy);
  });

  it("of an unknown sidecar is refused, and leaves no subscription", async () => {
    await expect(page.SidecarLifecycle.onHealthy("db", () => {})).rejects.toMatchObject({ code: "unknown-sidecar" });
    await vi.waitFor(() => expect(rust.subscriptions.size).toBe(0));
  });
});
