// The service in front: passes requests on to the api, wherever that is. It never tries twice.
//   GET  /answer     what the api says, or 502
//   POST /upstream   { "url": … }: from now on there; answered when the old one owes nothing more
//   GET  /health
import { Agent, createServer, request as httpRequest } from "node:http";

/** The pages that may call: those of a Tauri app, on Linux and macOS, and on Windows. */
const PAGES = ["tauri://localhost", "http://tauri.localhost", "https://tauri.localhost"];
const API_LIMIT_MS = 20_000;

let isEnding = false;

/** One place of the api: its connections, and how many requests it has not answered yet. */
class Upstream {
  #agent = new Agent({ keepAlive: true });
  #pending = 0;
  #drained = [];

  constructor(url) {
    this.url = url;
  }

  pass(path, response) {
    this.#pending += 1;
    response.once("close", () => this.#settle());
    const asked = httpRequest(new URL(path, this.url), { agent: this.#agent, timeout: API_LIMIT_MS }, (answer) => {
      // A connection that is kept would bring more requests.
      if (isEnding) response.setHeader("connection", "close");
      response.writeHead(answer.statusCode, { "content-type": answer.headers["content-type"] ?? "text/plain" });
      answer.pipe(response);
      answer.once("error", () => response.destroy());
    });
    asked.once("timeout", () => asked.destroy(new Error("the api takes too long")));
    asked.once("error", (error) => {
      if (response.headersSent) return response.destroy();
      response.writeHead(502).end(`${error.message}\n`);
    });
    asked.end();
  }

  #settle() {
    this.#pending -= 1;
    if (this.#pending === 0) this.#drained.splice(0).forEach((tell) => tell());
  }

  /** Resolves when nothing is under way, and closes its connections. */
  async drain() {
    if (this.#pending > 0) await new Promise((resolve) => this.#drained.push(resolve));
    this.#agent.destroy();
  }
}

// Whoever starts this says where the api is.
let upstream = new Upstream(process.env.SIDECAR_API_URL);
console.log(`the api is at ${upstream.url}`);

/** Resolves when the place that was left owes nothing more; for all who ask for the same move. */
let drained = Promise.resolve();
function moveTo(url) {
  if (url !== upstream.url) {
    console.log(`the api is at ${url} now`);
    const before = upstream;
    upstream = new Upstream(url);
    drained = before.drain();
  }
  return drained;
}

/** Answers whether the request comes from no page at all, or from one of ours. */
function admit(request, response) {
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (!PAGES.includes(origin)) {
    response.writeHead(403).end();
    return false;
  }
  response.setHeader("access-control-allow-origin", origin);
  return true;
}

async function readJson(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString());
}

const server = createServer(async (request, response) => {
  const { method, url } = request;
  if (url === "/health") return response.end("ok\n");
  if (!admit(request, response)) return;
  if (method === "GET" && url === "/answer") return upstream.pass(url, response);
  // The app's own business: pages, which always tell their origin here, have no say in it.
  if (method !== "POST" || url !== "/upstream" || request.headers.origin !== undefined) {
    return response.writeHead(404).end("not found\n");
  }
  try {
    const { url: wanted } = await readJson(request);
    await moveTo(new URL(wanted).origin);
    response.end("ok\n");
  } catch (error) {
    response.writeHead(400).end(`${error.message}\n`);
  }
});
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  console.log(`gateway on port ${server.address().port}`);
});

process.once("SIGTERM", () => {
  console.log("asked to end");
  isEnding = true;
  server.close();
  server.closeIdleConnections();
});
