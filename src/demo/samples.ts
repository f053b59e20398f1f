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
    case "port-barred":
    case "on-a-share":
    case "tool-not-found":
    case "no-dev-script":
    case "folder-missing":
    case "bad-config":
    case "same-project":
      return [];
    case "not-installed":
      return ["", "> shop@1.4.0 dev", "> vite --port 5173 --strictPort", "", "sh: 1: vite: not found"];
    case "install-failed":
      return [`${E}41m${E}30m ERR_PNPM_NO_MATCHING_VERSION ${E}39m${E}49m ${E}31mNo matching version found for left-pad@99.0.0${E}39m`, "", "This error happened while installing a direct dependency of ~/code/shop", "", 'The latest release of left-pad is "1.3.0".'];
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
const install = [
  { id: "install", label: "Install and Retry", primary: true },
  { ...retry, primary: false },
];
const LOG = "~/.local/share/dev.berth.app/projects/shop-3f9a5c0e1b7d2468/.tauri-sidecar-log";

/** In the words of `src-tauri/src/trouble/`. */
const TROUBLES: Record<string, Omit<Trouble, "code" | "logPath">> = {
  "port-held": {
    sentence: "Port 5173 is held by node, pid 4711, started 2 hours ago in ~/code/harbour.",
    cause: "Another program uses the port. Berth does not end what it has not started. Another port works too, but pages keep logins and storage by port.",
    evidence: ["Its command: node ~/code/harbour/node_modules/.bin/vite"],
    actions: [retry, { id: "use-port:5174", label: "Use port 5174 instead", primary: false }],
  },
  "port-barred": {
    sentence: "Windows keeps port 5173 for itself.",
    cause:
      "Nobody uses it, but Windows has reserved a range of ports around it, perhaps for Hyper-V, WSL or Docker. “netsh interface ipv4 show excludedportrange protocol=tcp” lists the ranges, which may change when Windows starts anew. Another port works, but pages keep logins and storage by port.",
    evidence: [],
    actions: [
      { id: "use-port:5246", label: "Use port 5246 instead", primary: true },
      { id: "retry", label: "Retry", primary: false },
    ],
  },
  "same-project": {
    sentence: "Port 5173 is held by node, pid 4711, started 2 hours ago in ~/code/shop.",
    cause: "This project’s server seems to run elsewhere already, perhaps in a terminal. Berth leaves it alone: end it there, or open it as it is.",
    evidence: ["Its command: node ~/code/shop/node_modules/.bin/vite"],
    actions: [
      retry,
      { id: "open-url:http://localhost:5173/", label: "Open localhost:5173 in the browser", primary: false },
      { id: "use-port:5174", label: "Use port 5174 instead", primary: false },
    ],
  },
  "on-a-share": {
    sentence: "\\\\nas\\home\\shop is on a network share.",
    cause:
      "Its command needs Windows’ command line (cmd.exe), which runs in no folder of a share. “net use Z: \\\\nas\\home” gives the share a letter: open the folder on that drive.",
    evidence: [],
    actions: [retry],
  },
  "tool-not-found": {
    sentence: "pnpm was not found.",
    cause: "It is not installed, or its folder is not on the PATH of your login shell. “npm install -g pnpm” installs it.",
    evidence: ["Not in ~/.local/bin", "Not in /usr/local/bin", "Not in /usr/bin", "Not in /bin", "Not in ~/.nvm/versions/node/v20.20.2/bin", "Not in ~/.local/share/pnpm"],
    actions: [retry],
  },
  "no-dev-script": {
    sentence: "package.json has no script “dev”.",
    cause: "It has build, lint, preview. Name the right one in berth.json as “script”.",
    evidence: [],
    actions: [retry],
  },
  "folder-missing": {
    sentence: "~/code/shop does not exist.",
    cause: "It may have been moved or renamed, or lie on a disk that is not connected.",
    evidence: [],
    actions: [retry],
  },
  "bad-config": {
    sentence: "berth.json has a mistake in it.",
    cause: "Nothing was started; correct it and try again.",
    evidence: ["~/code/shop/berth.json, line 2, key `prot`: there is no such key; did you mean `port`?"],
    actions: [retry],
  },
  "not-installed": {
    sentence: "The project’s packages are not installed.",
    cause: "npm run dev ended before its server was ready, and there is no node_modules folder. A project that was just cloned or copied has none.",
    evidence: [],
    actions: install,
  },
  "server-exited": {
    sentence: "pnpm run dev ended with code 1 before its server was ready.",
    cause: "A package is missing: installing the packages may help.",
    evidence: [],
    actions: install,
  },
  "install-failed": {
    sentence: "Installing the packages ended with code 1.",
    cause: "Its last lines may say why.",
    evidence: [],
    actions: [
      { id: "install", label: "Install Again", primary: true },
      { id: "retry", label: "Start without", primary: false },
    ],
  },
  "never-ready": {
    sentence: "pnpm run dev did not become ready within 2 min.",
    cause: "It runs, but nothing of it answers on its port. Its last lines may say why; a slow project can set “readyTimeout” in berth.json.",
    evidence: [],
    actions: [retry],
  },
  "page-missing": {
    sentence: "The server is running, but its page did not load.",
    cause: "It may be starting itself anew, as after a change of its configuration; then it is back in a moment. Its log may say more.",
    evidence: ["Could not connect to localhost: Connection refused"],
    actions: [{ id: "load-again", label: "Load Again", primary: true }, { id: "refresh", label: "Restart the Server", primary: false }],
  },
  "server-died": {
    sentence: "pnpm run dev was ended by signal 9 while it was in use.",
    cause: "Its last lines may say why. Berth is starting it again; then this page goes back to where you were.",
    evidence: [],
    actions: [retry],
  },
};

const STEPS: Record<string, [Phase, string, elapsedMs: number]> = {
  asking: ["asking", "", 0],
  looking: ["looking", "Looking for pnpm", 200],
  freeing: ["freeing_port", "Freeing port 5173", 1_400],
  installing: ["installing", "Installing packages", 8_200],
  starting: ["starting", "Starting pnpm run dev", 600],
  waiting: ["waiting", "Waiting for the server on port 5173", 3_300],
  slow: ["waiting", "Waiting for the server on port 5173", 67_000],
  ready: ["ready", "Opening localhost:5173", 1_200],
  stopping: ["stopping", "Stopping the server", 2_000],
};

/** The launch that a state stands for; an unknown one waits for its server. */
export function launchOf(state: string, nowMs: number): Launch {
  const trouble = TROUBLES[state];
  const [phase, step, elapsedMs] = STEPS[state.replace(/-live$/, "")] ?? ["waiting", "Waiting for the server on port 5173", 3_300];
  return {
    generation: 1,
    project: { name: "shop", folder: "~/code/shop", command: "pnpm run dev" },
    phase: trouble ? "trouble" : phase,
    step,
    startedAtMs: nowMs - elapsedMs,
    readyTimeoutMs: 120_000,
    url: null,
    trouble: trouble ? { code: state, logPath: LOG, ...trouble } : null,
  };
}
