/** A form for any tool, made from the JSON Schema of its input. */
import { make } from "../../src/lib/dom";
import type { Tool } from "./mcp";

interface Field {
  type?: string;
  description?: string;
  enum?: string[];
  default?: unknown;
  maxLength?: number;
}

/** Longer texts than this get several lines. */
const ONE_LINE = 500;

/** The inputs of a tool, each with its label. */
export function fieldsOf(tool: Tool): HTMLElement[] {
  const { properties = {}, required = [] } = tool.inputSchema as {
    properties?: Record<string, Field>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, field]) => {
    const label = make("label", "field");
    const input = inputFor(field);
    input.name = name;
    input.required = required.includes(name);
    label.append(make("span", "", field.description ?? name), input);
    return label;
  });
}

function inputFor(field: Field): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  if (field.enum !== undefined) {
    const select = make("select", "");
    for (const value of field.enum) select.append(new Option(value, value, value === field.default, value === field.default));
    return select;
  }
  if (field.type === "string" && (field.maxLength ?? 0) > ONE_LINE) {
    const area = make("textarea", "");
    area.rows = 3;
    return area;
  }
  const input = make("input", "");
  input.type = field.type === "integer" || field.type === "number" ? "number" : "text";
  if (field.maxLength !== undefined) input.maxLength = field.maxLength;
  return input;
}

/** What was filled in, as the tool wants it. */
export function valuesOf(form: HTMLFormElement): Record<string, unknown> {
  const inputs = [...form.elements].filter((e) => e instanceof HTMLInputElement && e.type === "number");
  const numbers = new Set(inputs.map((input) => (input as HTMLInputElement).name));
  const entries = [...new FormData(form)].filter(([, value]) => value !== "");
  return Object.fromEntries(entries.map(([name, value]) => [name, numbers.has(name) ? Number(value) : value]));
}
