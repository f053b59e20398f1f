import { describe, expect, it } from "vitest";
import { spokenDuration } from "../lib/duration";
import { LaunchModel } from "../lib/launch-model";
import { inTrouble, launch } from "./helpers";

const START = 1_000_000;

function viewOf(changes: Parameters<typeof launch>[0], afterMs: number) {
  const model = new LaunchModel();
  model.accept(launch({ startedAtMs: START, ...changes }));
  return model.view(START + afterMs);
}

describe("the launch", () => {
  it("is blank until something is known", () => {
    expect(new LaunchModel().view(0)).toEqual({ kind: "blank" });
  });

  it("asks before it shows progress", () => {
    expect(viewOf({ phase: "asking" }, 5_000)).toMatchObject({ kind: "ask", project: { folder: "~/shop" } });
  });

  it("gives way to the trouble page", () => {
    const model = new LaunchModel();
    model.accept(inTrouble());
    expect(model.view(0)).toEqual({ kind: "trouble" });
  });

  it("ignores an older generation, takes the same one and newer ones", () => {
    const model = new LaunchModel();
    expect(model.accept(launch({ generation: 3, step: "new" }))).toBe(true);
    expect(model.accept(launch({ generation: 2, step: "old" }))).toBe(false);
    expect(model.view(START)).toMatchObject({ step: "new" });
    expect(model.accept(launch({ generation: 3, step: "newer" }))).toBe(true);
    expect(model.accept(launch({ generation: 4, step: "newest" }))).toBe(true);
    expect(model.view(START)).toMatchObject({ step: "newest" });
  });

  it("has words of its own when none are sent", () => {
    expect(viewOf({ phase: "installing", step: " " }, 0)).toMatchObject({ step: "Installing packages" });
  });
});

describe("the elapsed time", () => {
  it.each([
    [0, null],
    [999, null],
    [1_000, "1 s"],
    [1_999, "1 s"],
    [59_999, "59 s"],
    [67_000, "1 min 07 s"],
  ])("after %i ms is %j", (afterMs, elapsed) => {
    expect(viewOf({}, afterMs)).toMatchObject({ elapsed });
  });

  it("names the limit once waiting has become long", () => {
    expect(viewOf({ phase: "waiting" }, 9_999)).toMatchObject({ elapsed: "9 s" });
    expect(viewOf({ phase: "waiting" }, 10_000)).toMatchObject({ elapsed: "10 s · waits up to 2 min" });
    expect(viewOf({ phase: "installing" }, 10_000)).toMatchObject({ elapsed: "10 s" });
  });

  it("is looked at again at the next full second, and at no other time", () => {
    expect(viewOf({}, 250)).toMatchObject({ nextChangeMs: 750 });
    expect(viewOf({}, 3_000)).toMatchObject({ nextChangeMs: 1_000 });
    expect(viewOf({ phase: "ready" }, 3_000)).toMatchObject({ elapsed: null, nextChangeMs: null });
  });

  it("survives a clock that was set back", () => {
    expect(viewOf({}, -3_600_000)).toMatchObject({ elapsed: null, nextChangeMs: 1_000 });
  });

  it("is said in minutes without seconds where there are none", () => {
    expect(spokenDuration(120_000)).toBe("2 min");
  });
});
