// Child processes: ends them for certain, waits without polling.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { statOf } from "./proc-stat.mjs";

const GROUP_EVERY_MS = 20;

/** Starts a process whose end can be waited for; a failed start rejects. */
export async function start(command, args, options) {
  const child = spawn(command, args, options);
  child.ended = new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  await Promise.race([
    once(child, "spawn"),
    once(child, "error").then(([error]) => {
      throw new Error(`${command} could not be started: ${error.message}`);
    }),
  ]);
  return child;
}

/** Whether the process has not ended yet. */
export const isRunning = (child) => child.exitCode === null && child.signalCode === null;

/** Windows has no signals: Node ends a process at once for any of them. */
const isWindows = process.platform === "win32";

/** What asks a process to end there, as its window's own button does, or ends it with its descendants. */
const taskkill = (pid, ...switches) => spawnSync("taskkill", [...switches, "/PID", String(pid)], { stdio: "ignore" });

/**
 * Asks it to end, by SIGTERM or on Windows by its window, and ends it by force after `graceMs`.
 * Resolves with how it ended and whether it had to be forced.
 */
export async function stop(child, graceMs) {
  let forced = false;
  if (isRunning(child)) {
    if (isWindows) taskkill(child.pid);
    else child.kill("SIGTERM");
    const timer = setTimeout(() => {
      forced = true;
      child.kill("SIGKILL");
    }, graceMs);
    await child.ended;
    clearTimeout(timer);
  }
  return { ...(await child.ended), forced };
}

/** Ends a process that leads a group, and on Windows one with its descendants, at once. */
export function killGroup(child) {
  if (isWindows) {
    taskkill(child.pid, "/T", "/F");
    return;
  }
  sendSignal(-child.pid, "SIGKILL");
}

/** Sends a signal to a process, or to the group `-pid`, that may have ended in this very moment. */
export function sendSignal(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

/**
 * Waits until no process of the group runs, for `ms` at most: nobody tells of the end of processes
 * that are not our children. For Linux, as it reads /proc: a signal reaches zombies too.
 */
export async function groupGone(group, ms) {
  const deadline = Date.now() + ms;
  while (groupRuns(group) && Date.now() < deadline) await sleep(GROUP_EVERY_MS);
}

function groupRuns(group) {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return pids.map(statOf).some((process) => process?.runs && process.pgrp === group);
}

/**
 * Calls back when npm, which started this script, is gone: it dies of a SIGTERM
 * without passing it on, and of a SIGKILL anyway.
 */
export function onNpmGone(callback) {
  // Started by hand a script may well outlive its shell.
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(timer);
    callback();
  }, 250);
  timer.unref();
}

/** How a process ended, in words. */
export function describeEnd({ code, signal }) {
  return signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
}

/** Runs a command to its end and answers its stdout; a failure rejects. */
export async function run(command, args, options = {}) {
  const child = await start(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  const [out, err] = [[], []];
  child.stdout.on("data", (data) => out.push(data));
  child.stderr.on("data", (data) => err.push(data));
  const closed = once(child, "close");
  const end = await child.ended;
  await closed;
  if (end.code !== 0) {
    throw new Error(`${command} ${describeEnd(end)}: ${Buffer.concat(err).toString().trim()}`);
  }
  return Buffer.concat(out).toString();
}
