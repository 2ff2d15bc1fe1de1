/** Services that write spans beside servers and remote agents. */
const OWN_SERVICES: readonly string[] = ["agents", "troupe"];

/** Line breaks and other controls, which would take command lines, span names and reports apart. */
const CONTROL = /\p{Cc}/gu;

/** Whether a server or a remote agent can be called so. */
export function isServiceName(name: string): boolean {
  return name.trim() !== "" && name.search(CONTROL) === -1 && !OWN_SERVICES.includes(name);
}

/** `wanted` as a definition can be called, or with a number behind it the first such name that is not taken. */
export function freeName(wanted: string, otherwise: string, taken: ReadonlySet<string>): string {
  const plain = wanted.replaceAll(CONTROL, " ").trim() === "" ? otherwise : wanted.replaceAll(CONTROL, " ");
  let name = plain;
  for (let number = 2; taken.has(name); number++) name = `${plain}-${number}`;
  return name;
}
