// Ports that nobody has, below the range that the kernel hands out for clients.
import { createServer } from "node:net";

const [FROM, TO] = [21_000, 31_000];
const handedOut = new Set();

/** A port that is free on every address, and is not handed out twice. */
export async function freePort() {
  for (;;) {
    const port = FROM + Math.floor(Math.random() * (TO - FROM));
    if (handedOut.has(port)) continue;
    handedOut.add(port);
    if ((await binds(port, "127.0.0.1")) && (await binds(port, "::"))) return port;
  }
}

function binds(port, host) {
  return new Promise((resolve) => {
    const server = createServer();
    // A machine without IPv6 has no such address, and nobody on it.
    server.once("error", (error) => resolve(error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT"));
    server.listen({ port, host, ipv6Only: host === "::" }, () => server.close(() => resolve(true)));
  });
}
