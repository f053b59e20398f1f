// supervisord, run in a scope and asked over its own XML-RPC socket, so that the
// start of its Python client is not held against it, or through that client.
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";

import { until } from "./machine.mjs";
import { python, pythonEnv } from "./rivals.mjs";

/**
 * Answers `{ pid, call(method, …names), control(…words) }`; `web` runs by then.
 * `settings` come on top of the program's own.
 */
export async function runSupervisord(scope, command, settings = {}) {
  const program = {
    command: command.join(" "),
    startsecs: 0,
    stopasgroup: true,
    killasgroup: true,
    autorestart: false,
    ...settings,
  };
  const socket = join(scope.folder, "supervisor.sock");
  const config = join(scope.folder, "supervisord.conf");
  writeFileSync(
    config,
    `[unix_http_server]
file=${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=${join(scope.folder, "supervisord.pid")}
minfds=8192
[program:web]
${Object.entries(program).map(([key, value]) => `${key}=${value}\n`).join("")}`,
  );
  const interpreter = python();
  const child = scope.spawn(interpreter, ["-m", "supervisor.supervisord", "-c", config], { env: pythonEnv });
  const control = (...words) =>
    promisify(execFile)(interpreter, ["-m", "supervisor.supervisorctl", "-c", config, ...words], { env: pythonEnv });
  const call = (method, ...params) => post(socket, method, params);
  const runs = async () => {
    const answer = await call("supervisor.getAllProcessInfo").catch(() => "");
    return /RUNNING/.test(answer);
  };
  if (!(await until(runs, 20_000, 50))) throw new Error("supervisord did not come up");
  return { pid: child.pid, child, call, control };
}

function post(socketPath, method, params) {
  const values = params.map((value) => `<param><value><string>${value}</string></value></param>`).join("");
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values}</params></methodCall>`;
  const headers = { "Content-Type": "text/xml", "Content-Length": Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, path: "/RPC2", method: "POST", headers, agent: false }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => {
        const text = Buffer.concat(parts).toString();
        if (text.includes("<fault>")) reject(new Error(text));
        else resolve(text);
      });
    });
    asked.on("error", reject);
    asked.end(body);
  });
}
