// A small note store: one JSON file, replaced as a whole, so that a crash in the middle of a write
// leaves the old one.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

const MOST = 200;

export class Notes {
  #file;
  #notes = [];

  /** Without a file the notes go with the process. */
  constructor(file) {
    this.#file = file;
    if (!file) return;
    mkdirSync(dirname(file), { recursive: true });
    try {
      this.#notes = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      if (error.code !== "ENOENT") throw error;
    }
  }

  /** All of them, the newest first. */
  get all() {
    return [...this.#notes].reverse();
  }

  add(text) {
    this.#notes = [...this.#notes, { at: new Date().toISOString(), text }].slice(-MOST);
    if (!this.#file) return;
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#notes));
    renameSync(`${this.#file}.new`, this.#file);
  }
}
