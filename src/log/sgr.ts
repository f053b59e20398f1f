/**
 * Reads one line of terminal output into runs of text with a style (ECMA-48, and the colour
 * sequences of xterm). Whatever is no colour is dropped: cursor movement, titles, links, bells.
 *
 * The input is hostile by assumption. Nothing here makes HTML, every expression below is linear in
 * the line's length, and what is shown of one line is bounded by {@link MAX_CHARS}.
 */

/** More of one line is cut off with an ellipsis. */
export const MAX_CHARS = 4_096;
/** Raw characters read of one line; with this many, nearly all of them were escape sequences. */
const MAX_RAW = 16 * MAX_CHARS;
/** After this many carriage returns in a line, what lies below a pass is forgotten. */
const MAX_REWINDS = 256;

/** A colour: one of the sixteen that themes define, or red, green and blue. */
export type Colour = number | readonly [red: number, green: number, blue: number];

/** How a run of text looks. */
export interface Style {
  fg: Colour | null;
  bg: Colour | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
}

/** Text of one style. */
export interface Run {
  text: string;
  style: Style;
}

const PLAIN: Style = {
  fg: null, bg: null, bold: false, dim: false, italic: false, underline: false, inverse: false,
};

// In this order: a CSI sequence with its parameters and final byte; a string sequence (title, link)
// up to its end or the line's; any other escape; a carriage return; other control characters.
const TOKEN =
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-Z\\^-~]?|\r+|[\0-\x08\x0a-\x1f\x7f-\x9f]/g;
/** A colour sequence that the line's end has cut in two. */
const CUT = /\x1b(?:\[[0-9;:]{0,64})?$/;
const MENDED = /^\x1b\[[0-9;:]{0,128}m/;

/** Reads the lines of one stream. Colours that a line leaves on hold for the next one. */
export class SgrParser {
  #style: Style = PLAIN;
  #cut = "";

  /** The runs of `line`, in order, empty ones left out. */
  parse(line: string): Run[] {
    const text = readable(this.#mend(line));
    const row = new Row();
    let from = 0;
    for (const token of text.matchAll(TOKEN)) {
      row.write(text.slice(from, token.index), this.#style);
      from = token.index + token[0].length;
      const [sequence, parameters = "", final] = token;
      if (final === "m") this.#style = applySgr(this.#style, parameters);
      else if (final === "K") row.erase(parameters);
      else if (sequence.startsWith("\r")) row.rewind();
    }
    row.write(text.slice(from), this.#style);
    return row.finish();
  }

  /** Joins a colour sequence that was cut by the end of the last line, and cuts off the next. */
  #mend(line: string): string {
    const joined = this.#cut + line;
    const whole = this.#cut !== "" && MENDED.test(joined) ? joined : line;
    this.#cut = CUT.exec(whole.slice(-70))?.[0] ?? "";
    return whole.slice(0, whole.length - this.#cut.length);
  }
}

/** The part of a line that is read: of an endless progress display its latest state. */
function readable(line: string): string {
  if (line.length <= MAX_RAW) return line;
  const recent = line.indexOf("\r", line.length - MAX_RAW);
  return recent < 0 || recent === line.length - 1 ? line.slice(0, MAX_RAW) : line.slice(recent);
}

/** The cells of one line, which a carriage return lets a program write again. */
class Row {
  #runs: Run[] = [];
  #length = 0;
  #rewinds = 0;
  /** What an earlier pass wrote at and after the present column. */
  #under: Run[] = [];

  write(text: string, style: Style): void {
    const room = MAX_CHARS - this.#length;
    if (text === "" || room <= 0) return;
    const shown = text.length > room ? `${text.slice(0, room - 1)}…` : text;
    const last = this.#runs.at(-1);
    if (last !== undefined && last.style === style) last.text += shown;
    else this.#runs.push({ text: shown, style });
    this.#length += shown.length;
  }

  rewind(): void {
    this.#rewinds += 1;
    this.#under = this.#rewinds > MAX_REWINDS ? this.#runs : this.finish();
    this.#runs = [];
    this.#length = 0;
  }

  /** Erase in line: 0 or nothing erases to the end, 1 and 2 also what is before the column. */
  erase(parameters: string): void {
    this.#under = [];
    if (parameters === "1" || parameters === "2") {
      // Spaces keep the column, as in a terminal.
      this.#runs = this.#length > 0 ? [{ text: " ".repeat(this.#length), style: PLAIN }] : [];
    }
  }

  finish(): Run[] {
    const tail: Run[] = [];
    let column = 0;
    for (const run of this.#under) {
      const rest = run.text.slice(Math.max(0, this.#length - column));
      if (rest !== "") tail.push({ text: rest, style: run.style });
      column += run.text.length;
    }
    return [...this.#runs, ...tail];
  }
}

/** The style after a "select graphic rendition" sequence; unknown numbers change nothing. */
function applySgr(before: Style, parameters: string): Style {
  const groups = parameters.split(";", 64);
  const codes = groups.map(Number);
  let style = { ...before };
  for (let i = 0; i < groups.length; i += 1) {
    const group = groups[i] ?? "";
    const code = Number.parseInt(group, 10) || 0;
    if (code === 38 || code === 48) {
      const [colour, used] = group.includes(":")
        ? [colonColour(group), 0]
        : extendedColour(codes.slice(i + 1));
      i += used;
      if (colour !== null) style[code === 38 ? "fg" : "bg"] = colour;
    } else if (code === 0) style = { ...PLAIN };
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 3) style.italic = true;
    else if (code === 4) style.underline = group !== "4:0";
    else if (code === 7) style.inverse = true;
    else if (code === 22) style.bold = style.dim = false;
    else if (code === 23) style.italic = false;
    else if (code === 24) style.underline = false;
    else if (code === 27) style.inverse = false;
    else if (code >= 30 && code <= 37) style.fg = code - 30;
    else if (code === 39) style.fg = null;
    else if (code >= 40 && code <= 47) style.bg = code - 40;
    else if (code === 49) style.bg = null;
    else if (code >= 90 && code <= 97) style.fg = code - 82;
    else if (code >= 100 && code <= 107) style.bg = code - 92;
  }
  return style;
}

/** `38:5:n`, `38:2:r:g:b`, or with a colour space, which is ignored: `38:2::r:g:b`. */
function colonColour(group: string): Colour | null {
  const [, kind = 0, ...rest] = group.split(":", 8).map(Number);
  return extendedColour([kind, ...(kind === 2 && rest.length > 3 ? rest.slice(1) : rest)])[0];
}

/** What follows 38 or 48: `5;n` of 256 colours or `2;r;g;b`, and how many numbers that took. */
function extendedColour(codes: number[]): [Colour | null, used: number] {
  const [kind, ...rest] = codes;
  const [a, b, c] = rest;
  if (kind === 5) return [isByte(a) ? paletteColour(a) : null, 2];
  if (kind === 2) return [isByte(a) && isByte(b) && isByte(c) ? [a, b, c] : null, 4];
  return [null, 1];
}

const isByte = (n: number | undefined): n is number =>
  n !== undefined && Number.isInteger(n) && n >= 0 && n <= 255;

/** The 256 colours: 16 of the theme, a 6 × 6 × 6 cube, 24 greys. */
function paletteColour(index: number): Colour {
  if (index < 16) return index;
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [grey, grey, grey];
  }
  const level = (n: number) => (n % 6 === 0 ? 0 : 55 + (n % 6) * 40);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6)), level(cube)];
}
