/** Turns styled runs into elements. Text enters by `textContent` only, never as HTML. */
import { make } from "../lib/dom";
import type { Colour, Run, Style } from "./sgr";

type Rgb = readonly [red: number, green: number, blue: number];

/** The sixteen named colours as backgrounds, the same in both themes. */
const NAMED: readonly Rgb[] = [
  [38, 44, 50], [192, 57, 48], [39, 125, 66], [201, 150, 20],
  [42, 103, 194], [150, 64, 160], [18, 124, 140], [214, 220, 225],
  [92, 103, 112], [224, 108, 98], [104, 184, 126], [232, 196, 92],
  [122, 166, 236], [200, 138, 214], [94, 192, 204], [250, 251, 252],
];
// Pure, because only then one of the two is readable on every background.
const BLACK: Rgb = [0, 0, 0];
const WHITE: Rgb = [255, 255, 255];
/** WCAG 2.2, 1.4.3 (AA) for text of normal size. */
const MIN_CONTRAST = 4.5;

/** One run as an element, or as bare text when it has no style. */
export function paintRun({ text, style }: Run): Node {
  const { fg, bg } = style.inverse ? inverted(style) : style;
  const classes = [
    style.bold ? "bold" : "",
    style.dim ? "dim" : "",
    style.italic ? "italic" : "",
    style.underline ? "underline" : "",
    bg === null && typeof fg === "number" ? `fg${fg}` : "",
    bg === null && fg !== null && typeof fg !== "number" ? "rgb" : "",
    bg !== null ? "on" : "",
  ];
  const className = classes.filter(Boolean).join(" ");
  if (className === "") return document.createTextNode(text);
  const span = make("span", className, text);
  // Set through the object model, which a content security policy without inline styles permits.
  if (bg !== null) {
    span.style.backgroundColor = css(rgb(bg));
    span.style.color = css(readable(fg, rgb(bg)));
  } else if (fg !== null && typeof fg !== "number") {
    // The style sheet keeps the hue and fits the lightness to the theme.
    span.style.setProperty("--c", css(fg));
  }
  return span;
}

/** Foreground and background exchanged; the terminal's own colours count as black on white. */
function inverted({ fg, bg }: Style): Pick<Style, "fg" | "bg"> {
  return { fg: bg ?? 0, bg: fg ?? 7 };
}

const rgb = (colour: Colour): Rgb =>
  typeof colour === "number" ? (NAMED[colour] ?? WHITE) : colour;

const css = ([r, g, b]: Rgb) => `rgb(${r}, ${g}, ${b})`;

/** The wanted text colour where it can be read on `bg`, else black or white. */
function readable(fg: Colour | null, bg: Rgb): Rgb {
  const wanted = fg === null ? null : rgb(fg);
  if (wanted !== null && contrast(wanted, bg) >= MIN_CONTRAST) return wanted;
  return contrast(BLACK, bg) >= contrast(WHITE, bg) ? BLACK : WHITE;
}

/** The contrast ratio of WCAG 2.2, from 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

function luminance([r, g, b]: Rgb): number {
  const linear = (channel: number) => {
    const c = channel / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
}
