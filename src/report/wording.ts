/**
 * `text` on one line, cut after `max` characters with `…`.
 *
 * Span names, arguments and errors come from outside: control characters, which a terminal would obey, become visible.
 */
export function oneLine(text: string, max = Number.POSITIVE_INFINITY): string {
  const visible = text.replaceAll(/\s+/g, " ").replaceAll(/\p{Cc}/gu, controlPicture);
  const characters = visible.length <= max ? undefined : Array.from(visible);
  return characters === undefined || characters.length <= max ? visible : `${characters.slice(0, max - 1).join("")}…`;
}

/** `1 span`, `2 spans`, `1,204 spans`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${thousands(count)} ${count === 1 ? one : many}`;
}

/** A duration with three digits at most: `1.2 s`, `20 ms`, `350 µs`. */
export function durationText(milliseconds: number): string {
  if (milliseconds >= 1000) return `${digits(milliseconds / 1000)} s`;
  if (milliseconds >= 1 || milliseconds === 0) return `${digits(milliseconds)} ms`;
  return milliseconds >= 0.001 ? `${digits(milliseconds * 1000)} µs` : `${digits(milliseconds * 1_000_000)} ns`;
}

function digits(value: number): string {
  return value >= 100 ? thousands(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** `1,204`. */
export function thousands(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

function controlPicture(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "␡" : "�";
}
