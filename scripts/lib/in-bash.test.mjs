import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findBash } from "./in-bash.mjs";

const program = join(dirname(fileURLToPath(import.meta.url)), "in-bash.mjs");
const folder = mkdtempSync(join(tmpdir(), "in-bash-"));
after(() => rmSync(folder, { recursive: true }));

/** A script of this text. */
function script(text) {
  const file = join(folder, "script.sh");
  writeFileSync(file, text);
  return file;
}

/** A Windows machine with these files. */
const windows = (files, gitFolder = "") => ({
  platform: "win32",
  env: { ProgramFiles: "C:\\Program Files", LOCALAPPDATA: "C:\\Users\\me\\AppData\\Local" },
  gitFolder: () => gitFolder,
  exists: (file) => files.includes(file),
});

test("bash is the one on the PATH, and on Windows Git's", () => {
  assert.equal(findBash({ ...windows([]), platform: "linux" }), "bash");
  const usual = "C:\\Program Files\\Git\\bin\\bash.exe";
  const own = "C:\\Users\\me\\AppData\\Local\\Programs\\Git\\bin\\bash.exe";
  const elsewhere = "D:\\tools\\Git\\bin\\bash.exe";
  assert.equal(findBash(windows([usual, own])), usual);
  assert.equal(findBash(windows([own])), own);
  const git = "D:/tools/Git/mingw64/libexec/git-core\r\n";
  assert.equal(findBash(windows([usual, elsewhere], git)), elsewhere, "that of the Git on the PATH");
  assert.equal(findBash(windows(["C:\\Windows\\System32\\bash.exe"])), undefined, "Linux in a box");
});

test("words and the exit code are passed on", () => {
  const file = script('printf "%s|" "$@"; exit 7\n');
  const ran = spawnSync(process.execPath, [program, file, "a b", "", "--c"], { encoding: "utf8" });
  assert.deepEqual([ran.status, ran.stdout], [7, "a b||--c|"]);
});

const skip = process.platform === "win32" && "Windows has no signals";

test("who ends by a signal is told of as a shell does", { skip }, () => {
  const ran = spawnSync(process.execPath, [program, script("kill -KILL $$\n")]);
  assert.equal(ran.status, 137);
});

test("a request to end reaches the script, which ends in its own way", { skip }, async () => {
  const file = script("trap 'echo asked; exit 3' TERM; echo up; while :; do read -r -t 1 line; done\n");
  const child = spawn(process.execPath, [program, file], { stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    said += text;
    if (text.includes("up")) child.kill("SIGTERM");
  });
  const [code] = await once(child, "exit");
  assert.deepEqual([code, said], [3, "up\nasked\n"]);
});
