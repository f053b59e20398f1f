// A protocol's bytes between a page and its sidecar, in a real web view: what the
// page is handed of the sidecar's stdout, and what it writes to its stdin.
import { existsSync } from "node:fs";
import { dirname } from "node:path";

import { drive } from "../../../tests/lib/webdriver.mjs";
import { stop } from "../../lib/child.mjs";
import { startDisplay } from "../../lib/display.mjs";
import { binary, inScope, until } from "../machine.mjs";
import { atLeast } from "../owed.mjs";

export const name = "stdio";
export const title = "A protocol on standard input and output, in a page";
export const about = [
  "An app with one window and one page, on a virtual display: `crates/fake-app` with this plugin, and one with Tauri's shell plugin 2.6.0 and its raw encoding (`scripts/bench/native/shell-page`), built with the same profile. The page takes what the sidecar writes as fast as it is handed, writes 1 MiB at a time as fast as that is taken, or has the sidecar copy one to the other. It counts what it is handed; what it only writes is compared byte by byte by the sidecar.",
  "The shell plugin cannot close a sidecar's input, by which this sidecar learns that it has all: so it has no row for that. It writes on the app's main thread, and hands over output whether or not the page keeps up.",
];

const PAGE_LIMIT_MS = 20_000;
const MIB = 1 << 20;
/** A page is to move 50 MB in a second. */
const OWED = 50e6 / MIB;

/** What the test server does, and how the page begins and ends with it. */
const WAYS = {
  stdout: {
    flags: (bytes) => ["--source", String(bytes)],
    script: "await all(() => taken >= total);",
  },
  stdin: {
    flags: () => ["--sink"],
    script: "await writeAll(); await closeStdin(); await all(() => text.endsWith('\\n')); taken = Number(text.match(/^sink (\\d+)$/m)?.[1]);",
  },
  both: {
    flags: () => ["--echo-stdin"],
    script: "await writeAll(); await all(() => taken >= total);",
  },
};

const APPS = {
  ours: {
    binary: binary("fake-app"),
    ready: "return Boolean(window.__TAURI__?.sidecarLifecycle?.Sidecar)",
    args: (args) => ["--sidecar", `server=${JSON.stringify({ name: "fake-sidecar", args, stdin: "piped", stdout: "raw" })}`],
    begin: `
      const server = await window.__TAURI__.sidecarLifecycle.Sidecar.attach("server");
      const write = (bytes) => server.write(bytes), closeStdin = () => server.closeStdin();
      await server.onOutput(take);`,
  },
  shell: {
    binary: binary("shell-page"),
    ready: "return Boolean(window.__TAURI__?.shell?.Command)",
    args: () => [],
    begin: `
      const command = window.__TAURI__.shell.Command.create("server", words, { encoding: "raw" });
      command.stdout.on("data", take);
      const child = await command.spawn();
      const write = (bytes) => child.write(bytes);`,
  },
};

const ROWS = [
  { what: "this plugin: the sidecar's stdout", app: "ours", way: "stdout" },
  { what: "this plugin: the sidecar's stdin", app: "ours", way: "stdin" },
  { what: "this plugin: both, copied by the sidecar", app: "ours", way: "both" },
  { what: "shell plugin: the sidecar's stdout", app: "shell", way: "stdout" },
  { what: "shell plugin: both, copied by the sidecar", app: "shell", way: "both" },
];

export async function measure({ runs, quick }) {
  if (process.platform !== "linux") throw new Error("the page is driven through WebKitWebDriver, on Linux");
  return inScope(async (scope) => {
    const display = await startDisplay();
    scope.defer(() => display.stop());
    const samples = ROWS.map(() => []);
    const missing = ROWS.map(({ app }) => (existsSync(APPS[app].binary) ? undefined : "it is not built"));
    for (let run = 0; run < runs(7); run++) {
      for (const [row, { app, way }] of ROWS.entries()) {
        if (missing[row]) continue;
        const mib = quick ? 4 : app === "ours" ? 128 : 16;
        samples[row].push(await inScope((each) => speedOf(each, display, APPS[app], WAYS[way], mib * MIB)));
      }
    }
    const rows = ROWS.map(({ what, app }, row) => {
      const ours = app === "ours";
      return { what, ours, missing: missing[row], samples: samples[row], owed: ours ? atLeast({ median: OWED }) : undefined };
    });
    const table = { unit: "MiB/s", scale: "log", better: "more", glance: "Bytes between a page and its sidecar" };
    return { tables: [{ id: name, title: "128 MiB through one page (16 through the shell plugin)", ...table, rows }] };
  });
}

/** MiB in a second, from the first that the page asks for to the last byte. */
async function speedOf(scope, display, app, { flags, script }, total) {
  const args = ["--no-listen", "--max-life", "3m", ...flags(total)];
  const { child, page } = await drive(app.binary, app.args(args), {
    env: { ...process.env, ...display.env, ...homeIn(scope.folder), PATH: `${dirname(app.binary)}:${process.env.PATH}` },
    stdio: "ignore",
  });
  scope.defer(() => stop(child, 5_000));
  if (!(await until(() => page.run(app.ready).catch(() => false), PAGE_LIMIT_MS))) throw new Error("the page did not come up");
  const result = await page.runAsync(
    `const [total, words] = args;
     const pattern = Uint8Array.from({ length: 65521 }, (_, n) => Math.imul(n, 2654435761) >>> 24);
     const whole = Uint8Array.from({ length: total }, (_, n) => pattern[n % pattern.length]);
     const decoder = new TextDecoder();
     let taken = 0, text = "", seen = () => {};
     const take = (bytes) => {
       taken += bytes.length;
       if (taken < 1000) text += decoder.decode(Uint8Array.from(bytes));
       seen();
     };
     const all = (done) => new Promise((resolve) => {
       seen = () => done() && resolve();
       seen();
     });
     const from = performance.now();
     ${app.begin}
     const writeAll = async () => {
       for (let at = 0; at < total; at += 1 << 20) await write(whole.subarray(at, at + (1 << 20)));
     };
     ${script}
     return { taken, ms: performance.now() - from };`,
    total,
    args,
  );
  if (result.taken !== total) throw new Error(result.thrown ?? `${result.taken} bytes of ${total} arrived`);
  return total / MIB / (result.ms / 1000);
}

const homeIn = (folder) =>
  Object.fromEntries(["DATA", "STATE", "CACHE", "CONFIG"].map((kind) => [`XDG_${kind}_HOME`, `${folder}/${kind.toLowerCase()}`]));
