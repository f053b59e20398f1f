// Protocols on standard input and output, in a page of a real web view: every byte arrives, once and
// in its place, and whoever is slow is waited for.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { built } from "../lib/fake-app.mjs";
import { useDesk } from "../lib/desk.mjs";
import { openBinary } from "../lib/example.mjs";
import { holds, until } from "../lib/wait.mjs";

const desk = useDesk();
const MIB = 1 << 20;
/** How long somebody who must not go on is watched. */
const WATCH_MS = 300;

/** An app whose page may talk to the test server with these flags. */
async function open(t, flags) {
  const args = ["--no-listen", "--max-life", "3m", ...flags.split(" ")];
  const server = { name: "fake-sidecar", args, stdin: "piped", stdout: "raw" };
  const app = await openBinary(t, desk.display, built("fake-app"), { args: ["--sidecar", `server=${JSON.stringify(server)}`] });
  await equip(app);
  return app;
}

/** Waits for the page, and gives it what the tests' scripts use. */
async function equip({ page }) {
  await until("the page has its API", () => page.run("return Boolean(window.__TAURI__?.sidecarLifecycle?.Sidecar)"));
  await page.run(`
    const { Sidecar, SidecarLifecycle, SidecarError } = window.__TAURI__.sidecarLifecycle;
    // What the test server's --source writes and its --sink expects.
    const unit = Uint8Array.from({ length: 65521 }, (_, n) => Math.imul(n, 2654435761) >>> 24);
    const patternOf = (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += unit.length) bytes.set(unit.subarray(0, length - at), at);
      return bytes;
    };
    // Scripts are too slow to compare some MiB byte by byte.
    const digest = async (bytes) => String(new Uint32Array(await crypto.subtle.digest("SHA-256", bytes)));
    const same = async (one, other) => one.length === other.length && (await digest(one)) === (await digest(other));
    // What was handed over, and whether each piece began where the one before it had ended.
    class Taken {
      parts = [];
      first = null;
      length = 0;
      inOrder = true;
      add(bytes, { offset }) {
        this.first ??= offset;
        this.inOrder &&= offset === this.first + this.length;
        this.parts.push(bytes);
        this.length += bytes.length;
      }
      whole = async () => new Uint8Array(await new Blob(this.parts).arrayBuffer());
    }
    Object.assign(window, { Sidecar, SidecarLifecycle, SidecarError, patternOf, same, Taken });`);
  // The page may be there before the server is.
  assert.equal(await page.runAsync("return (await SidecarLifecycle.ensureRunning('server')).is_running"), true);
}

/** How many bytes the server has written so far. */
async function written({ page }) {
  const { pid } = await page.runAsync("return Sidecar.attach('server')");
  return Number(/^wchar: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, "utf8"))[1]);
}

test("what a page writes comes back as it was, whatever its pieces, and then the end", async (t) => {
  const { page } = await open(t, "--echo-stdin --exit-on-stdin-eof");
  const result = await page.runAsync(`
    const server = await Sidecar.attach("server");
    const sizes = [1, 0, 65536, 3 * 1024 * 1024, 4095, 1024 * 1024, 1024 * 1024 + 1, 5000000];
    const pieces = sizes.map((size, n) => patternOf(size + n).subarray(n));
    // Text goes as UTF-8, among the bytes.
    const text = "ein Wort und \\u{1F6A2}\\r\\n";
    pieces.splice(4, 0, new TextEncoder().encode(text));
    const taken = new Taken();
    const ended = new Promise((onEnd, onError) => server.onOutput((bytes, place) => taken.add(bytes, place), { onEnd, onError }));
    // Nobody waits for one before the next is asked for: their order is kept all the same.
    const writes = pieces.map((piece, n) => server.write(n === 4 ? text : piece));
    await Promise.all([...writes, server.closeStdin()]);
    const endOf = await ended;
    const expected = new Uint8Array(await new Blob(pieces).arrayBuffer());
    return { same: await same(await taken.whole(), expected), inOrder: taken.inOrder, first: taken.first, endOf: endOf === server.run };`);
  assert.deepEqual(result, { same: true, inOrder: true, first: 0, endOf: true });
});

