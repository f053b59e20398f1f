import { describe, expect, it } from "vitest";
import { MAX_CHARS, type Run, SgrParser } from "../log/sgr";

const parse = (line: string) => new SgrParser().parse(line);
const text = (runs: Run[]) => runs.map((run) => run.text).join("");
const shown = (line: string) => text(parse(line));
const styleOf = (line: string) => parse(line)[0]?.style;

describe("colours", () => {
  it("reads the eight, the bright eight, and their backgrounds", () => {
    expect(styleOf("\x1b[31mx")?.fg).toBe(1);
    expect(styleOf("\x1b[97mx")?.fg).toBe(15);
    expect(styleOf("\x1b[44mx")?.bg).toBe(4);
    expect(styleOf("\x1b[100mx")?.bg).toBe(8);
  });

  it("reads the 256 as theme colours, cube and greys", () => {
    expect(styleOf("\x1b[38;5;9mx")?.fg).toBe(9);
    expect(styleOf("\x1b[38;5;16mx")?.fg).toEqual([0, 0, 0]);
    expect(styleOf("\x1b[38;5;208mx")?.fg).toEqual([255, 135, 0]);
    expect(styleOf("\x1b[48;5;244mx")?.bg).toEqual([128, 128, 128]);
  });

  it("reads true colour, also with colons, and goes on after it", () => {
    expect(styleOf("\x1b[38;2;1;2;3mx")?.fg).toEqual([1, 2, 3]);
    expect(styleOf("\x1b[38:2:1:2:3mx")?.fg).toEqual([1, 2, 3]);
    expect(styleOf("\x1b[38;2;1;2;3;1mx")?.bold).toBe(true);
  });

  it("reads colons with a colour space as xterm does", () => {
    expect(styleOf("\x1b[38:2::1:2:3mx")?.fg).toEqual([1, 2, 3]);
    expect(styleOf("\x1b[4:3mx")).toMatchObject({ underline: true, italic: false });
  });

  it("ignores a colour out of range instead of taking a part of it for something else", () => {
    expect(styleOf("\x1b[38;2;999;2;3mx")).toMatchObject({ fg: null, dim: false, italic: false });
    expect(styleOf("\x1b[38;5;256mx")?.fg).toBeNull();
    expect(styleOf("\x1b[38mx")?.fg).toBeNull();
  });

  it("turns bold, dim and the rest on and off", () => {
    const runs = parse("\x1b[1;2;3;4;7ma\x1b[22;23;24;27mb\x1b[32mc\x1b[md");
    expect(runs[0]?.style).toMatchObject({ bold: true, dim: true, italic: true, underline: true, inverse: true });
    expect(runs[1]?.style).toMatchObject({ bold: false, dim: false, italic: false, underline: false, inverse: false });
    expect(runs[2]?.style.fg).toBe(2);
    expect(runs[3]?.style.fg).toBeNull();
  });
});

describe("across lines", () => {
  it("a colour holds until it is taken back", () => {
    const parser = new SgrParser();
    parser.parse("\x1b[31mred");
    expect(parser.parse("still red")[0]?.style.fg).toBe(1);
    expect(parser.parse("\x1b[0mplain")[0]?.style.fg).toBeNull();
  });

  it.each(["\x1b", "\x1b[", "\x1b[3", "\x1b[1;3"])("a sequence cut after %j is mended", (cut) => {
    const parser = new SgrParser();
    const rest = "\x1b[1;31m".startsWith(cut) ? "\x1b[1;31m".slice(cut.length) : "1m";
    expect(text(parser.parse(`before${cut}`))).toBe("before");
    const runs = parser.parse(`${rest}after`);
    expect(text(runs)).toBe("after");
    expect(runs[0]?.style.fg).toBe(1);
  });

  it("a cut sequence that the next line does not complete costs that line nothing", () => {
    const parser = new SgrParser();
    parser.parse("broken \x1b[31");
    expect(text(parser.parse("Hello"))).toBe("Hello");
    expect(text(parser.parse("more"))).toBe("more");
  });

  it("an unfinished title swallows its own line only", () => {
    const parser = new SgrParser();
    expect(text(parser.parse("seen \x1b]0;never closed"))).toBe("seen ");
    expect(text(parser.parse("seen again"))).toBe("seen again");
  });
});

