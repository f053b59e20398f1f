import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogView, MAX_DOM_LINES } from "../log/log-view";
import { contrast } from "../log/paint";
import { holdFrames, line, lines } from "./helpers";

/** happy-dom lays nothing out, so each line is said to be ten pixels high in a box of a hundred. */
const LINE_PX = 10;
const BOX_PX = 100;

let box: HTMLElement;
let frames: ReturnType<typeof holdFrames>;

beforeEach(() => {
  frames = holdFrames();
  document.body.innerHTML = "<div id=box></div>";
  box = document.getElementById("box") as HTMLElement;
  Object.defineProperties(box, {
    clientHeight: { get: () => BOX_PX },
    scrollHeight: { get: () => Math.max(BOX_PX, box.childElementCount * LINE_PX) },
    scrollTop: { value: 0, writable: true },
  });
  vi.spyOn(HTMLElement.prototype, "offsetTop", "get").mockImplementation(function (this: HTMLElement) {
    return [...box.children].indexOf(this) * LINE_PX;
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

function scrollTo(top: number): void {
  box.scrollTop = top;
  box.dispatchEvent(new Event("scroll"));
}

const firstVisible = () => box.children[Math.round(box.scrollTop / LINE_PX)]?.textContent;

describe("bounds", () => {
  it("never has more lines in the document than the cap", () => {
    const view = new LogView(box);
    for (let i = 0; i < 5; i += 1) {
      view.append(lines(i * 1_500 + 1, (i + 1) * 1_500));
      frames.run();
      expect(box.childElementCount).toBeLessThanOrEqual(MAX_DOM_LINES);
    }
    expect(box.lastElementChild?.textContent).toBe("line 7500");
    expect(box.firstElementChild?.textContent).toBe("line 5501");
  });

  it("adds everything that arrives in one frame at once", () => {
    const view = new LogView(box);
    const append = vi.spyOn(box, "append");
    for (let seq = 1; seq <= 50; seq += 1) view.append([line(seq)]);
    expect(frames.asked).toBe(1);
    frames.run();
    expect(append).toHaveBeenCalledTimes(1);
    expect(box.childElementCount).toBe(50);
  });

  it("stays bounded in a window that gets no frames, and says what is missing", () => {
    const view = new LogView(box);
    for (let i = 0; i < 100; i += 1) view.append(lines(i * 1_000 + 1, (i + 1) * 1_000));
    frames.run();
    expect(box.childElementCount).toBe(MAX_DOM_LINES);
    expect(box.lastElementChild?.textContent).toBe("line 100000");
  });

  it("says where lines were skipped", () => {
    const view = new LogView(box);
    view.append([line(1)]);
    view.skipped(1_204);
    view.append([line(1_206)]);
    frames.run();
    expect([...box.children].map((child) => child.textContent)).toEqual(["line 1", "1,204 lines not shown", "line 1206"]);
  });
});

describe("following", () => {
  it("stays at the newest line", () => {
    const view = new LogView(box);
    view.append(lines(1, 40));
    frames.run();
    expect(box.scrollTop).toBe(40 * LINE_PX);
  });

  it("stops when the user scrolls up, and moves nothing while they read", () => {
    const onFollowChange = vi.fn();
    const view = new LogView(box, { onFollowChange });
    view.append(lines(1, 40));
    frames.run();
    scrollTo(120);
    view.append(lines(41, 80));
    frames.run();
    expect(onFollowChange.mock.calls).toEqual([[false]]);
    expect(box.scrollTop).toBe(120);
  });

  it("keeps the same line before the reader's eyes when old lines leave at the cap", () => {
    const view = new LogView(box);
    view.append(lines(1, MAX_DOM_LINES));
    frames.run();
    scrollTo(9_000);
    const reading = firstVisible();
    view.append(lines(MAX_DOM_LINES + 1, MAX_DOM_LINES + 300));
    frames.run();
    expect(firstVisible()).toBe(reading);
  });

  it("begins again at the end, or when it is asked to", () => {
    const view = new LogView(box);
    view.append(lines(1, 40));
    frames.run();
    scrollTo(0);
    expect(view.following).toBe(false);
    scrollTo(40 * LINE_PX - BOX_PX);
    expect(view.following).toBe(true);
    scrollTo(0);
    view.follow(true);
    expect(box.scrollTop).toBe(40 * LINE_PX);
  });
});

describe("content", () => {
  it("shows hostile lines as text and makes no element of theirs", () => {
    const view = new LogView(box);
    view.append([line(1, `<script>alert(1)</script>\x1b[31m<img src=x onerror=alert(1)>`)]);
    frames.run();
    expect(box.querySelector("script, img")).toBeNull();
    expect(box.textContent).toBe("<script>alert(1)</script><img src=x onerror=alert(1)>");
  });

  it("keeps the colours of the two streams apart", () => {
    const view = new LogView(box);
    view.append([{ seq: 1, stream: "stderr", line: "\x1b[31mred" }, line(2, "plain"), { seq: 3, stream: "stderr", line: "red" }]);
    frames.run();
    expect([...box.children].map((child) => child.querySelector(".fg1") !== null)).toEqual([true, false, true]);
  });

  it("filters what came and what comes, without regard to case", () => {
    const onChange = vi.fn();
    const view = new LogView(box, { onChange });
    view.append([line(1, "an \x1b[31mER\x1b[0mROR"), line(2, "fine")]);
    frames.run();
    view.filter("error");
    view.append([line(3, "no error"), line(4, "fine")]);
    frames.run();
    expect(view.text()).toBe("an ERROR\nno error");
    expect(onChange).toHaveBeenLastCalledWith({ shown: 2, kept: 4 });
    view.filter("");
    expect(box.childElementCount).toBe(4);
  });

  it("never puts text on a background that hides it", () => {
    const view = new LogView(box);
    const codes = Array.from({ length: 256 }, (_, n) => `\x1b[38;5;${n};48;5;${n}mx`);
    view.append(codes.map((code, n) => line(n + 1, code)));
    frames.run();
    for (const span of box.querySelectorAll<HTMLElement>(".on")) {
      const [fg, bg] = [span.style.color, span.style.backgroundColor].map(
        (colour) => colour.match(/\d+/g)?.map(Number) as unknown as [number, number, number],
      );
      expect(contrast(fg!, bg!)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
