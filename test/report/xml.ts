export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  /** Its own text, that of its children left out. */
  readonly text: string;
}

interface Open {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

const NAME = "[A-Za-z_:][\\w:.-]*";
const TOKEN = new RegExp(`<(${NAME})((?:\\s+${NAME}="[^"<]*")*)\\s*(/?)>|</(${NAME})\\s*>|([^<]+)`, "y");
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
// eslint-disable-next-line no-control-regex -- these are the characters that XML forbids
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Cs}/u;

/** A strict reader of the part of XML 1.0 that reports use; throws on anything that is not well-formed. */
export function parseXml(text: string): XmlElement {
  const start = /^<\?xml version="1\.0" encoding="UTF-8"\?>\n/.exec(text)?.[0];
  if (start === undefined) throw new Error("there is no XML declaration");
  if (FORBIDDEN.test(text)) throw new Error("there is a character that XML forbids");
  const document: Open = { name: "", attributes: {}, children: [], text: "" };
  const stack: Open[] = [document];
  TOKEN.lastIndex = start.length;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match === null) throw new Error(`not well-formed at ${at}: ${text.slice(at, at + 40)}`);
    const [, opened, attributes = "", isEmpty, closed, characters] = match;
    const current = stack.at(-1);
    if (current === undefined) throw new Error(`text after the end at ${at}`);
    if (characters !== undefined) current.text += decode(characters);
    if (opened !== undefined) {
      const element: Open = { name: opened, attributes: readAttributes(attributes), children: [], text: "" };
      current.children.push(element);
      if (isEmpty === "") stack.push(element);
    }
    if (closed !== undefined && stack.pop()?.name !== closed) throw new Error(`</${closed}> closes nothing at ${at}`);
  }
  const [root, ...others] = document.children;
  if (stack.length !== 1 || root === undefined || others.length > 0) throw new Error("there is not one whole root");
  if (document.text.trim() !== "") throw new Error("there is text outside the root");
  return root;
}

function readAttributes(text: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(new RegExp(`(${NAME})="([^"]*)"`, "g"))) {
    if (Object.hasOwn(attributes, name)) throw new Error(`${name} is given twice`);
    attributes[name] = decode(value.replaceAll(/[\t\n\r]/g, " "));
  }
  return attributes;
}

function decode(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|(\w*));?/g, (whole, code?: string, name = "") => {
    const character = code === undefined ? ENTITIES[String(name)] : String.fromCodePoint(Number(code));
    if (character === undefined || !whole.endsWith(";")) throw new Error(`unknown entity ${whole}`);
    return character;
  });
}
