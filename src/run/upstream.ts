/** An MCP server that is a program, spoken to over its stdin and stdout. */
export interface McpProgram {
  readonly name: string;
  readonly command: readonly string[];
  /** Its whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A real MCP server: one that listens, or a program. */
export type McpUpstream =
  { readonly name: string; readonly url: string; readonly headers?: Readonly<Record<string, string>> } | McpProgram;
