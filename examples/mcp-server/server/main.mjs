// A local MCP server, as desktop apps bundle them: the official SDK on Node's own http server.
//   /mcp     JSON-RPC over streamable HTTP (https://modelcontextprotocol.io)
//   /health  200, or 503 when it was told to fail
import { createServer } from "node:http";

import { toNodeHandler } from "@modelcontextprotocol/node";
import { createMcpHandler } from "@modelcontextprotocol/server";

import { readArguments } from "./arguments.mjs";
import { admit } from "./guard.mjs";
import { Notes } from "./notes.mjs";
import { makeServer } from "./tools.mjs";

const { host, port, origins } = readArguments(process.argv.slice(2));
const state = { healthy: true, notes: new Notes(process.env.NOTES_FILE) };
const mcp = toNodeHandler(createMcpHandler(() => makeServer(state)));

const server = createServer((request, response) => {
  if (!admit(request, response, origins)) return;
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/mcp") return mcp(request, response);
  if (pathname !== "/health") return response.writeHead(404).end("not found\n");
  response.writeHead(state.healthy ? 200 : 503, { "content-type": "application/json" });
  response.end(JSON.stringify({ healthy: state.healthy, uptime_seconds: Math.round(process.uptime()) }));
});
server.listen(port, host, () => console.log(`MCP server at http://${host}:${server.address().port}/mcp`));

// Asked to end, it finishes what it is doing.
process.once("SIGTERM", () => {
  console.log("asked to end");
  server.close();
  server.closeIdleConnections();
});
