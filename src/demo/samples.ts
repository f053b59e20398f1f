/** Sample launches and output, one for each state that a page can be in. */
import type { Launch, Phase, Trouble } from "../lib/contract";

const E = "\x1b[";

const VITE = [
  `> shop@1.4.0 dev ~/code/shop`,
  `> vite`,
  ``,
  `  ${E}32m${E}1mVITE${E}22m v8.3.8${E}39m  ${E}2mready in ${E}0m${E}1m412${E}22m${E}2m${E}0m ms${E}22m`,
  ``,
  `  ${E}32m➜${E}39m  ${E}1mLocal${E}22m:   ${E}36mhttp://localhost:${E}1m5173${E}22m/${E}39m`,
  `  ${E}2m${E}32m➜${E}39m${E}22m${E}2m  ${E}1mNetwork${E}22m${E}2m: use ${E}22m${E}1m--host${E}22m${E}2m to expose${E}22m`,
];

const CRASH = [
  `> shop@1.4.0 dev ~/code/shop`,
  `> vite`,
  ``,
  `${E}31merror when starting dev server:${E}39m`,
  `${E}31mError: Cannot find package 'vite-plugin-inspect' imported from ~/code/shop/vite.config.ts${E}39m`,
  `    at packageResolve (node:internal/modules/esm/resolve:873:9)`,
  `    at moduleResolve (node:internal/modules/esm/resolve:946:18)`,
  `    at defaultResolve (node:internal/modules/esm/resolve:1188:11) {`,
  `  code: ${E}32m'ERR_MODULE_NOT_FOUND'${E}39m`,
  `}`,
  `${E}41m${E}30m ELIFECYCLE ${E}39m${E}49m ${E}31mCommand failed with exit code 1.${E}39m`,
];

const COLOURS = [
  ...[30, 90].map((base) => [..."01234567"].map((n) => `${E}${base + Number(n)}mcolour ${n}${E}0m`).join("  ")),
  ...[40, 100].map((base) => [..."01234567"].map((n) => `${E}${base + Number(n)}m colour ${n} ${E}0m`).join(" ")),
  [...Array(36).keys()].map((n) => `${E}38;5;${16 + n * 6}m█${E}0m`).join(""),
  [...Array(36).keys()].map((n) => `${E}38;2;${n * 7};40;${255 - n * 7}mtrue${E}0m`).join(" "),
  `${E}1mbold${E}0m ${E}2mdim${E}0m ${E}3mitalic${E}0m ${E}4munderline${E}0m ${E}7m inverse ${E}0m`,
];

const HOSTILE = [
  `<script>alert("no")</script><img src=x onerror=alert(1)>`,
  `${E}31m<b>red, not bold</b>${E}0m & &amp; &lt;`,
  `\x1b]8;;https://example.test\x07a link${"\x1b]8;;\x07"} and \x1b]0;a titlè\x07no title`,
  `${E}2J${E}H${E}10Acursor movement is dropped`,
  `progress  10 %\rprogress  55 %\rprogress 100 %`,
  `\u202egnirts desrever a\u202c, and \u0007a bell`,
  "long ".repeat(120),
];

/** The output that belongs to a state. */
export function linesOf(state: string): string[] {
  switch (state.replace(/-live$/, "")) {
    case "looking":
    case "port-held":
    case "tool-not-found":
    case "no-dev-script":
    case "folder-missing":
      return [];
    case "starting":
      return VITE.slice(0, 2);
    case "installing":
      return ["Lockfile is up to date, resolution step is skipped", `Progress: resolved ${E}96m214${E}39m, reused ${E}96m198${E}39m, downloaded ${E}96m16${E}39m, added ${E}96m141${E}39m`];
    case "hostile":
      return [...HOSTILE, ...COLOURS];
    case "server-exited":
    case "server-died":
      return CRASH;
    case "log":
    case "many":
      return [...COLOURS, ...Array.from({ length: 60 }, () => [...VITE, ...CRASH]).flat(), ...VITE];
    default:
      return VITE;
  }
}

