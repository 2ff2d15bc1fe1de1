/** A `secret` opens something to whoever reads it; `personal` data tells of a person. */
export type Sensitivity = "secret" | "personal";

/** One kind of text that must not stand in a trace in clear. */
interface Pattern {
  readonly kind: string;
  readonly sensitivity: Sensitivity;
  /** With its article, as a sentence names it. */
  readonly what: string;
  /** One of these stands in every text that the pattern finds, or as many digits as {@link DIGITS} wants where there is none. */
  readonly hints: readonly string[];
  /** Linear in the text, whatever it holds: every repetition has a bound. A group `value` is the sensitive part. */
  readonly pattern: RegExp;
  readonly isReal?: (found: string) => boolean;
}

/** What is sensitive, once for health and for redaction. Of two that overlap the one listed first counts. */
export const SENSITIVE_PATTERNS = [
  {
    kind: "private-key",
    sensitivity: "secret",
    what: "a private key",
    hints: ["PRIVATE KEY-----"],
    // Attributes are cut where they are long: a key without its end is one, too.
    pattern:
      /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?:(?!-----BEGIN)[\s\S]){0,10000}?-----END [A-Z ]{0,40}PRIVATE KEY-----|(?:(?:\s|\\n|\\r){0,4}[A-Za-z0-9+/=]{16,2000}){0,200})/dg,
  },
  {
    kind: "aws-access-key",
    sensitivity: "secret",
    what: "an AWS access key",
    hints: ["AKIA", "ASIA"],
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/dg,
  },
  {
    kind: "google-key",
    sensitivity: "secret",
    what: "a Google API key or token",
    hints: ["AIza", "ya29."],
    pattern: /(?<![\w-])(?:AIza[\w-]{35}(?![\w-])|ya29\.[\w-]{20,500})/dg,
  },
  {
    kind: "azure-key",
    sensitivity: "secret",
    what: "an Azure account key",
    hints: ["AccountKey=", "SharedAccessKey="],
    pattern: /(?:AccountKey|SharedAccessKey)=(?<value>[A-Za-z0-9+/]{40,100}={0,2})/dg,
  },
  {
    kind: "github-token",
    sensitivity: "secret",
    what: "a GitHub token",
    hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
    pattern: /(?<!\w)(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_\w{22,255})/dg,
  },
  {
    kind: "model-key",
    sensitivity: "secret",
    what: "a key of a model provider",
    hints: ["sk-", "hf_", "gsk_"],
    pattern: /(?<![\w-])(?:sk-(?:[a-z]{2,12}-){0,3}[\w-]{20,250}|(?:hf|gsk)_[A-Za-z0-9]{30,250})/dg,
    isReal: (found) => /\d/.test(found),
  },
  {
    kind: "slack-token",
    sensitivity: "secret",
    what: "a Slack token",
    hints: ["xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"],
    pattern: /(?<![\w-])xox[abprs]-[A-Za-z0-9-]{10,250}/dg,
  },
  {
    kind: "stripe-key",
    sensitivity: "secret",
    what: "a live Stripe key",
    hints: ["_live_"],
    pattern: /(?<!\w)(?:sk|rk)_live_[A-Za-z0-9]{16,250}/dg,
  },
  {
    kind: "jwt",
    sensitivity: "secret",
    what: "a JSON Web Token",
    hints: ["eyJ"],
    pattern: /(?<![\w-])eyJ[\w-]{8,4000}\.eyJ[\w-]{8,8000}\.[\w-]{8,2000}/dg,
  },
  {
    kind: "bearer-token",
    sensitivity: "secret",
    what: "a bearer token",
    hints: ["earer ", "EARER "],
    pattern: /(?<!\w)[Bb](?:earer|EARER) {1,3}(?<value>[\w.~+/-]{16,4000}={0,2})/dg,
    isReal: (found) => /\d/.test(found),
  },
  {
    kind: "url-password",
    sensitivity: "secret",
    what: "a password in a URL",
    hints: ["://"],
    pattern: /:\/\/[^\s/:@"'\\]{0,100}:(?<value>[^\s/:@"'\\[\]]{1,100})@/dg,
  },
  {
    kind: "named-secret",
    sensitivity: "secret",
    what: "what is named a password, secret or key",
    hints: ["pass", "Pass", "PASS", "secret", "Secret", "SECRET", "key", "Key", "KEY", "token", "Token", "TOKEN"],
    pattern:
      /(?<![a-z])(?:password|passwd|passphrase|client[_-]?secret|secret[_-]?(?:access[_-]?)?key|api[_-]?key|(?:access|auth|refresh)[_-]?token)\\{0,3}["']?\s{0,3}[:=]\s{0,3}\\{0,3}["']?(?<value>[^\s"'`,;&<>{}[\]()\\]{6,250})/dgi,
    isReal: (found) => !/^(?:null|undefined|none|true|false|string|required|redacted|\*+|x+|\.+|\$.*)$/i.test(found),
  },
  {
    kind: "email",
    sensitivity: "personal",
    what: "an e-mail address",
    hints: ["@"],
    pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])/dg,
  },
  {
    kind: "card-number",
    sensitivity: "personal",
    what: "the number of a payment card",
    hints: [],
    pattern: /(?<![\w.+-])[2-6](?:[ -]?\d){12,18}(?![\w-])/dg,
    isReal: isCardNumber,
  },
  {
    kind: "phone",
    sensitivity: "personal",
    what: "a phone number",
    hints: [],
    pattern:
      /(?<![\w.+-])(?:\+[1-9]\d{0,2}[ .-]?(?:\(\d{1,4}\)[ .-]?)?\d{2,5}(?:[ .-]?\d{2,5}){1,4}|(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[.-])[2-9]\d{2}[.-]\d{4})(?![\w-])/dg,
    isReal: (found) => /^(?:\D*\d){8,15}\D*$/.test(found),
  },
] as const satisfies readonly Pattern[];

type SensitiveKind = (typeof SENSITIVE_PATTERNS)[number]["kind"];

/** Something sensitive in a text: what it is and where, never the thing itself. */
export interface Detection {
  readonly kind: SensitiveKind;
  readonly sensitivity: Sensitivity;
  /** With its article: `a bearer token`. */
  readonly what: string;
  /** Offsets into the text, in code units. */
  readonly start: number;
  readonly end: number;
}

/** No number of a card or a telephone has fewer digits, or more between two of them. */
const DIGITS = String.raw`\d(?:[ .()-]{0,3}\d){7}`;

/** What every text with something sensitive in it holds; nearly all texts hold nothing of it, and cost no more. */
const SUSPICIOUS = new RegExp([...SENSITIVE_PATTERNS.flatMap(({ hints }) => [...hints]), DIGITS].join("|"));

/** What is sensitive in a text, in order, nothing overlapping. O(n) for n characters. */
export function detectSensitive(text: string): readonly Detection[] {
  const found: Detection[] = [];
  if (!SUSPICIOUS.test(text)) return found;
  for (const { kind, sensitivity, what, ...pattern } of SENSITIVE_PATTERNS)
    for (const [start, end] of placesOf(pattern, text)) found.push({ kind, sensitivity, what, start, end });
  return found.length < 2 ? found : withoutOverlaps(found, text.length).toSorted((a, b) => a.start - b.start);
}

/** The text with everything sensitive replaced by its kind: `[email]`. */
export function redactText(text: string): string {
  return detectSensitive(text).reduceRight(
    (redacted, { kind, start, end }) => `${redacted.slice(0, start)}[${kind}]${redacted.slice(end)}`,
    text,
  );
}

function withoutOverlaps(found: readonly Detection[], length: number): readonly Detection[] {
  const taken = new Uint8Array(length);
  return found.filter(({ start, end }) => {
    if (taken.subarray(start, end).includes(1)) return false;
    taken.fill(1, start, end);
    return true;
  });
}

function* placesOf(
  { hints, pattern, isReal }: Pick<Pattern, "hints" | "pattern" | "isReal">,
  text: string,
): Generator<readonly [start: number, end: number]> {
  if (hints.length > 0 && !hints.some((hint) => text.includes(hint))) return;
  for (const match of text.matchAll(pattern)) {
    const [whole] = match;
    const place = match.indices?.groups?.["value"] ?? match.indices?.[0];
    if (place !== undefined && (isReal?.(match.groups?.["value"] ?? whole) ?? true)) yield place;
  }
}

/** The beginnings that networks issue, with the lengths they issue them in; a time in nanoseconds has none of them. */
const CARD =
  /^(?:4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|35\d{14}|3[068]\d{12}|6[0245]\d{14})$/;

function isCardNumber(found: string): boolean {
  const digits = found.replaceAll(/\D/g, "");
  return CARD.test(digits) && isLuhn(digits);
}

/** @see ISO/IEC 7812-1, annex B */
function isLuhn(digits: string): boolean {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index]);
    const weighed = index % 2 === 1 ? digit * 2 : digit;
    sum += weighed > 9 ? weighed - 9 : weighed;
  }
  return sum % 10 === 0;
}
