// A local MCP server in a real window: called, crashed, hung, given up, and gone with the window.
import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";

import { useDesk } from "../lib/desk.mjs";
import { openExample } from "../lib/example.mjs";
import { until } from "../lib/wait.mjs";

const desk = useDesk();

/** Opens the example and waits until its server can be called. */
async function open(t) {
  const app = await openExample(t, desk.display, "mcp-server");
  await ready(app);
  return app;
}

/** Waits until the page is connected to the server; answers its pid and its port. */
function ready(app, { after } = {}) {
  return until("the page is connected to the server", () => connected(app, { after }));
}

/** The same, at once: `false` while it is not. */
async function connected(app, { after } = {}) {
  const { state, pid, address, canCall } = await app.page.run(
    `const text = (id) => document.getElementById(id).textContent;
     return { state: text("state"), pid: Number(text("pid")), address: text("address"), canCall: !document.getElementById("call").disabled };`,
  );
  return state === "Ready" && canCall && pid !== after && { pid, port: Number(address.split(":")[1]) };
}

/** Fills in the form of a tool, calls it as a user does, and answers what it says. */
async function call(app, tool, value) {
  await app.page.click(`#tools [data-name=${tool}]`);
  if (value !== undefined) {
    await app.page.run("document.querySelector('#fields [name]').value = arguments[0]", value);
  }
  await app.page.click("#call");
  return until(`${tool} has answered`, () => app.page.run("const a = document.getElementById('answer'); return !a.hidden && a.textContent"));
}

/** The status of a `tools/list`; Node's own client sends the headers that are given, `host` too. */
function requestStatus(port, path, headers) {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  return new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method: "POST", headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    asked.once("error", reject);
    asked.end(body);
  });
}

const texts = (app, ...ids) => app.page.run("return arguments[0].map((id) => document.getElementById(id).textContent)", ids);

/** What is told of a crash that is meant, once the server is back. */
function mended(app, what, isMeant) {
  return until(`the server is back after ${what}`, async () => {
    const ids = ["crash-title", "crash-attempt", "crash-reason", "crash-ending", "crash-lines"];
    const [title, attempt, reason, ending, lines] = await texts(app, ...ids);
    const crash = { attempt, reason, ending, lines };
    return title === "The server crashed and is back" && isMeant(crash) && crash;
  });
}

const isFirst = ({ attempt }) => attempt === "1 of 3";

test("the page lists the server's tools and calls them", async (t) => {
  const app = await open(t);
  const names = await app.page.run("return [...document.querySelectorAll('#tools button')].map((b) => b.textContent)");
  assert.deepEqual(names, ["Clock", "Count words", "Add a note", "List notes"]);
  assert.equal(await call(app, "count_words", "Ready means ready"), "3 words, 17 characters, 1 min to read");
  assert.match(await call(app, "clock", "Asia/Tokyo"), /\d\d:\d\d:\d\d$/);
  await app.picture("mcp-server");
});

test("a crash is told with its last lines, and the next run has what the last one kept", async (t) => {
  const app = await open(t);
  const before = await ready(app);
  assert.match(await call(app, "add_note", "Written before the crash"), /There are 1 now/);
  await app.page.click("[data-how=exception]");
  const { ending, lines } = await mended(app, "its first crash", isFirst);
  await ready(app, { after: before.pid });
  assert.equal(ending, "code 1");
  assert.match(lines, /TypeError: Cannot read properties of undefined/);
  await until("Rust was told too", () => /Sidecar crashed: mcp-server crashed \(1 of 3\)/.test(app.output));
  assert.match(await call(app, "list_notes"), /Written before the crash/);
  await app.picture("mcp-server-crashed");
  assert.equal(await app.page.text("#restarts"), "1");

  await app.close(await app.window("MCP server"));
  await app.gone();
});

test("a signal and a server that answers no health check are crashes too, and the third is the last", async (t) => {
  const app = await open(t);
  const first = await ready(app);
  await app.page.click("[data-how=signal]");
  assert.equal((await mended(app, "its first crash", isFirst)).ending, "signal 11 (SIGSEGV)");

  let last = await ready(app, { after: first.pid });
  await app.page.click("[data-tool=fail_health_checks]");
  const { ending } = await mended(app, "a health check", ({ reason }) => /503/.test(reason));
  assert.match(ending, /when asked to/);

  // A run that has been ready for ten seconds clears the record. Where the steps above have taken
  // that long, this crash is not the third one yet.
  await until("it is given up", async () => {
    const [title] = await texts(app, "crash-title");
    if (title === "The server was given up") return true;
    const next = await connected(app, { after: last.pid });
    if (!next) return false;
    await app.page.click("#dismiss");
    await app.page.click("[data-how=exception]");
    last = next;
    return false;
  });
  // The event has told so, and the state is asked for.
  await until("its state says so", async () => (await app.page.text("#state")) === "Given up");
  await app.page.click("#again");
  await ready(app);
});

test("pages of other origins are refused, and so are names that were pointed at loopback", async (t) => {
  const app = await open(t);
  const { port } = await ready(app);
  const ask = (headers) => requestStatus(port, "/mcp", headers);
  const list = { "content-type": "application/json", accept: "application/json, text/event-stream" };
  assert.equal(await ask(list), 200, "a client that is no page");
  assert.equal(await ask({ ...list, origin: "tauri://localhost" }), 200);
  assert.equal(await ask({ ...list, origin: "http://evil.example" }), 403);
  assert.equal(await ask({ ...list, origin: "null" }), 403);
  assert.equal(await ask({ ...list, host: `evil.example:${port}` }), 403);
});

test("a page that is loaded again finds the same server", async (t) => {
  const app = await open(t);
  const before = await ready(app);
  await app.page.run("window.isOld = true");
  await app.page.reload();
  assert.equal(await app.page.run("return window.isOld === undefined"), true, "it is another page");
  assert.deepEqual(await ready(app), before);
  assert.equal(await app.page.text("#restarts"), "0");
});