const retry = { id: "retry", label: "Retry", primary: true };
const LOG = "~/.local/share/berth/shop-3f9a/.tauri-sidecar-log";

const TROUBLES: Record<string, Omit<Trouble, "code">> = {
  "port-held": {
    sentence: "Port 5173 is held by node, pid 4711, started in ~/shop at 09:12",
    cause: "Another program was there first. Berth ends only what it has started itself, so it left that one alone.",
    evidence: ["node ~/shop/node_modules/.bin/vite", "Listens on [::1]:5173 since 09:12 today", "Not started by Berth"],
    actions: [
      { id: "use-port:5174", label: "Use port 5174 instead", primary: true },
      { id: "retry", label: "Retry", primary: false },
    ],
    logPath: null,
  },
  "tool-not-found": {
    sentence: "pnpm was not found",
    cause: "The project asks for pnpm, and your shell's PATH has none. Install it with “npm install --global pnpm”, then retry.",
    evidence: ["Looked in ~/.local/share/pnpm", "Looked in ~/.nvm/versions/node/v20.20.2/bin", "Looked in /usr/local/bin, /usr/bin and /bin", "package.json names pnpm@12.21.0"],
    actions: [retry],
    logPath: null,
  },
  "no-dev-script": {
    sentence: "package.json has no “dev” script",
    cause: "Berth starts a project by its dev script. Add one, or name the command in berth.json.",
    evidence: ["Scripts that are there: build, lint, preview"],
    actions: [retry],
    logPath: null,
  },
  "folder-missing": {
    sentence: "The folder ~/code/shop is not there",
    cause: "It was moved, renamed or deleted, or its disk is not connected.",
    evidence: [],
    actions: [retry],
    logPath: null,
  },
  "server-exited": {
    sentence: "The server ended with code 1 before it was ready",
    cause: "It could not find the package “vite-plugin-inspect”. The packages may not be installed.",
    evidence: ["pnpm dev ended after 0.8 s with code 1"],
    actions: [{ id: "install", label: "Install and Retry", primary: true }, { ...retry, primary: false }],
    logPath: LOG,
  },
  "never-ready": {
    sentence: "The server did not answer on port 5173 within 2 minutes",
    cause: "It runs, but nothing listens there. It may be busy with a first build, or use another port.",
    evidence: ["pnpm dev still runs, pid 5120", "Its processes listen on no port"],
    actions: [retry],
    logPath: LOG,
  },
  "server-died": {
    sentence: "The server stopped while the page was open",
    cause: "It was ended by SIGKILL, which the system does when memory runs out. Berth tried three times to start it again.",
    evidence: ["pnpm dev was ended by signal 9 at 14:02:11", "3 restarts in 60 s"],
    actions: [retry],
    logPath: LOG,
  },
};

const STEPS: Record<string, [Phase, string, elapsedMs: number]> = {
  asking: ["asking", "", 0],
  looking: ["looking", "Looking for pnpm", 200],
  freeing: ["freeing_port", "Freeing port 5173", 1_400],
  installing: ["installing", "Installing packages", 8_200],
  starting: ["starting", "Starting pnpm dev", 600],
  waiting: ["waiting", "Waiting for the server on port 5173", 3_300],
  slow: ["waiting", "Waiting for the server on port 5173", 67_000],
  ready: ["ready", "Opening localhost:5173", 1_200],
  stopping: ["stopping", "Stopping pnpm dev", 2_000],
};

/** The launch that a state stands for; an unknown one waits for its server. */
export function launchOf(state: string, nowMs: number): Launch {
  const trouble = TROUBLES[state];
  const [phase, step, elapsedMs] = STEPS[state.replace(/-live$/, "")] ?? ["waiting", "Waiting for the server on port 5173", 3_300];
  return {
    generation: 1,
    project: { name: "shop", folder: "~/code/shop", command: "pnpm dev" },
    phase: trouble ? "trouble" : phase,
    step,
    startedAtMs: nowMs - elapsedMs,
    readyTimeoutMs: 120_000,
    url: null,
    trouble: trouble ? { code: state, ...trouble } : null,
  };
}
