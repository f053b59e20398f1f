import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LogBatch } from "../index.js";
import { Fake } from "./fake.js";

let rust: Fake;

beforeEach(() => {
  sessionStorage.clear();
  rust = new Fake();
  vi.stubGlobal("reportError", vi.fn());
});

/** Collects what a callback is given. */
function collector() {
  const seqs: number[] = [];
  let dropped = 0;
  return {
    seqs,
    get dropped() {
      return dropped;
    },
    take: (batch: LogBatch) => {
      seqs.push(...batch.lines.map(({ seq }) => seq));
      dropped += batch.dropped;
    },
  };
}

const to = (last: number, from = 1) => Array.from({ length: last - from + 1 }, (_, i) => from + i);

describe("the log", () => {
  it("is replayed, then followed, and let go", async () => {
    rust.log(3);
    const { SidecarLifecycle } = await rust.page();
    const got = collector();
    const end = await SidecarLifecycle.onLog("web", got.take);
    rust.log(2);
    expect(got.seqs).toEqual(to(5));
    end();
    end();
    rust.log(1);
    expect(got.seqs).toEqual(to(5));
    await vi.waitFor(() => expect(rust.called("unsubscribe_logs")).toHaveLength(1));
  });

  it("begins after the line that is named", async () => {
    rust.log(5);
    const { Sidecar } = await rust.page();
    const got = collector();
    await (await Sidecar.attach("web")).onLog(got.take, { sinceSeq: 3 });
    expect(rust.called("subscribe_logs")[0]?.args).toMatchObject({ id: "web", sinceSeq: 3 });
    expect(got.seqs).toEqual([4, 5]);
  });

  it("repeats no line that comes twice", async () => {
    const { SidecarLifecycle } = await rust.page();
    const got = collector();
    await SidecarLifecycle.onLog("web", got.take);
    rust.log(3);
    for (const { send } of rust.subscriptions.values()) send({ lines: rust.lines, dropped: 0 });
    rust.log(1);
    expect(got.seqs).toEqual(to(4));
  });

  it("says how many lines were too fast", async () => {
    const { SidecarLifecycle } = await rust.page();
    const got = collector();
    await SidecarLifecycle.onLog("web", got.take);
    rust.log(2);
    rust.log(1_000, 900);
    expect([got.seqs.length, got.dropped]).toEqual([102, 900]);
  });

  it("keeps a flood in order, whatever the callback does", async () => {
    const { SidecarLifecycle } = await rust.page();
    const got = collector();
    await SidecarLifecycle.onLog("web", () => {
      throw new Error("the page's own");
    });
    await SidecarLifecycle.onLog("web", got.take);
    for (let i = 0; i < 100; i += 1) rust.log(200);
    expect(got.seqs).toEqual(to(20_000));
  });

  it("of an unknown sidecar is refused", async () => {
    const { SidecarLifecycle } = await rust.page();
    await expect(SidecarLifecycle.onLog("db", () => {})).rejects.toMatchObject({ code: "unknown-sidecar" });
  });
});

describe("after a reload the log", () => {
  it("is whole again for a page that shows it", async () => {
    rust.log(2);
    await (await rust.page()).SidecarLifecycle.onLog("web", () => {});
    rust.reload();
    rust.log(1);
    const got = collector();
    await (await rust.page()).SidecarLifecycle.onLog("web", got.take);
    expect(got.seqs).toEqual(to(3));
  });

  it("goes on without a double or a lost line for a reader that resumes", async () => {
    const got = collector();
    for (let load = 0; load < 5; load += 1) {
      const { Sidecar } = await rust.page();
      await (await Sidecar.attach("web")).onLog(got.take, { resume: true });
      rust.log(10);
      rust.reload();
      rust.log(10); // Nobody hears these at once.
    }
    await (await rust.page()).SidecarLifecycle.onLog("web", got.take, { resume: true });
    expect([got.seqs, got.dropped]).toEqual([to(100), 0]);
  });

  it("says what was forgotten while nobody listened", async () => {
    const got = collector();
    await (await rust.page()).SidecarLifecycle.onLog("web", got.take, { resume: true });
    rust.log(10);
    rust.reload();
    rust.log(100);
    rust.keep = 20;
    await (await rust.page()).SidecarLifecycle.onLog("web", got.take, { resume: true });
    expect([got.seqs, got.dropped]).toEqual([[...to(10), ...to(110, 91)], 80]);
  });

  it("has a place for each sidecar and each reader", async () => {
    rust.log(3);
    const { SidecarLifecycle } = await rust.page();
    const [one, other] = [collector(), collector()];
    await SidecarLifecycle.onLog("web", one.take, { resume: true });
    await SidecarLifecycle.onLog("web", other.take, { resume: "errors" });
    expect([one.seqs, other.seqs]).toEqual([to(3), to(3)]);
    expect(Object.keys(sessionStorage).sort()).toEqual(["sidecar-lifecycle:log:web:", "sidecar-lifecycle:log:web:errors"]);
  });

  it("begins anew where nothing, or nonsense, is stored", async () => {
    rust.log(3);
    sessionStorage.setItem("sidecar-lifecycle:log:web:", "soon");
    const got = collector();
    await (await rust.page()).SidecarLifecycle.onLog("web", got.take, { resume: true, sinceSeq: 2 });
    expect(got.seqs).toEqual([3]);
  });

  it("is followed on by a page that comes back from the history", async () => {
    const got = collector();
    const end = await (await rust.page()).SidecarLifecycle.onLog("web", got.take);
    rust.log(2);
    rust.subscriptions.clear(); // As Rust does when a page is left.
    rust.log(2);
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    await vi.waitFor(() => expect(got.seqs).toEqual(to(4)));
    end();
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    expect(rust.called("subscribe_logs")).toHaveLength(2);
  });

  it("that is let go while it is asked for anew is let go once Rust has answered", async () => {
    const end = await (await rust.page()).SidecarLifecycle.onLog("web", () => {});
    rust.subscriptions.clear(); // As Rust does when a page is left.
    const answer = rust.answers["subscribe_logs"]!;
    let answerNow = () => {};
    const asked = new Promise<void>((resolve) => (answerNow = resolve));
    rust.answers["subscribe_logs"] = (call) => asked.then(() => answer(call));
    window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
    end();
    answerNow();
    await vi.waitFor(() => expect(rust.called("unsubscribe_logs")).toHaveLength(1));
    expect(rust.called("unsubscribe_logs")[0]?.args).toEqual({ subscription: 2 });
    expect(rust.subscriptions.size).toBe(0);
  });
});
