/** What is wrong with a regular expression in a shape, or `undefined` if it may run on values from a trace. */
export function regexFault(
  source: string,
  flags: string,
): { readonly what: string; readonly mend: string } | undefined {
  const badFlag = /[^imsuv]/u.exec(flags)?.[0];
  if (badFlag !== undefined) {
    return {
      what: `a regular expression here takes the flags i, m, s, u and v, not "${badFlag}"`,
      mend: "Leave the flag out, or put a text that only looks like a regular expression in double quotes.",
    };
  }
  try {
    RegExp(source, flags);
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/^Invalid regular expression: /, "") : "it is not valid";
    return { what: `the regular expression is broken: ${reason}`, mend: "Correct it, or write a glob with *." };
  }
  const danger = dangerOf(source);
  if (danger === undefined) return undefined;
  return {
    what: `the regular expression ${danger}, which can take for ever`,
    mend: "Rewrite it without, or write a glob with *.",
  };
}

/** Backtracking is exponential where an unbounded repeat holds another, and with back-references. */
function dangerOf(source: string): string | undefined {
  // One entry for each open group: whether an unbounded repeat stands inside it.
  const open: boolean[] = [false];
  let last = false;
  for (let index = 0; index < source.length; index++) {
    const char = source[index];
    if (char === "\\") {
      if (/^\\(?:[1-9]|k<)/.test(source.slice(index, index + 3))) return "holds a back-reference";
      index++;
      last = false;
    } else if (char === "[") {
      index = classEnd(source, index);
      last = false;
    } else if (char === "(") {
      open.push(false);
    } else if (char === ")") {
      last = open.pop() ?? false;
      if (last) open[open.length - 1] = true;
    } else if (isUnboundedRepeat(source, index)) {
      if (last) return "repeats without bound what already repeats without bound";
      open[open.length - 1] = true;
    } else if (char !== "?" && char !== "{") {
      last = false;
    }
  }
  return undefined;
}

function classEnd(source: string, start: number): number {
  let index = start + 1;
  while (index < source.length && source[index] !== "]") index += source[index] === "\\" ? 2 : 1;
  return index;
}

function isUnboundedRepeat(source: string, index: number): boolean {
  const char = source[index];
  return char === "*" || char === "+" || (char === "{" && /^\{\d+,\}/.test(source.slice(index)));
}