test("a buffer that the page uses again changes nothing that was written", async (t) => {
  const { page } = await open(t, "--sink --exit-on-stdin-eof");
  const said = await page.runAsync(`
    const server = await Sidecar.attach("server");
    const whole = patternOf(4 * 1024 * 1024);
    const buffer = new Uint8Array(300000);
    for (let at = 0; at < whole.length; at += buffer.length) {
      const part = whole.subarray(at, at + buffer.length);
      buffer.set(part);
      void server.write(buffer.subarray(0, part.length));
      buffer.fill(0);
    }
    const taken = new Taken();
    const ended = new Promise((onEnd, onError) => server.onOutput((bytes, place) => taken.add(bytes, place), { onEnd, onError }));
    await server.closeStdin();
    await ended;
    return new TextDecoder().decode(await taken.whole());`);
  // It has compared every byte.
  assert.equal(said, `sink ${4 * MIB}\n`);
});

test("a page that is slow holds the server back, and gets all of it afterwards", async (t) => {
  const total = 24 * MIB;
  const app = await open(t, `--source ${total} --exit-early 0`);
  await app.page.runAsync(`
    const server = await Sidecar.attach("server");
    window.taken = new Taken();
    window.ended = false;
    const gate = new Promise((resolve) => (window.release = resolve));
    const take = async (bytes, place) => {
      taken.add(bytes, place);
      await gate;
    };
    await server.onOutput(take, { onEnd: () => (window.ended = true) });`);
  await until("the first bytes", () => app.page.run("return taken.length > 0"));
  // What the page has, what the engine holds for it, and what the pipe takes.
  const most = 4 * MIB;
  await holds("the server waits", async () => (await written(app)) <= most, WATCH_MS);
  assert.equal(await app.page.run("return taken.parts.length"), 1, "no second call while the first is at work");
  await app.page.run("release()");
  await until("the end", () => app.page.run("return ended"));
  const result = await app.page.runAsync("return { inOrder: taken.inOrder, same: await same(await taken.whole(), patternOf(args[0])) }", total);
  assert.deepEqual(result, { inOrder: true, same: true });
});

test("a server that does not read holds the page back, and who waits is told of its end", async (t) => {
  const { page } = await open(t, "--lines 0");
  await page.runAsync(`
    const server = await Sidecar.attach("server");
    window.written = 0;
    window.refused = null;
    const piece = new Uint8Array(256 * 1024);
    const writeOn = async () => {
      for (;;) {
        await server.write(piece);
        written += piece.length;
      }
    };
    writeOn().catch((error) => (refused = { code: error.code, isSidecarError: error instanceof SidecarError }));`);
  const waits = "return written <= arguments[0] && refused === null";
  await holds("the page waits", () => page.run(waits, 2 * MIB), WATCH_MS);
  await page.runAsync("return SidecarLifecycle.stop('server', { reason: 'the test wants it' })");
  await until("it is told", () => page.run("return refused"));
  assert.deepEqual(await page.run("return refused"), { code: "stdin-closed", isSidecarError: true });
});

test("a page that is reloaded goes on with the bytes where it was", async (t) => {
  const [total, enough] = [24 * MIB, 8 * MIB];
  const app = await open(t, `--source ${total} --exit-early 0`);
  await app.page.run("window.isOld = true");
  await app.page.runAsync(
    `const server = await Sidecar.attach("server");
    const take = (bytes, { offset }) => {
      sessionStorage.upTo = offset + bytes.length;
      if (offset + bytes.length < args[0]) {
        sessionStorage.handled = offset + bytes.length;
        return;
      }
      // While this one is at work.
      location.reload();
      return new Promise(() => {});
    };
    await server.onOutput(take);`,
    enough,
  );
  await until("the page is a new one", () => app.page.run("return !window.isOld && document.readyState === 'complete'"));
  await equip(app);
  const [upTo, handled] = await app.page.run("return [sessionStorage.upTo, sessionStorage.handled].map(Number)");
  assert.ok(handled < upTo && upTo >= enough, `${handled} ${upTo}`);
  const result = await app.page.runAsync(
    `const server = await Sidecar.attach("server");
    const taken = new Taken();
    await new Promise((onEnd, onError) => server.onOutput((bytes, place) => taken.add(bytes, place), { onEnd, onError }));
    const { first, inOrder } = taken;
    return { first, inOrder, same: await same(await taken.whole(), patternOf(args[0]).subarray(first)) };`,
    total,
  );
  // What was acknowledged does not come again; what the last page was at work on does.
  assert.deepEqual(result, { first: handled, inOrder: true, same: true });
});
