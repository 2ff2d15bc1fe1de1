import { detectSensitive } from "../trace/redaction.ts";

/** What names of variables say that their values open something. */
const SECRET_NAME =
  /token|secret|passw|passphrase|credential|apikey|(?:^|[_-])(?:keys?|pass|pwd|auth|pin|dsn|salt|cookie)(?:$|[_-])/i;
/** Words that such variables hold and that are in every text. */
const NO_SECRET = /^(?:true|false|yes|no|none|null|undefined|default|enabled|disabled|bearer|basic|\d{1,7})$/i;
/** Files and folders are where secrets lie, and none themselves. */
const PATH = /^(?:\.{0,2}\/|~)[^\s:]*$/;

/**
 * The values of environment variables that must reach no file: those whose names say so, those in which something secret is
 * found, and long ones that look drawn by chance.
 */
export function environmentSecrets(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const values = Object.entries(environment).flatMap(([name, value = ""]) =>
    isSecret(name, value.trim()) ? [value, value.trim()] : [],
  );
  return [...new Set(values)].filter((value) => value !== "");
}

function isSecret(name: string, value: string): boolean {
  if (NO_SECRET.test(value) || PATH.test(value)) return false;
  if (SECRET_NAME.test(name) || isDrawn(value)) return true;
  return detectSensitive(value).some(({ sensitivity }) => sensitivity === "secret");
}

const DRAWN_CHARACTERS_MIN = 20;

/** Letters of both cases and digits in one long word. */
function isDrawn(value: string): boolean {
  return (
    value.length >= DRAWN_CHARACTERS_MIN &&
    /^[\w+/=.~-]+$/.test(value) &&
    [/[a-z]/, /[A-Z]/, /\d/].every((kind) => kind.test(value))
  );
}
