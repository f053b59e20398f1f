// The service behind: answers each request after some work.
//   GET /answer   { pid, port, count }
//   GET /health
import { createServer } from "node:http";

/** Work of some milliseconds, and now and then of many: so a request is under way at any time. */
const SHORT_MS = 5;
const LONG_MS = 200;
const LONG_ONES = 1 / 20;
const workMs = () => (Math.random() < LONG_ONES ? LONG_MS : SHORT_MS);

let count = 0;
let port;
let isEnding = false;

const server = createServer((request, response) => {
  if (request.url === "/health") return response.end("ok\n");
  if (request.url !== "/answer") return response.writeHead(404).end("not found\n");
  setTimeout(() => {
    count += 1;
    // A connection that is kept would bring more requests.
    if (isEnding) response.setHeader("connection", "close");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ pid: process.pid, port, count }));
  }, workMs());
});
// The gateway keeps its connections, and would lose a request that meets the end of one.
server.keepAliveTimeout = 0;
server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  // Told now: once it takes no connections, it has no address any more.
  ({ port } = server.address());
  console.log(`api on port ${port}`);
});

// Asked to end, it takes no new connection and answers what it has begun.
process.once("SIGTERM", () => {
  console.log(`asked to end, after ${count} answers`);
  isEnding = true;
  server.close();
  server.closeIdleConnections();
});
