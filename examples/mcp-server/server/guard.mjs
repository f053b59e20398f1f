// Who may talk to this server. It listens on loopback only; yet every web page that the user has
// open can send requests there, also under a name of its own that it has pointed at 127.0.0.1
// (DNS rebinding). So both headers are looked at that a page cannot choose.
import { localhostHostValidation } from "@modelcontextprotocol/node";

const isLoopback = localhostHostValidation();

/**
 * Answers whether the request may go on; else it has been answered. `origins` are the pages that
 * may call: a request without an Origin comes from no page (another MCP client, say) and may.
 */
export function admit(request, response, origins) {
  if (!isLoopback(request, response)) return false;
  const { origin } = request.headers;
  if (origin === undefined) return true;
  if (!origins.includes(origin)) {
    response.writeHead(403).end(`pages of ${origin} may not call this server\n`);
    return false;
  }
  response.setHeader("access-control-allow-origin", origin);
  response.setHeader("vary", "origin");
  response.setHeader("access-control-expose-headers", "mcp-session-id, mcp-protocol-version");
  if (request.method !== "OPTIONS") return true;
  response.setHeader("access-control-allow-methods", "GET, POST, DELETE");
  response.setHeader("access-control-allow-headers", request.headers["access-control-request-headers"] ?? "");
  response.setHeader("access-control-max-age", "600");
  response.writeHead(204).end();
  return false;
}