describe("what is dropped", () => {
  it.each([
    ["cursor movement", "\x1b[2J\x1b[H\x1b[10Ax", "x"],
    ["private modes", "\x1b[?25l\x1b[?2026hx\x1b[>4;2m", "x"],
    ["a link's target", "\x1b]8;;https://a.test\x07link\x1b]8;;\x1b\\", "link"],
    ["device control", "\x1bPq#0;2;0\x1b\\x", "x"],
    ["character sets and resets", "\x1b(B\x1bc\x1b7x\x1b8", "x"],
    ["eight-bit control sequences", "\x9b31mx\x9d0;title\x9cy", "xy"],
    ["bells, nulls, backspaces", "a\x07\x00\x08b\x7f", "ab"],
    ["an escape at the end", "x\x1b", "x"],
    ["an escape before an escape", "\x1b\x1b[31mx", "x"],
  ])("%s", (_, line, expected) => {
    expect(shown(line)).toBe(expected);
  });

  it("keeps tabs, other scripts and emoji", () => {
    expect(shown("\tgrüße 日本 🚢")).toBe("\tgrüße 日本 🚢");
  });
});

describe("carriage return", () => {
  it("writes the line again, and what is longer below it stays", () => {
    expect(shown("10 %\r99 %")).toBe("99 %");
    expect(shown("abcdef\rXY")).toBe("XYcdef");
    expect(shown("abcdef\rXY\x1b[K")).toBe("XY");
    expect(shown("abcdef\r\x1b[2KXY")).toBe("XY");
  });

  it("at the end of the line erases nothing", () => {
    expect(shown("windows\r")).toBe("windows");
    expect(shown("windows\r\r")).toBe("windows");
  });

  it("shows the latest state of an endless progress display", () => {
    const line = Array.from({ length: 20_000 }, (_, n) => `\rdone ${n}`).join("");
    expect(shown(line)).toBe("done 19999");
  });

  it("keeps the colours of what stays", () => {
    const runs = parse("\x1b[31mabc\x1b[32mdef\rXY");
    expect(text(runs)).toBe("XYcdef");
    expect(runs.map((run) => run.style.fg)).toEqual([2, 1, 2]);
  });
});

describe("hostile input", () => {
  it("leaves markup as the text it is", () => {
    expect(shown("<script>alert(1)</script>&lt;")).toBe("<script>alert(1)</script>&lt;");
  });

  it("shows a bounded part of an endless line", () => {
    const long = shown("x".repeat(1_000_000));
    expect(long).toHaveLength(MAX_CHARS);
    expect(long.endsWith("…")).toBe(true);
  });

  it.each([
    ["an endless escape", `\x1b[${"1;".repeat(500_000)}`],
    ["escapes without end", "\x1b[".repeat(500_000)],
    ["titles without end", "\x1b]".repeat(500_000)],
    ["spaces before a final byte that never comes", `\x1b[${" ".repeat(1_000_000)}`],
    ["as many styles as characters", "\x1b[31ma\x1b[32mb".repeat(100_000)],
    ["as many returns as characters", "a\r".repeat(500_000)],
    ["many returns over many styles", `${"\x1b[31ma\x1b[32mb".repeat(1_800)}${"\ra".repeat(20_000)}`],
  ])("%s takes no time and stays bounded", (_, line) => {
    // Linear work on a bounded line; a quadratic slip would take minutes.
    expect(text(parse(line)).length).toBeLessThanOrEqual(MAX_CHARS);
  });
});
