/**
 * The two ways in which revisions of MCP begin: `handshake` with `initialize`, up to 2025-11-25; `stateless` with nothing,
 * each request saying for itself what it speaks, from 2026-07-28 on.
 */
export const ERAS = ["handshake", "stateless"] as const;

export type Era = (typeof ERAS)[number];

/** The revision that is spoken in the stateless era. */
export const STATELESS_REVISION = "2026-07-28";
